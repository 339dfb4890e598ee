#include "balance/controller.h"

#include <gtest/gtest.h>

#include <functional>

#include "support/balance/made_view.h"
#include "support/balance/scripted_strategy.h"

namespace tenon::balance {
namespace {

using test::MadeView;
using test::ScriptedStrategy;

struct Ports final : ControllerPorts {
  struct Given {
    std::uint64_t number;
    Command command;
    std::string balancer;
  };
  void give(std::uint64_t number, const Command& command, StoreId, std::string_view balancer) override {
    given.push_back({number, command, std::string(balancer)});
  }
  void refused(StoreId, std::string_view balancer, const Command&, const Refused& refused) override {
    complaints.push_back(std::string(balancer) + ": " + std::string(to_string(refused.why)));
  }
  void failed(StoreId, std::string_view balancer, const std::string& why) override {
    complaints.push_back(std::string(balancer) + ": " + why);
  }
  std::vector<Given> given;
  std::vector<std::string> complaints;
};

Command to(std::uint64_t range, decltype(Command::what) what, kv::Epoch epoch = {1, 1}) {
  return {range, epoch, std::move(what), 0, "because"};
}

Plan plan_of(std::vector<Command> commands) {
  Plan plan;
  plan.commands = std::move(commands);
  return plan;
}

class ControllerTest : public testing::Test {
 protected:
  ControllerTest() {
    made_.nodes({1, 2, 3});
    made_.range(7, {1, 2, 3}, 1);
    made_.range(8, {1, 2, 3}, 1);
    view_ = made_.done();
  }

  void add(const std::string& name, ScriptedStrategy::Script script, std::uint32_t order = 50) {
    strategies_.push_back(std::make_unique<ScriptedStrategy>(std::move(script)));
    setups_.push_back({StoreId::inbox, name, order, true, strategies_.back().get()});
  }
  // Always the same plan.
  void add(const std::string& name, std::vector<Command> commands, std::uint32_t order = 50) {
    add(
        name, [commands](const tenon_balancer_view&, std::string_view) { return plan_of(commands); }, order);
  }
  void begin(PaceLimits limits = {}) { controller_ = std::make_unique<Controller>(setups_, limits, ports_); }
  void plan_after(std::int64_t ms) {
    view_.now_ms += ms;
    controller_->plan(view_, scope_);
  }
  void end_all(bool is_done = true) {
    for (; ended_ < ports_.given.size(); ++ended_)
      controller_->ended(ports_.given[ended_].number, is_done, is_done ? "done" : "refused", "",
                         view_.now_ms);
  }
  // Plans each second. What is given is done before the next one, when `show` has it in the view.
  void carry_out(int seconds, const std::function<void()>& show) {
    for (int second = 0; second < seconds; ++second) {
      plan_after(1000);
      if (ended_ == ports_.given.size()) continue;
      show();
      end_all();
    }
  }
  std::vector<std::string> given() const {
    std::vector<std::string> texts;
    for (const auto& one : ports_.given)
      texts.push_back(one.balancer + " " + std::to_string(one.command.range) + " " +
                      std::string(kind_of(one.command)));
    return texts;
  }

  Controller::Scope scope_ = Controller::Scope::all;
  MadeView made_;
  View view_;
  Ports ports_;
  std::vector<std::unique_ptr<ScriptedStrategy>> strategies_;
  std::vector<BalancerSetup> setups_;
  std::unique_ptr<Controller> controller_;
  std::size_t ended_ = 0;
};

using Texts = std::vector<std::string>;

TEST_F(ControllerTest, TheEarlierBalancerHasARangeFirst) {
  add("later", {to(7, Transfer{NodeId{2}})}, 20);
  add("earlier", {to(7, Transfer{NodeId{3}})}, 10);
  begin();
  plan_after(0);
  EXPECT_EQ(given(), (Texts{"earlier 7 transfer"}));
  const Explanation explanation = controller_->explain();
  EXPECT_EQ(explanation.balancers[1].name, "later");
  EXPECT_EQ(explanation.balancers[1].decisions.at(0).why, "busy");
  EXPECT_EQ(explanation.balancers[1].counts.held, 1u);
}

TEST_F(ControllerTest, ARangeGetsOneCommandAtATime) {
  add("a", {to(7, Transfer{NodeId{2}})});
  begin();
  for (int i = 0; i < 100; ++i) plan_after(60'000);
  EXPECT_EQ(ports_.given.size(), 1u);
}

TEST_F(ControllerTest, ARangeThatIsBeingAbsorbedGetsNoCommand) {
  add("joins", {to(7, Merge{8, {1, 1}})}, 10);
  add("moves", {to(8, Transfer{NodeId{2}})}, 20);
  begin();
  plan_after(0);
  plan_after(60'000);
  EXPECT_EQ(given(), (Texts{"joins 7 merge"}));
  end_all(false);
  plan_after(60'000);
  plan_after(0);
  EXPECT_EQ(given(), (Texts{"joins 7 merge", "joins 7 merge"}));
}

TEST_F(ControllerTest, ARangeThatHasACommandIsNotAbsorbed) {
  add("moves", {to(8, Transfer{NodeId{2}})}, 10);
  add("joins", {to(7, Merge{8, {1, 1}})}, 20);
  begin();
  plan_after(0);
  EXPECT_EQ(given(), (Texts{"moves 8 transfer"}));
  EXPECT_EQ(controller_->explain().balancers[1].decisions.at(0).why, "busy");
}

TEST_F(ControllerTest, OnePlanMayNameARangeInOneCommandOnlyAlsoAsTheOneToBeAbsorbed) {
  add("a", {to(7, Merge{8, {1, 1}}), to(8, Transfer{NodeId{2}})});
  begin();
  plan_after(0);
  EXPECT_EQ(given(), (Texts{"a 7 merge"}));
  EXPECT_EQ(ports_.complaints, (Texts{"a: twice"}));
}

TEST_F(ControllerTest, WhatIsUnderWayIsShownAsDone) {
  std::vector<std::uint64_t> leaders;
  std::vector<bool> busy;
  add("a", [&](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    leaders.push_back(ranges[0].leader);
    busy.push_back((ranges[0].flags & TENON_RANGE_BUSY) != 0);
    return plan_of(leaders.size() == 1 ? std::vector{to(7, Transfer{NodeId{2}})} : std::vector<Command>{});
  });
  begin();
  plan_after(0);
  plan_after(1000);
  end_all();
  plan_after(1000);  // the view lags behind
  view_.ranges[0].leader = NodeId{2};
  plan_after(1000);
  EXPECT_EQ(leaders, (std::vector<std::uint64_t>{1, 2, 2, 2}));
  EXPECT_EQ(busy, (std::vector<bool>{false, true, true, false}));
}

TEST_F(ControllerTest, WhatWasDoneAndDoesNotShowIsTriedAgainLater) {
  add("a", {to(7, Transfer{NodeId{2}})});
  begin();
  plan_after(0);
  end_all();
  plan_after(PaceLimits{}.cooldown_ms - 1);
  EXPECT_EQ(ports_.given.size(), 1u);
  plan_after(1);
  EXPECT_EQ(ports_.given.size(), 2u);
}

TEST_F(ControllerTest, WhatFailsIsTriedAgainMoreAndMoreSeldom) {
  add("a", {to(7, Transfer{NodeId{2}})});
  begin();
  std::vector<std::int64_t> times;
  for (std::int64_t second = 0; second < 600; ++second) {
    const std::size_t before = ports_.given.size();
    plan_after(1000);
    if (ports_.given.size() > before) times.push_back(second);
    end_all(false);
  }
  EXPECT_EQ(times, (std::vector<std::int64_t>{0, 5, 15, 35, 75, 155, 315}));
  EXPECT_EQ(controller_->explain().balancers[0].counts.failed, 7u);
}

TEST_F(ControllerTest, ABalancerThatLeadsARangeToAndFroIsRefusedAndNamed) {
  add("to-and-fro", [](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    return plan_of({to(7, Transfer{NodeId{ranges[0].leader == 1 ? 2u : 1u}})});
  });
  begin();
  carry_out(500,
            [this] { view_.ranges[0].leader = std::get<Transfer>(ports_.given.back().command.what).to; });
  EXPECT_EQ(ports_.given.size(), 2u * PaceLimits{}.flip_count_max);  // to each of the two
  EXPECT_EQ(ports_.complaints.back(), "to-and-fro: flip_flop");
  EXPECT_GT(controller_->explain().balancers[0].counts.refused[static_cast<std::size_t>(Refusal::flip_flop)],
            0u);
}

TEST_F(ControllerTest, ABalancerThatCutsAndJoinsInTurnsIsRefusedAndNamed) {
  add("restless", [](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    const kv::Epoch epoch{ranges[0].boundary_epoch, ranges[0].members_epoch};
    return plan_of(
        {epoch.boundary % 2 == 1 ? to(7, Split{"", true}, epoch) : to(7, Merge{8, {1, 1}}, epoch)});
  });
  begin();
  carry_out(500, [this] { ++view_.ranges[0].what.epoch.boundary; });
  EXPECT_EQ(ports_.given.size(), 2u * PaceLimits{}.flip_count_max);
  EXPECT_EQ(ports_.complaints.back(), "restless: flip_flop");
}

TEST_F(ControllerTest, ARangeThatGrowsIsCutAsOftenAsItHasTo) {
  add("cutter", [](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    return plan_of({to(7, Split{"", true}, {ranges[0].boundary_epoch, ranges[0].members_epoch})});
  });
  begin();
  carry_out(100, [this] { ++view_.ranges[0].what.epoch.boundary; });
  EXPECT_GT(ports_.given.size(), PaceLimits{}.flip_count_max);
  EXPECT_TRUE(ports_.complaints.empty());
}

TEST_F(ControllerTest, RangesForWhichEverythingFailsDoNotKeepOthersFromTheirTurn) {
  made_.range(9, {1, 2, 3}, 1);
  view_ = made_.done();
  // As strategies with a limit do: the first two that are not busy.
  add("two-at-once", [](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    std::vector<Command> commands;
    for (std::uint32_t i = 0; i < view.ranges.count && commands.size() < 2; ++i)
      if ((ranges[i].flags & TENON_RANGE_BUSY) == 0) commands.push_back(to(ranges[i].id, Split{"", true}));
    return plan_of(commands);
  });
  begin();
  plan_after(0);
  EXPECT_EQ(given(), (Texts{"two-at-once 7 split", "two-at-once 8 split"}));
  end_all(false);
  plan_after(1000);
  EXPECT_EQ(given().back(), "two-at-once 9 split");
}

TEST_F(ControllerTest, RecoveriesDoNotWaitForOthersUpToALimitOfTheirOwn) {
  made_.gone(4, 60'000).evidence = Evidence::refused;
  made_.gone(5, 60'000).evidence = Evidence::refused;
  std::vector<Command> commands;
  for (std::uint64_t id = 100; id < 300; ++id) {
    made_.range(id, {1, 4, 5}, 0);
    commands.push_back(to(id, Recover{MadeView::ids({1}), true}));
  }
  view_ = made_.done();
  commands.push_back(to(7, Transfer{NodeId{2}}));
  add("all", commands);
  begin();
  plan_after(0);
  EXPECT_EQ(ports_.given.size(), PaceLimits{}.recoveries_in_flight_max);
  for (ViewRange& range : view_.ranges)
    if (range.id < 164) range.leader = NodeId{1};
  end_all();
  plan_after(1000);
  EXPECT_EQ(ports_.given.size(), 2 * PaceLimits{}.recoveries_in_flight_max);
  const auto is_transfer = [](const Ports::Given& one) { return one.command.range == 7; };
  EXPECT_TRUE(std::none_of(ports_.given.begin(), ports_.given.end(), is_transfer));
}

TEST_F(ControllerTest, ALeadThatAnElectionTookAwayMayBeGivenBack) {
  add("home", [](const tenon_balancer_view& view, std::string_view) {
    const auto* ranges = static_cast<const tenon_balancer_range*>(view.ranges.data);
    return plan_of(ranges[0].leader == 1 ? std::vector{to(7, Transfer{NodeId{2}})} : std::vector<Command>{});
  });
  begin();
  for (std::size_t round = 1; round <= 3 * PaceLimits{}.flip_count_max; ++round) {
    view_.ranges[0].leader = NodeId{1};
    plan_after(PaceLimits{}.cooldown_ms);
    EXPECT_EQ(ports_.given.size(), round);
    view_.ranges[0].leader = NodeId{2};
    end_all();
    plan_after(1000);
  }
  EXPECT_TRUE(ports_.complaints.empty());
}

TEST_F(ControllerTest, ALaterBalancerSeesWhatAnEarlierOneHasOrderedInTheSameRound) {
  std::uint64_t seen = 0;
  add("earlier", {to(7, Transfer{NodeId{2}})}, 10);
  add(
      "later",
      [&](const tenon_balancer_view& view, std::string_view) {
        seen = static_cast<const tenon_balancer_range*>(view.ranges.data)[0].leader;
        return Plan{};
      },
      20);
  begin();
  plan_after(0);
  EXPECT_EQ(seen, 2u);
}

TEST_F(ControllerTest, ABadBalancerIsNamedAndTheOthersGoOn) {
  add("bad",
      {to(7, Transfer{NodeId{99}}), to(70, Transfer{NodeId{2}}),
       to(8, Members{MadeView::ids({1, 2, 98}), {}}), to(8, Split{"zz", false}),
       to(8, Transfer{NodeId{2}}, {9, 9})},
      10);
  add(
      "broken",
      [](const tenon_balancer_view&, std::string_view) -> Result<Plan> {
        return Error{Errc::internal, "it can't"};
      },
      20);
  add("good", {to(7, Transfer{NodeId{2}})}, 30);
  begin();
  plan_after(0);
  EXPECT_EQ(ports_.complaints, (Texts{"bad: unknown_node", "bad: unknown_range", "bad: unknown_node",
                                      "bad: stale", "broken: it can't"}));
  EXPECT_EQ(given(), (Texts{"bad 8 split", "good 7 transfer"}));
}

TEST_F(ControllerTest, ASecondCommandForARangeInOnePlanIsRefused) {
  add("a", {to(7, Transfer{NodeId{2}}), to(7, Transfer{NodeId{3}})});
  begin();
  plan_after(0);
  EXPECT_EQ(ports_.complaints, (Texts{"a: twice"}));
}

TEST_F(ControllerTest, NoMoreThanTheLimitIsUnderWay) {
  add("a", {to(7, Members{MadeView::ids({1, 2}), {}}), to(8, Members{MadeView::ids({1, 3}), {}})});
  PaceLimits limits;
  limits.moves_in_flight_max = 1;
  begin(limits);
  plan_after(0);
  plan_after(1000);
  EXPECT_EQ(given(), (Texts{"a 7 members"}));
  end_all();
  plan_after(1000);
  EXPECT_EQ(given(), (Texts{"a 7 members", "a 8 members"}));
}

TEST_F(ControllerTest, TheMemoComesBackUntilAnotherNodePlans) {
  Texts memos;
  add("a", [&](const tenon_balancer_view&, std::string_view memo) {
    memos.emplace_back(memo);
    Plan plan;
    plan.memo = std::to_string(memos.size());
    return plan;
  });
  begin();
  plan_after(0);
  plan_after(1000);
  controller_->stop();
  plan_after(1000);
  EXPECT_EQ(memos, (Texts{"", "1", ""}));
}

TEST_F(ControllerTest, WhatWasGivenBeforeAStopDoesNotEndWhatIsGivenLater) {
  add("a", {to(7, Transfer{NodeId{2}})});
  begin();
  plan_after(0);
  controller_->stop();
  EXPECT_FALSE(controller_->explain().is_planner);
  plan_after(1000);
  ASSERT_EQ(ports_.given.size(), 2u);
  controller_->ended(ports_.given[0].number, true, "done", "", view_.now_ms);
  EXPECT_EQ(controller_->in_flight(), 1u);
}

TEST_F(ControllerTest, WhoIsNotEnabledPlansNothingAndIsShown) {
  add("a", {to(7, Transfer{NodeId{2}})});
  setups_[0].is_enabled = false;
  begin();
  plan_after(0);
  EXPECT_TRUE(ports_.given.empty());
  EXPECT_FALSE(controller_->explain().balancers[0].is_enabled);
  EXPECT_FALSE(controller_->explain().balancers[0].has_planned);
}

TEST_F(ControllerTest, OtherBalancersBeginWhereTheFormerOnesOfTheSameNameStopped) {
  std::vector<std::string> memos;
  const auto remembers = [&](const tenon_balancer_view&, std::string_view memo) {
    memos.emplace_back(memo);
    Plan plan = plan_of({to(7, Transfer{NodeId{2}})});
    plan.memo = "m";
    return plan;
  };
  add("a", remembers);
  begin();
  plan_after(0);
  ASSERT_EQ(ports_.given.size(), 1u);
  setups_.clear();
  add("b", std::vector<Command>());
  add("a", remembers);
  setups_.back().rule_version = 12;
  controller_->set_balancers(setups_);
  plan_after(1000);
  EXPECT_EQ(memos, (std::vector<std::string>{"", "m"}));
  EXPECT_EQ(ports_.given.size(), 1u) << "what the former ones gave is still under way";
  end_all();
  const auto shown = controller_->explain().balancers;
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0].name, "a");
  EXPECT_EQ(shown[0].rule_version, 12u);
  EXPECT_EQ(shown[0].counts.plans, 2u);
  EXPECT_EQ(shown[0].counts.done, 1u);
}

TEST_F(ControllerTest, ABalancerThatCannotBeRunIsShownWithTheReason) {
  BalancerSetup setup{StoreId::inbox, "a", 1, true, nullptr};
  setup.failure = "no such file";
  setups_.push_back(setup);
  begin();
  plan_after(0);
  const auto shown = controller_->explain().balancers;
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_FALSE(shown[0].is_enabled);
  EXPECT_EQ(shown[0].failure, "no such file");
}

TEST_F(ControllerTest, TheExplanationHasInputsReasonAndWhatBecameOfIt) {
  add("a", [](const tenon_balancer_view&, std::string_view) {
    Plan plan = plan_of({to(7, Transfer{NodeId{2}})});
    plan.reason = "two ranges";
    plan.await_ms = 5;
    return plan;
  });
  begin();
  plan_after(0);
  controller_->ended(1, false, "stale", "the epoch is 1.2", view_.now_ms);
  const Explanation explanation = controller_->explain();
  const BalancerExplanation& shown = explanation.balancers.at(0);
  EXPECT_EQ(shown.reason, "two ranges");
  EXPECT_EQ(shown.await_ms, 5);
  EXPECT_EQ(shown.inputs.nodes_alive, 3u);
  EXPECT_EQ(shown.inputs.ranges, 2u);
  EXPECT_EQ(shown.decisions.at(0).number, 1u);
  EXPECT_EQ(explanation.given.at(0).state, "stale");
  EXPECT_EQ(explanation.given.at(0).detail, "the epoch is 1.2");
}

TEST_F(ControllerTest, AProvisionalRangeIsNotReshaped) {
  view_.ranges[1].is_provisional = true;
  add("cutter", {to(8, Split{"", true})}, 1);
  add("joiner", {to(7, Merge{8, {1, 1}})}, 2);
  begin();
  plan_after(0);
  EXPECT_EQ(given(), std::vector<std::string>());
  const Explanation explanation = controller_->explain();
  for (const std::size_t place : {0, 1}) {
    const Decision& decision = explanation.balancers[place].decisions.at(0);
    EXPECT_EQ(decision.state, Decision::State::held);
    EXPECT_NE(decision.why.find("nothing but silence"), std::string::npos);
  }
}

// Where nobody leads `meta`, one of those who are left plans what can't wait for that.
TEST_F(ControllerTest, WhoStandsInGivesNothingButRecoveries) {
  made_.gone(4, 60'000).evidence = Evidence::refused;
  made_.gone(5, 60'000).evidence = Evidence::refused;
  made_.range(9, {1, 4, 5}, 0);
  view_ = made_.done();
  add("mover", {to(7, Transfer{NodeId{2}}), to(9, Recover{MadeView::ids({1}), true})});
  begin();
  scope_ = Controller::Scope::recoveries;
  plan_after(0);
  EXPECT_EQ(given(), std::vector<std::string>{"mover 9 recover"});
  scope_ = Controller::Scope::all;
  plan_after(1000);
  EXPECT_EQ(given().size(), 2u);
}

}  // namespace
}  // namespace tenon::balance
