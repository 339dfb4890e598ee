#include <atomic>
#include <thread>

#include "files.h"
#include "instance.h"

namespace tenon::auth_file {
namespace {

using Texts = std::vector<std::string>;

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() {
    write_file(passwords_, std::string(ann_secret) + bob_hunter);
    write_file(acl_, "user ann\ntopic a\nuser bob\ntopic b\n");
    host_.options["password_file"] = passwords_;
    host_.options["acl_file"] = acl_;
    start_failure_ = instance_.start(2);
  }
  void SetUp() override { ASSERT_EQ(start_failure_, ""); }

  TempDir dir_;
  const std::string passwords_ = dir_.file("passwords");
  const std::string acl_ = dir_.file("acl");
  FakeHost host_;
  Instance instance_{host_};
  std::string start_failure_;
};

TEST_F(ReloadTest, ChangedRulesHoldForClientsThatAreConnected) {  // ATTACK-10
  Login ann(host_, "ann", "secret");
  instance_.log_in(ann);
  write_file(acl_, "user ann\ntopic c\nuser bob\ntopic b\n");
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), Texts{"user:ann"});
  EXPECT_TRUE(ann.may(TENON_ACTION_PUBLISH, "a"));  // a set never changes
  const auto fresh = instance_.refresh(ann);
  ASSERT_TRUE(fresh);
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.topic = sdk::abi("a");
  EXPECT_FALSE(fresh.get()->allows(query));
  query.topic = sdk::abi("c");
  EXPECT_TRUE(fresh.get()->allows(query));
}

TEST_F(ReloadTest, ARemovedUserHasToGo) {
  Login ann(host_, "ann", "secret");
  instance_.log_in(ann);
  write_file(passwords_, bob_hunter);
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), Texts{"user:ann"});
  EXPECT_FALSE(instance_.refresh(ann));
  Login again(host_, "ann", "secret");
  instance_.log_in(again);
  EXPECT_FALSE(again.is_allowed());
}

TEST_F(ReloadTest, AChangedPasswordEndsOldConnectionsAndTheOldPassword) {
  Login ann(host_, "ann", "secret");
  instance_.log_in(ann);
  write_file(passwords_, std::string(ann_changed) + bob_hunter);
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), Texts{"user:ann"});
  EXPECT_FALSE(instance_.refresh(ann));
  Login old_password(host_, "ann", "secret"), new_password(host_, "ann", "changed");
  instance_.log_in(old_password);  // not answered from the cache either
  instance_.log_in(new_password);
  EXPECT_FALSE(old_password.is_allowed());
  EXPECT_TRUE(new_password.is_allowed());
}

TEST_F(ReloadTest, UsersWhoseLineIsTheSameStayCachedAndConnected) {
  Login bob(host_, "bob", "hunter2");
  instance_.log_in(bob);
  write_file(passwords_, std::string(ann_changed) + bob_hunter);
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_TRUE(instance_.refresh(bob));
  Login again(host_, "bob", "hunter2");
  instance_.begin(again);
  EXPECT_EQ(again.status, TENON_OK);
  EXPECT_TRUE(again.is_allowed());
}

TEST_F(ReloadTest, AReloadWithoutAChangeDisturbsNobody) {
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), Texts{});
}

TEST_F(ReloadTest, ChangedPatternsConcernEverybody) {
  write_file(acl_, "user ann\ntopic a\nuser bob\ntopic b\npattern p/%u\n");
  ASSERT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), Texts{"all"});
}

TEST_F(ReloadTest, AnyErrorKeepsBothOldFilesInForceAndIsReported) {
  write_file(passwords_, std::string(ann_changed));
  write_file(acl_, "user ann\ntopic c\ntopic rd d\n");
  EXPECT_EQ(instance_.reconfigure(),
            acl_ + ":3: has \"rd\" where read, write, readwrite or deny is expected");
  EXPECT_EQ(host_.take_invalidations(), Texts{});
  EXPECT_EQ(host_.health().first, TENON_HEALTH_DEGRADED);
  EXPECT_NE(host_.health().second.find(acl_ + ":3:"), std::string::npos);
  Login ann(host_, "ann", "secret");
  instance_.log_in(ann);
  ASSERT_TRUE(ann.is_allowed());
  EXPECT_TRUE(ann.may(TENON_ACTION_PUBLISH, "a"));

  write_file(acl_, "user ann\ntopic c\n");
  EXPECT_EQ(instance_.reconfigure(), "");
  EXPECT_EQ(host_.health().first, TENON_HEALTH_OK);
}

TEST_F(ReloadTest, AnEmptiedOrRemovedFileKeepsTheOldOneInForce) {  // ATTACK-18
  write_file(passwords_, "");
  EXPECT_NE(instance_.reconfigure(), "");
  ASSERT_EQ(std::remove(passwords_.c_str()), 0);
  EXPECT_NE(instance_.reconfigure(), "");
  Login ann(host_, "ann", "secret"), nobody(host_, "nobody", "");
  instance_.log_in(ann);
  instance_.log_in(nobody);
  EXPECT_TRUE(ann.is_allowed());
  EXPECT_FALSE(nobody.is_allowed());
}

TEST_F(ReloadTest, OptionsChangeWithAReload) {
  host_.options["unknown_user"] = "ignore";
  host_.options["cache_ttl_s"] = std::int64_t{0};
  ASSERT_EQ(instance_.reconfigure(), "");
  for (int i = 0; i < 2; ++i) {
    Login ann(host_, "ann", "secret");
    instance_.begin(ann);
    EXPECT_EQ(ann.status, TENON_PENDING);
    host_.run_all_jobs();
  }
  Login nobody(host_, "nobody", "x");
  instance_.log_in(nobody);
  EXPECT_EQ(nobody.result.decision, TENON_AUTH_IGNORE);
  EXPECT_EQ(host_.take_invalidations(), Texts{});
}

TEST_F(ReloadTest, ALoginUnderWayIsDecidedByTheFilesItBeganWith) {
  Login ann(host_, "ann", "secret");
  instance_.begin(ann);
  write_file(passwords_, std::string(ann_changed) + bob_hunter);
  ASSERT_EQ(instance_.reconfigure(), "");
  host_.run_all_jobs();
  ASSERT_TRUE(ann.is_allowed());
  EXPECT_FALSE(instance_.refresh(ann));
}

TEST_F(ReloadTest, WorkersLogInWhileFilesAreReloaded) {
  std::atomic<bool> is_over{false};
  std::atomic<int> denied{0};
  std::vector<std::thread> threads;
  for (std::uint32_t worker = 0; worker < 2; ++worker)
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 200; ++i) {
        Login login(host_, "bob", "hunter2");
        instance_.begin(login, worker);
        while (login.status == TENON_PENDING && host_.completion_of(login.op) == TENON_PENDING)
          std::this_thread::yield();
        if (!login.is_allowed() || !login.may(TENON_ACTION_PUBLISH, "b")) ++denied;
      }
    });
  threads.emplace_back([&] {
    while (!is_over)
      if (!host_.run_job()) std::this_thread::yield();
  });
  for (int i = 0; i < 40; ++i) {
    write_file(acl_, "user ann\ntopic a" + std::to_string(i) + "\nuser bob\ntopic b\n");
    EXPECT_EQ(instance_.reconfigure(), "");
  }
  threads[0].join();
  threads[1].join();
  is_over = true;
  threads[2].join();
  EXPECT_EQ(denied, 0);
}

}  // namespace
}  // namespace tenon::auth_file
