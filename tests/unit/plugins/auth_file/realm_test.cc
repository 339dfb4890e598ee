#include "realm.h"

#include <array>

#include "support.h"

namespace tenon::auth_file {
namespace {

const std::string hash64 = std::string(85, 'A') + "A==";
std::string line(const std::string& name, const std::string& salt = "c2FsdA==") {
  return name + ":$6$" + salt + "$" + hash64 + "\n";
}

std::shared_ptr<const Acl> acl(const std::string& content) {
  return std::make_shared<const Acl>(parse_acl_file(TextFile("/acl", content)));
}

std::unique_ptr<Realm> realm(const std::string& passwords, std::shared_ptr<const Acl> acl,
                             Realm::Anonymous anonymous = Realm::Anonymous::refused) {
  const std::array<std::uint8_t, 64> noise{};
  const PasswordFile file = parse_password_file(TextFile("/p", passwords));
  return std::make_unique<Realm>(&file, std::move(acl), anonymous, noise);
}

sdk::PermissionSetRef log_in(const Realm& realm, std::string_view name, std::string_view client_id = "d1") {
  return realm.permissions_of(*realm.find(name), name, client_id);
}
const Permissions& set_of(const sdk::PermissionSetRef& ref) {
  return static_cast<const Permissions&>(*ref.get());
}

using Names = std::vector<std::string>;

TEST(Realm, FindsUsersByWholeName) {
  const auto r = realm(line("ann") + line("bob"), nullptr);
  EXPECT_NE(r->find("ann"), nullptr);
  EXPECT_EQ(r->find("an"), nullptr);
  EXPECT_EQ(r->find(""), nullptr);
  EXPECT_EQ(r->find(std::string_view("ann\0", 4)), nullptr);
  EXPECT_EQ(r->users_count(), 2u);
}

TEST(Realm, ClientsOfOneUserShareASetUnlessRulesAskForTheClientId) {
  const auto shared = realm(line("ann") + line("bob"), acl("user ann\ntopic a\npattern %u/x\n"));
  EXPECT_EQ(log_in(*shared, "ann", "d1").get(), log_in(*shared, "ann", "d2").get());
  EXPECT_NE(log_in(*shared, "ann").get(), log_in(*shared, "bob").get());
  const auto own = realm(line("ann"), acl("pattern %c/x\n"));
  const auto first = log_in(*own, "ann", "d1"), second = log_in(*own, "ann", "d2");
  EXPECT_NE(first.get(), second.get());
  EXPECT_EQ(set_of(second).holder().client_id, "d2");
}

TEST(Realm, SetsOutliveTheRealm) {
  auto r = realm(line("ann"), acl("user ann\ntopic a\n"));
  const auto set = log_in(*r, "ann");
  r.reset();
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.topic = sdk::abi("a");
  EXPECT_TRUE(set.get()->allows(query));
}

TEST(Realm, RenewsTheSetsOfUsersThatAreStillTheSame) {
  const auto before = realm(line("ann"), acl("user ann\ntopic a\n"));
  const auto now = realm(line("ann"), acl("user ann\ntopic b\n"));
  const auto fresh = now->renew(set_of(log_in(*before, "ann")));
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh.get(), log_in(*now, "ann").get());
}

TEST(Realm, RenewsNothingForAUserThatIsGoneOrHasAnotherPassword) {
  const auto before = realm(line("ann"), acl("pattern %u\n"));
  EXPECT_FALSE(realm(line("bob"), acl("pattern %u\n"))->renew(set_of(log_in(*before, "ann"))));
  EXPECT_FALSE(realm(line("ann", "c2FsdDI="), acl("pattern %u\n"))->renew(set_of(log_in(*before, "ann"))));
}

TEST(Realm, RenewsNothingWhenRulesAskForAClientIdThatWasNotKept) {
  const auto before = realm(line("ann"), acl("pattern %u\n"));
  EXPECT_FALSE(realm(line("ann"), acl("pattern %c\n"))->renew(set_of(log_in(*before, "ann"))));
}

TEST(Realm, KeepsTheClientIdOverARenewal) {
  const auto before = realm(line("ann"), acl("pattern a/%c\n"));
  const auto now = realm(line("ann"), acl("pattern b/%c\n"));
  const auto fresh = now->renew(set_of(log_in(*before, "ann", "d7")));
  ASSERT_TRUE(fresh);
  EXPECT_EQ(set_of(fresh).holder().client_id, "d7");
}

TEST(Realm, RenewsAnonymousSetsWhileAnonymousClientsAreAllowed) {
  const auto before = realm(line("ann"), acl("topic a\n"), Realm::Anonymous::allowed);
  const auto old = before->permissions_of_anonymous("d1");
  EXPECT_TRUE(realm(line("ann"), acl("topic b\n"), Realm::Anonymous::allowed)->renew(set_of(old)));
  EXPECT_FALSE(realm(line("ann"), acl("topic b\n"))->renew(set_of(old)));
}

TEST(Realm, TellsWhichUsersChanged) {
  const std::string rules = "user ann\ntopic a\nuser bob\ntopic b\n";
  const auto before = realm(line("ann") + line("bob") + line("eve"), acl(rules));
  EXPECT_EQ(realm(line("ann") + line("bob") + line("eve") + line("new"), acl(rules))
                ->users_changed_since(*before, 9),
            Names{});
  EXPECT_EQ(realm(line("ann") + line("bob"), acl(rules))->users_changed_since(*before, 9), Names{"eve"});
  EXPECT_EQ(
      realm(line("ann") + line("bob", "c2FsdDI=") + line("eve"), acl(rules))->users_changed_since(*before, 9),
      Names{"bob"});
  EXPECT_EQ(realm(line("ann") + line("bob") + line("eve"), acl("user ann\ntopic x\nuser bob\ntopic b\n"))
                ->users_changed_since(*before, 9),
            Names{"ann"});
}

TEST(Realm, TellsWhenEverybodyIsConcerned) {
  const auto before = realm(line("ann") + line("bob"), acl("user ann\ntopic a\n"));
  const std::string same = line("ann") + line("bob");
  EXPECT_EQ(realm(same, acl("user ann\ntopic a\npattern p\n"))->users_changed_since(*before, 9),
            std::nullopt);
  EXPECT_EQ(realm(same, acl("topic x\nuser ann\ntopic a\n"))->users_changed_since(*before, 9), std::nullopt);
  EXPECT_EQ(realm(same, nullptr)->users_changed_since(*before, 9), std::nullopt);
  EXPECT_EQ(
      realm(same, acl("user ann\ntopic a\n"), Realm::Anonymous::allowed)->users_changed_since(*before, 9),
      std::nullopt);
  EXPECT_EQ(realm(line("other"), acl("user ann\ntopic a\n"))->users_changed_since(*before, 1), std::nullopt);
}

}  // namespace
}  // namespace tenon::auth_file
