#include "auth_file.h"

#include <sys/stat.h>

#include <algorithm>

#include "files.h"
#include "instance.h"

namespace tenon::auth_file {
namespace {

// A plugin with the users ann (secret), bob (hunter2) and eve (weakling), and a few rules.
class AuthFileTest : public testing::Test {
 protected:
  AuthFileTest() {
    write_file(passwords_, std::string(ann_secret) + bob_hunter + eve_weak);
    write_file(acl_, "topic read free\nuser ann\ntopic a/#\npattern own/%u/#\n");
    ::chmod(passwords_.c_str(), 0600);
    host_.options["password_file"] = passwords_;
    host_.options["acl_file"] = acl_;
  }

  void start() { ASSERT_EQ(instance_.start(), ""); }

  std::uint32_t decision_for(std::optional<std::string> user, std::optional<std::string> password,
                             std::string client_id = "d1") {
    Login login(host_, std::move(user), std::move(password), std::move(client_id));
    instance_.log_in(login);
    if (login.status == TENON_PENDING) {
      EXPECT_EQ(host_.completion_of(login.op), TENON_OK);
    } else {
      EXPECT_EQ(login.status, TENON_OK);
    }
    EXPECT_EQ(login.result.permset != nullptr, login.is_allowed());
    return login.result.decision;
  }

  TempDir dir_;
  const std::string passwords_ = dir_.file("passwords");
  const std::string acl_ = dir_.file("acl");
  FakeHost host_;
  Instance instance_{host_};
};

TEST_F(AuthFileTest, AllowsWithTheRightPasswordOnly) {
  start();
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
  EXPECT_EQ(decision_for("bob", "hunter2"), TENON_AUTH_ALLOW);
  EXPECT_EQ(decision_for("eve", "weakling"), TENON_AUTH_ALLOW);
  EXPECT_EQ(decision_for("ann", "hunter2"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", "Secret"), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("decisions_total.allowed"), 3);
  EXPECT_EQ(host_.metric("decisions_total.denied"), 2);
  EXPECT_EQ(host_.metric("users"), 3);
}

TEST_F(AuthFileTest, FailsClosedOnEmptyAbsentAndOddInputs) {  // ATTACK-18
  start();
  const std::string zero_in_password("secret\0x", 8), zero_in_name("ann\0", 4);
  EXPECT_EQ(decision_for(std::nullopt, std::nullopt), TENON_AUTH_IGNORE);
  EXPECT_EQ(decision_for(std::nullopt, "secret"), TENON_AUTH_IGNORE);
  EXPECT_EQ(decision_for("", ""), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("", std::nullopt), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", ""), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::nullopt), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", zero_in_password), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::string("secret\0", 7)), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::string("\0", 1)), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for(zero_in_name, "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann\n", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ANN", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("\xff\xfe", "\xff"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for(std::string(65'535, 'u'), std::string(65'535, 'p')), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::string(65'535, 'p')), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", "secret", std::string(65'535, 'c')), TENON_AUTH_ALLOW);
  EXPECT_EQ(decision_for("ann", "secret", ""), TENON_AUTH_ALLOW);
}

TEST_F(AuthFileTest, AnUnknownNameCostsAHashAsAKnownOneDoes) {
  start();
  EXPECT_EQ(decision_for("nobody", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("hash_seconds"), 1);
  EXPECT_EQ(decision_for("ann", "wrong"), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("hash_seconds"), 2);
}

TEST_F(AuthFileTest, UnknownUsersAreLeftToTheNextPluginWhenToldSo) {
  host_.options["unknown_user"] = "ignore";
  start();
  EXPECT_EQ(decision_for("nobody", "secret"), TENON_AUTH_IGNORE);
  EXPECT_EQ(host_.metric("hash_seconds"), 1);
  EXPECT_EQ(decision_for("nobody", std::nullopt), TENON_AUTH_IGNORE);
  EXPECT_EQ(decision_for("", "x"), TENON_AUTH_IGNORE);
  EXPECT_EQ(decision_for("ann", "wrong"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::nullopt), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
}

TEST_F(AuthFileTest, EnhancedAuthenticationIsLeftToOthers) {
  start();
  Login login(host_, "ann", "secret");
  login.request.auth_method = sdk::abi(std::string_view("SCRAM-SHA-256"));
  instance_.begin(login);
  EXPECT_EQ(login.status, TENON_OK);
  EXPECT_EQ(login.result.decision, TENON_AUTH_IGNORE);
  Login again(host_, "ann", "secret");
  again.request.step = TENON_AUTH_REAUTH;
  instance_.begin(again);
  EXPECT_EQ(again.result.decision, TENON_AUTH_IGNORE);
}

TEST_F(AuthFileTest, GivesThePermissionsOfTheUser) {
  start();
  Login ann(host_, "ann", "secret"), bob(host_, "bob", "hunter2");
  instance_.log_in(ann);
  instance_.log_in(bob);
  EXPECT_TRUE(ann.may(TENON_ACTION_PUBLISH, "a/x"));
  EXPECT_FALSE(bob.may(TENON_ACTION_PUBLISH, "a/x"));
  EXPECT_TRUE(bob.may(TENON_ACTION_PUBLISH, "own/bob/x"));
  EXPECT_FALSE(bob.may(TENON_ACTION_PUBLISH, "own/ann/x"));
  EXPECT_FALSE(ann.may(TENON_ACTION_RECEIVE, "free"));
}

TEST_F(AuthFileTest, WithoutAclFileKnownUsersMayDoEverything) {
  host_.options.erase("acl_file");
  start();
  Login ann(host_, "ann", "secret");
  instance_.log_in(ann);
  EXPECT_TRUE(ann.may(TENON_ACTION_PUBLISH, "$any/thing"));
  EXPECT_EQ(decision_for("ann", "wrong"), TENON_AUTH_DENY);
}

TEST_F(AuthFileTest, AnonymousClientsComeInOnlyWhenToldSo) {
  host_.options["anonymous"] = true;
  start();
  Login login(host_, std::nullopt, std::nullopt);
  instance_.begin(login);
  ASSERT_EQ(login.status, TENON_OK);
  ASSERT_TRUE(login.is_allowed());
  EXPECT_TRUE(login.may(TENON_ACTION_RECEIVE, "free"));
  EXPECT_FALSE(login.may(TENON_ACTION_PUBLISH, "free"));
  EXPECT_FALSE(login.may(TENON_ACTION_RECEIVE, "a/x"));
  EXPECT_EQ(decision_for("", ""), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
}

TEST_F(AuthFileTest, WithoutPasswordFileOnlyAnonymousClientsComeIn) {
  host_.options.erase("password_file");
  host_.options["anonymous"] = true;
  start();
  EXPECT_EQ(decision_for(std::nullopt, std::nullopt), TENON_AUTH_ALLOW);
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(decision_for("ann", std::nullopt), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("hash_seconds"), 0);
}

TEST_F(AuthFileTest, AVerifiedPasswordIsAnsweredAtOnceForAWhile) {
  start();
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
  Login again(host_, "ann", "secret", "other-device");
  instance_.begin(again);
  EXPECT_EQ(again.status, TENON_OK);
  EXPECT_TRUE(again.is_allowed());
  EXPECT_EQ(host_.metric("hash_seconds"), 1);
  EXPECT_EQ(host_.metric("cache_hits_total"), 1);
  host_.now_ns += 301'000'000'000;
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
  EXPECT_EQ(host_.metric("hash_seconds"), 2);
}

TEST_F(AuthFileTest, AWrongPasswordIsNeverRemembered) {
  start();
  EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(decision_for("ann", "wrong"), TENON_AUTH_DENY);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(decision_for("bob", "secret"), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("hash_seconds"), 7);
}

TEST_F(AuthFileTest, TheCacheCanBeSwitchedOff) {
  host_.options["cache_ttl_s"] = std::int64_t{0};
  start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(decision_for("ann", "secret"), TENON_AUTH_ALLOW);
  EXPECT_EQ(host_.metric("hash_seconds"), 3);
  EXPECT_EQ(host_.metric("cache_hits_total"), 0);
}

TEST_F(AuthFileTest, AFullPoolRefusesTheLogin) {
  start();
  host_.jobs_max = 1;
  Login first(host_, "ann", "secret"), second(host_, "bob", "hunter2");
  instance_.begin(first);
  instance_.begin(second);
  EXPECT_EQ(first.status, TENON_PENDING);
  EXPECT_EQ(second.status, TENON_E_BUSY);
  EXPECT_EQ(host_.metric("busy_total"), 1);
  host_.run_all_jobs();
  EXPECT_TRUE(first.is_allowed());
  EXPECT_FALSE(second.is_allowed());
}

// Where more logins come than can be checked, the others have their turn in time.
TEST_F(AuthFileTest, ALoginThatHasWaitedForHalfOfItsTimeIsNotHashed) {
  start();
  Login late(host_, "ann", "secret"), other(host_, "bob", "hunter2");
  instance_.begin(late);
  host_.now_ns += 2'500'000'000;
  instance_.begin(other);
  host_.run_all_jobs();
  EXPECT_EQ(host_.completion_of(late.op), TENON_E_BUSY);
  EXPECT_EQ(host_.metric("busy_total"), 1);
  EXPECT_EQ(host_.metric("hash_seconds"), 1);
  EXPECT_FALSE(late.is_allowed());
  EXPECT_TRUE(other.is_allowed());
}

TEST_F(AuthFileTest, WarnsOfWeakHashesAndOpenFiles) {
  ::chmod(passwords_.c_str(), 0644);
  start();
  EXPECT_EQ(host_.logged_events(),
            (std::vector<std::string>{"auth_file.password_file_open", "auth_file.hash_weak"}));
}

TEST_F(AuthFileTest, DoesNotStartWithAFileThatItCannotRead) {  // ATTACK-18
  host_.options["password_file"] = dir_.file("none");
  EXPECT_EQ(instance_.start(), dir_.file("none") + ": can't be opened: No such file or directory");
}

TEST_F(AuthFileTest, DoesNotStartWithAnEmptyFile) {  // ATTACK-18
  write_file(passwords_, "");
  EXPECT_EQ(instance_.start(),
            passwords_ + ": names no user, so nobody could log in; add one with tenonctl passwd");
  write_file(passwords_, ann_secret);
  write_file(acl_, "# none\n");
  EXPECT_EQ(instance_.start(),
            acl_ +
                ": holds no rule, so nothing would be allowed; add topic or pattern lines, "
                "or leave acl_file out");
}

TEST_F(AuthFileTest, DoesNotStartWithALineThatItDoesNotUnderstand) {
  write_file(acl_, "topic read a\ntopic rd b\n");
  EXPECT_EQ(instance_.start(), acl_ + ":2: has \"rd\" where read, write, readwrite or deny is expected");
}

}  // namespace
}  // namespace tenon::auth_file
