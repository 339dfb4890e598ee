#include "host/permset.h"

#include <gtest/gtest.h>

#include <optional>

#include "host/auth_chain.h"
#include "scripted_auth.h"

namespace tenon::host::test {
namespace {

class PermsetTest : public ::testing::Test {
 protected:
  void start() { instance_.emplace(world_, script_, "p1"); }
  Permset give(std::set<std::string> topics) {
    return Permset::adopt(instance_->get(), script_.make_set(std::move(topics)),
                          (*instance_)->invalidations().count());
  }
  void invalidate(InvalidScope scope, std::string value = "") {
    (*instance_)->invalidations().add({scope, std::move(value)});
  }
  Permset::Freshness refresh(Permset& set, std::string_view user = "alice", std::string_view client = "c1") {
    return world_.executor.on_worker(0, [&] { return set.refresh(user, client); });
  }

  FakeWorld world_;
  ScriptedAuth script_;
  std::optional<ScriptedInstance> instance_;
};

TEST_F(PermsetTest, DefaultAllowsEverythingForEver) {
  Permset set;
  EXPECT_TRUE(set.check(Action::publish, "a", 2, true));
  EXPECT_FALSE(set.stale());
  EXPECT_EQ(set.epoch(), 0u);
  EXPECT_EQ(refresh(set), Permset::Freshness::same);
}

TEST_F(PermsetTest, AsksThePlugin) {
  start();
  const Permset set = give({"mine"});
  EXPECT_TRUE(set.check(Action::publish, "mine", 0, false));
  EXPECT_FALSE(set.check(Action::publish, "yours", 0, false));
  EXPECT_FALSE(set.check(Action::publish, "", 0, false));
}

TEST_F(PermsetTest, PassesTheWholeQuery) {
  static tenon_authz_query seen;
  static std::uint32_t seen_stride;
  script_.permset_check = [](const tenon_permset*, const tenon_authz_query* q, std::uint32_t,
                             std::uint32_t stride, std::uint8_t* ret) {
    seen = *q;
    seen_stride = stride;
    ret[0] = TENON_VERDICT_ALLOW;
  };
  start();
  const Permset set = give({});
  EXPECT_TRUE(set.check(Action::subscribe, "a/#", 2, true));
  EXPECT_EQ(seen_stride, sizeof seen);
  EXPECT_EQ(seen.struct_size, sizeof seen);
  EXPECT_EQ(seen.action, TENON_ACTION_SUBSCRIBE);
  EXPECT_EQ(seen.qos, 2u);
  EXPECT_EQ(seen.retain, 1u);
  EXPECT_EQ(text(seen.topic), "a/#");
}

TEST_F(PermsetTest, AVerdictThatIsNotAllowIsDeny) {
  script_.permset_check = [](const tenon_permset*, const tenon_authz_query*, std::uint32_t, std::uint32_t,
                             std::uint8_t* ret) { ret[0] = 7; };
  start();
  EXPECT_FALSE(give({}).check(Action::publish, "a", 0, false));
}

TEST_F(PermsetTest, CopiesShareTheSetAndTheLastReleasesIt) {
  start();
  {
    Permset a = give({"x"});
    {
      const Permset b = a;
      EXPECT_EQ(a.epoch(), b.epoch());
      Permset c = std::move(a);
      EXPECT_TRUE(c.check(Action::receive, "x", 0, false));
      a = b;
      a = std::move(c);
    }
    EXPECT_EQ(script_.sets_alive, 1);
  }
  EXPECT_EQ(script_.sets_alive, 0);
}

TEST_F(PermsetTest, EachSetHasAnEpochOfItsOwn) {
  start();
  const Permset a = give({});
  const Permset b = give({});
  EXPECT_NE(a.epoch(), 0u);
  EXPECT_NE(a.epoch(), b.epoch());
}

TEST_F(PermsetTest, InvalidationMakesItStaleAtOnce) {
  start();
  const Permset set = give({});
  EXPECT_FALSE(set.stale());
  invalidate(InvalidScope::all);
  EXPECT_TRUE(set.stale());
}

TEST_F(PermsetTest, InvalidationOfSomebodyElseChangesNothing) {
  start();
  Permset set = give({"a"});
  const std::uint64_t epoch = set.epoch();
  invalidate(InvalidScope::user, "bob");
  invalidate(InvalidScope::client_id, "alice");
  EXPECT_TRUE(set.stale());
  EXPECT_EQ(refresh(set), Permset::Freshness::same);
  EXPECT_FALSE(set.stale());
  EXPECT_EQ(set.epoch(), epoch);
}

TEST_F(PermsetTest, RefreshTakesTheNewSet) {
  script_.refresh = [&](const tenon_permset* old, const tenon_permset** ret) {
    EXPECT_TRUE(scripted::set_of(old).topics.contains("old"));
    *ret = script_.make_set({"new"});
    return TENON_OK;
  };
  start();
  Permset set = give({"old"});
  const std::uint64_t epoch = set.epoch();
  invalidate(InvalidScope::user, "alice");
  EXPECT_EQ(refresh(set), Permset::Freshness::changed);
  EXPECT_NE(set.epoch(), epoch);
  EXPECT_TRUE(set.check(Action::publish, "new", 0, false));
  EXPECT_FALSE(set.check(Action::publish, "old", 0, false));
  EXPECT_FALSE(set.stale());
  EXPECT_EQ(script_.sets_alive, 1);
}

TEST_F(PermsetTest, WithoutRefreshTheClientMustGo) {
  start();
  Permset set = give({"a"});
  invalidate(InvalidScope::client_id, "c1");
  EXPECT_EQ(refresh(set), Permset::Freshness::revoked);
}

TEST_F(PermsetTest, RefreshThatFailsOrThrowsOrGivesNothingRevokes) {
  int round = 0;
  script_.refresh = [&](const tenon_permset*, const tenon_permset**) -> tenon_status {
    switch (round++) {
      case 0:
        return TENON_E_DENIED;
      case 1:
        throw 1;
      default:
        return TENON_OK;
    }
  };
  start();
  for (int i = 0; i < 3; ++i) {
    Permset set = give({"a"});
    invalidate(InvalidScope::all);
    EXPECT_EQ(refresh(set), Permset::Freshness::revoked) << i;
  }
}

TEST_F(PermsetTest, AClientThatWasAllowedWithoutASetIsRevokedToo) {
  script_.refresh = [](auto&&...) { return TENON_OK; };
  start();
  Permset set = Permset::adopt(instance_->get(), nullptr, 0);
  EXPECT_TRUE(set.check(Action::publish, "a", 0, false));
  invalidate(InvalidScope::user, "bob");
  EXPECT_EQ(refresh(set), Permset::Freshness::same);
  invalidate(InvalidScope::user, "alice");
  EXPECT_EQ(refresh(set), Permset::Freshness::revoked);
}

// The plugin computed the set before it took the permissions back, and answered after that.
TEST_F(PermsetTest, InvalidationDuringTheLoginIsNotLost) {
  script_.authenticate = [&](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    ret.permset = script_.make_set({"a"});
    const auto* auth =
        static_cast<const tenon_host_auth*>(script_.host->get_interface(script_.host, TENON_HOST_AUTH_ID));
    auth->invalidate(script_.host, TENON_SCOPE_USER, bytes("alice"));
    return TENON_OK;
  };
  start();
  AuthChain chain({{instance_->get(), OnAuthError::deny}});
  AuthRequest request;
  request.username = "alice";
  std::optional<AuthOutcome> outcome;
  world_.executor.on_worker(
      0, [&] { chain.authenticate(request, ns_per_s, [&](AuthOutcome&& o) { outcome = std::move(o); }); });
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->permset.stale());
  EXPECT_EQ(refresh(outcome->permset), Permset::Freshness::revoked);
}

TEST_F(PermsetTest, TheListenerHearsOfEachInvalidation) {
  start();
  std::vector<std::string> heard;
  (*instance_)->invalidations().set_listener([&](const Invalidation& one) {
    heard.push_back(std::to_string(static_cast<int>(one.scope)) + one.value);
  });
  const auto* auth =
      static_cast<const tenon_host_auth*>(script_.host->get_interface(script_.host, TENON_HOST_AUTH_ID));
  auth->invalidate(script_.host, TENON_SCOPE_USER, bytes("alice"));
  auth->invalidate(script_.host, TENON_SCOPE_CLIENT_ID, bytes("c1"));
  auth->invalidate(script_.host, TENON_SCOPE_ALL, {});
  auth->invalidate(script_.host, 99, bytes("of a newer level"));
  EXPECT_EQ(heard, std::vector<std::string>({"1alice", "2c1", "0", "0of a newer level"}));
}

TEST(Invalidations, OlderThanItsMemoryMeansEverybody) {
  Invalidations all;
  for (int i = 0; i < 1024; ++i) all.add({InvalidScope::user, "x" + std::to_string(i)});
  EXPECT_FALSE(all.concerns(0, "alice", "c1"));
  EXPECT_TRUE(all.concerns(0, "x0", "c1"));
  all.add({InvalidScope::user, "y"});
  EXPECT_TRUE(all.concerns(0, "alice", "c1"));
  EXPECT_FALSE(all.concerns(1, "alice", "c1"));
  EXPECT_TRUE(all.concerns(1, "y", ""));
}

}  // namespace
}  // namespace tenon::host::test
