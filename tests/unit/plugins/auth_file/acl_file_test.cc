#include "acl/acl_file.h"

#include "support.h"

namespace tenon::auth_file {
namespace {

constexpr AccessBits both = access_read | access_write;

Acl parse_acl(const std::string& content) {
  return parse_acl_file(TextFile("/acl", content));
}
std::string acl_failure(const std::string& content) {
  return failure_of([&] { parse_acl(content); });
}
AccessBits access(const RuleSet& rules, std::string_view name) {
  return rules.match(name, {}, 0);
}

TEST(AclFile, TopicsBeforeTheFirstUserAreForAnonymousClients) {
  const Acl acl = parse_acl("topic read a\nuser ann\ntopic read b\n");
  EXPECT_EQ(access(acl.anonymous, "a"), access_read);
  EXPECT_EQ(access(acl.anonymous, "b"), 0);
  EXPECT_EQ(access(acl.of("ann"), "a"), 0);
  EXPECT_EQ(access(acl.of("ann"), "b"), access_read);
  EXPECT_EQ(access(acl.of("bob"), "a"), 0);
}

TEST(AclFile, AccessWordsMeanWhatTheySay) {
  const Acl acl = parse_acl("topic a\ntopic read b\ntopic write c\ntopic readwrite d\ntopic deny e\n");
  EXPECT_EQ(access(acl.anonymous, "a"), both);
  EXPECT_EQ(access(acl.anonymous, "b"), access_read);
  EXPECT_EQ(access(acl.anonymous, "c"), access_write);
  EXPECT_EQ(access(acl.anonymous, "d"), both);
  EXPECT_EQ(access(acl.anonymous, "e"), access_deny);
}

TEST(AclFile, ATopicWithSpacesFollowsAnAccessWord) {
  const Acl acl = parse_acl("topic  read \t my house/light one\n");
  EXPECT_EQ(access(acl.anonymous, "my house/light one"), access_read);
}

TEST(AclFile, AUserMayBeNamedAgainAndHaveSpacesInItsName) {
  const Acl acl = parse_acl("user ann b\ntopic read a\nuser bob\ntopic read b\nuser  ann b \ntopic read c\n");
  EXPECT_EQ(access(acl.of("ann b"), "a"), access_read);
  EXPECT_EQ(access(acl.of("ann b"), "c"), access_read);
  EXPECT_EQ(access(acl.of("bob"), "c"), 0);
}

TEST(AclFile, PatternsAreForEverybodyWhereverTheyStand) {
  const Acl acl = parse_acl("user ann\npattern read x/%u\npattern y/%c\n");
  EXPECT_EQ(acl.patterns.match("x/ann", {OwnName("ann"), {}}, 0), access_read);
  EXPECT_EQ(acl.patterns.match("y/d1", {{}, OwnName("d1")}, 0), both);
  EXPECT_TRUE(acl.patterns.has_client());
  EXPECT_EQ(access(acl.of("ann"), "x/ann"), 0);
}

TEST(AclFile, PlaceholdersInTopicLinesArePlainText) {
  const Acl acl = parse_acl("topic read x/%u\n");
  EXPECT_EQ(access(acl.anonymous, "x/%u"), access_read);
  EXPECT_EQ(acl.anonymous.match("x/ann", {OwnName("ann"), {}}, 0), 0);
}

TEST(AclFile, IsEqualWhenItSaysTheSame) {
  EXPECT_EQ(parse_acl("topic a\ntopic b\nuser x\ntopic c\n"),
            parse_acl("# the same\ntopic b\ntopic a\nuser x\ntopic c"));
  EXPECT_FALSE(parse_acl("topic a\n") == parse_acl("topic read a\n"));
  EXPECT_FALSE(parse_acl("topic a\n") == parse_acl("pattern a\n"));
}

struct RefusedAcl {
  const char* content;
  const char* message;
};

class AclRefusal : public testing::TestWithParam<RefusedAcl> {};

TEST_P(AclRefusal, NamesPlaceAndReason) {
  EXPECT_EQ(acl_failure(GetParam().content), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    AclFile, AclRefusal,
    testing::Values(
        RefusedAcl{"topc read a\n", "/acl:1: begins with \"topc\"; known are user, topic and pattern"},
        RefusedAcl{"topic read a\ntopic rw b\n",
                   "/acl:2: has \"rw\" where read, write, readwrite or deny is expected"},
        RefusedAcl{"topic my house/light\n",
                   "/acl:1: has \"my\" where read, write, readwrite or deny is expected"},
        RefusedAcl{"topic\n", "/acl:1: has no topic"}, RefusedAcl{"pattern\n", "/acl:1: has no topic"},
        RefusedAcl{"topic deny\n", "/acl:1: has no topic behind \"deny\""},
        RefusedAcl{"user\n", "/acl:1: has no user name"},
        RefusedAcl{"topic read a#\n",
                   "/acl:1: has a wildcard beside other text; '+' and '#' must be the whole level"},
        RefusedAcl{"topic read a/b+/c\n",
                   "/acl:1: has a wildcard beside other text; '+' and '#' must be the whole level"},
        RefusedAcl{"topic read a/##\n",
                   "/acl:1: has a wildcard beside other text; '+' and '#' must be the whole level"},
        RefusedAcl{"topic read #/a\n", "/acl:1: has a '#' that is not the last level"},
        RefusedAcl{"pattern read a/x%u\n",
                   "/acl:1: has %u or %c beside other text; it must be the whole level"},
        RefusedAcl{"pattern read a/%c%u\n",
                   "/acl:1: has %u or %c beside other text; it must be the whole level"}));

TEST(AclFile, WithoutARuleIsRefusedWithItsName) {
  const std::string message =
      "/acl: holds no rule, so nothing would be allowed; add topic or pattern lines, or leave acl_file out";
  EXPECT_EQ(acl_failure(""), message);
  EXPECT_EQ(acl_failure("# nothing\nuser ann\n"), message);
}

TEST(AclFile, RefusesTopicsThatAreTooLongOrTooDeep) {
  EXPECT_EQ(acl_failure("topic read " + std::string(65'536, 'a')),
            "/acl:1: has a topic of more than 65535 bytes");
  EXPECT_EQ(acl_failure("topic read " + std::string(128, '/')),
            "/acl:1: has a topic of more than 128 levels");
  EXPECT_NO_THROW(parse_acl("topic read " + std::string(127, '/')));
}

}  // namespace
}  // namespace tenon::auth_file
