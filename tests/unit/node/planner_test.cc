#include "node/balance/planner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/manual_clock.h"
#include "unit/host/fake_world.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

struct CountingStrategy final : balance::Strategy {
  Result<balance::Plan> plan(const tenon_balancer_view&, std::string_view) override {
    ++calls;
    return balance::Plan();
  }
  std::atomic<int> calls{0};
};

// Node 1, a voter of `meta`, which nobody leads.
class StandIn : public testing::Test {
 protected:
  StandIn() {
    settings_.stores.emplace_back().name = "inbox";
    planner_ = Planner::create({settings_, clock_, random_, log_, desk_, 1, 1}).value();
    planner_->await_rules([] { return std::uint64_t{7}; });
    balance::BalancerSetup setup;
    setup.store = kv::StoreId::inbox;
    setup.name = "counting";
    setup.strategy = &strategy_;
    std::vector<balance::BalancerSetup> setups;
    setups.push_back(setup);
    planner_->set_balancers(std::move(setups));
    EXPECT_TRUE(planner_->start().ok());
  }
  ~StandIn() override { planner_->stop(); }

  void look() {
    store::RangeView meta;
    meta.id = {1, 1};
    meta.descriptor.store = kv::StoreId::meta;
    meta.descriptor.members.voters = {kv::NodeId{1}, kv::NodeId{2}, kv::NodeId{3}};
    meta.has_replica = true;
    planner_->look({meta});
  }
  template <class Holds>
  static bool comes(Holds&& holds) {
    for (int round = 0; round < 1000 && !holds(); ++round)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return holds();
  }

  config::Settings settings_;
  test::ManualClock clock_;
  host::test::CountingRandom random_;
  observe::LoggedLines logged_;
  observe::Log log_{clock_, std::make_unique<observe::MemoryLogOutput>(logged_), {}};
  RangeDesk desk_{random_, log_};
  CountingStrategy strategy_;
  std::unique_ptr<Planner> planner_;
};

TEST_F(StandIn, PlansByNoRulesButThoseThatItHasRead) {
  look();
  ASSERT_TRUE(comes([this] { return !planner_->planner().empty(); })) << "its turn is over";
  EXPECT_EQ(strategy_.calls, 0);
  planner_->rules_known(1);
  look();
  EXPECT_TRUE(comes([this] { return strategy_.calls > 0; }));
}

}  // namespace
}  // namespace tenon::node
