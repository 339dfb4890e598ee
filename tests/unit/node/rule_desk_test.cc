#include "node/balance/rule_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/random.h"
#include "observe/log/log.h"
#include "unit/host/fake_world.h"
#include "unit/node/meta_rig.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using admin::RuleChange;
using store::AnswerCode;
using store::Request;

// Takes all options but "bad"; knows "x" in each store.
struct FakeBalancers final : Balancers {
  Result<config::BalancerSettings> in_conf(std::string_view, std::string_view balancer) const override {
    if (balancer != "x") return Error{Errc::not_found, "plugins." + std::string(balancer) + ": none"};
    config::BalancerSettings conf;
    conf.name = "x";
    conf.options_json = "{}";
    return conf;
  }
  Status check(const EffectiveBalancer& balancer) override {
    checked.push_back(balancer.options_json);
    if (balancer.options_json.find("bad") != std::string::npos) return Error{Errc::invalid, "option \"bad\""};
    return {};
  }
  std::vector<admin::BalancerRule> apply(const std::vector<ReadRule>& rules) override {
    ++applied_count;
    std::vector<admin::BalancerRule> shown;
    for (const ReadRule& read : rules) {
      const auto conf = in_conf("inbox", read.rule.balancer);
      shown.push_back(effective_balancer(read.rule.store, *conf, &read.rule).shown);
      shown.back().failure = failure;
    }
    return shown;
  }
  std::vector<std::string> checked;
  std::string failure;
  int applied_count = 0;
};

class Desk : public testing::Test, public MetaRig {
 protected:
  RuleDesk::World world(MetaWatch& watch, const std::string& node) {
    return {watch, random_, log_, health_, node, [this](std::uint64_t number) { read_number_ = number; }};
  }
  RuleChange set(const std::string& options, std::optional<std::uint64_t> version = {}) {
    RuleChange change;
    change.store = "inbox";
    change.balancer = "x";
    change.options_json = options;
    change.version = version;
    change.by = "owner";
    return change;
  }
  admin::RuleChangeStatus outcome(RuleDesk& desk, const RuleChange& change) {
    const auto begun = desk.change(change);
    EXPECT_TRUE(begun.ok());
    EXPECT_EQ(begun->state, "running");
    run();
    return *desk.change_status(begun->id);
  }

  host::test::CountingRandom random_;
  observe::LoggedLines logged_;
  observe::Log log_{clock_, std::make_unique<observe::MemoryLogOutput>(logged_), {}};
  observe::Health health_;
  FakeBalancers balancers_;
  std::uint64_t read_number_ = 0;
  MetaWatch watch_{meta_world()};
  RuleDesk desk_{world(watch_, "a1"), balancers_};
  MetaWatch other_watch_{meta_world()};
};

TEST_F(Desk, AChangeIsInForceWhenItIsDone) {
  const auto set_it = outcome(desk_, set(R"({"a":1})"));
  EXPECT_EQ(set_it.state, "done");
  ASSERT_TRUE(desk_.rules());
  ASSERT_EQ(desk_.rules()->rules.size(), 1u);
  EXPECT_EQ(desk_.rules()->rules.front().version, set_it.version);
  EXPECT_EQ(desk_.rules()->rules.front().by, "owner at a1");
}

TEST_F(Desk, AnotherNodeFollowsWithItsNextLook) {
  RuleDesk other(world(other_watch_, "b2"), balancers_);
  other_watch_.look(3);
  run();
  EXPECT_TRUE(other.rules()->rules.empty());
  outcome(desk_, set(R"({"a":1})"));
  other_watch_.look(3);
  run();
  EXPECT_TRUE(other.rules()->rules.empty()) << "its replica has applied nothing new";
  other_watch_.look(4);
  run();
  ASSERT_EQ(other.rules()->rules.size(), 1u);
}

TEST_F(Desk, ANodeWithoutAReplicaLooksNowAndThen) {
  RuleDesk other(world(other_watch_, "b2"), balancers_);
  other_watch_.look({});
  run();
  outcome(desk_, set(R"({"a":1})"));
  for (std::uint32_t i = 1; i < MetaWatch::looks_between_reads; ++i) other_watch_.look({});
  run();
  EXPECT_TRUE(other.rules()->rules.empty());
  other_watch_.look({});
  run();
  EXPECT_EQ(other.rules()->rules.size(), 1u);
}

TEST_F(Desk, WhatThePluginDoesNotTakeIsRefusedAndNotPut) {
  const auto refused = outcome(desk_, set(R"({"bad":1})"));
  EXPECT_EQ(refused.state, "refused");
  EXPECT_EQ(refused.detail, "option \"bad\"");
  EXPECT_TRUE(meta_.state.items.empty());
}

TEST_F(Desk, ThePluginIsAskedAboutAllThatComesOfTheChange) {
  outcome(desk_, set(R"({"a":1})"));
  outcome(desk_, set(R"({"b":2})"));
  EXPECT_EQ(balancers_.checked, (std::vector<std::string>{R"({"a":1})", R"({"a":1,"b":2})"}));
}

TEST_F(Desk, AChangeForAnotherVersionIsAConflict) {
  const auto first = outcome(desk_, set(R"({"a":1})", 0));
  EXPECT_EQ(first.state, "done");
  EXPECT_EQ(outcome(desk_, set(R"({"a":2})", 0)).state, "conflict");
  EXPECT_EQ(outcome(desk_, set(R"({"a":2})", first.version + 1)).state, "conflict");
  const auto second = outcome(desk_, set(R"({"a":2})", first.version));
  EXPECT_EQ(second.state, "done");
  EXPECT_GT(second.version, first.version);
}

TEST_F(Desk, OfTwoAtOnceOneIsAConflict) {
  RuleDesk other(world(other_watch_, "b2"), balancers_);
  const auto one = desk_.change(set(R"({"a":1})"));
  const auto two = other.change(set(R"({"a":2})"));
  run();
  const std::set<std::string> states{desk_.change_status(one->id)->state,
                                     other.change_status(two->id)->state};
  EXPECT_EQ(states, (std::set<std::string>{"done", "conflict"}));
}

TEST_F(Desk, ACommandThatWasAppliedTwiceIsDone) {
  const auto begun = desk_.change(set(R"({"a":1})"));
  run_tasks();
  answer_one();  // what is there now
  run_tasks();
  ASSERT_EQ(asked_.front().first.kind, Request::Kind::command);
  meta_.answer(asked_.front().first);  // and its answer is lost
  run();
  EXPECT_EQ(desk_.change_status(begun->id)->state, "done");
}

TEST_F(Desk, WithoutAnAnswerNothingIsKnown) {
  const auto begun = desk_.change(set(R"({"a":1})"));
  run_tasks();
  answer_one();
  run_tasks();
  fail_one(AnswerCode::timed_out);
  run();
  EXPECT_EQ(desk_.change_status(begun->id)->state, "timed_out");
}

TEST_F(Desk, ARemovedRuleIsGone) {
  const auto put = outcome(desk_, set(R"({"a":1})"));
  RuleChange removal = set("{}", put.version + 5);
  removal.removes = true;
  EXPECT_EQ(outcome(desk_, removal).state, "conflict");
  removal.version = put.version;
  EXPECT_EQ(outcome(desk_, removal).state, "done");
  EXPECT_TRUE(desk_.rules()->rules.empty());
  EXPECT_EQ(outcome(desk_,
                    [&] {
                      removal.version.reset();
                      return removal;
                    }())
                .detail,
            "there was no rule; conf.d holds");
}

TEST_F(Desk, OnlyWhatChangedIsLoggedAsAChange) {
  outcome(desk_, set(R"({"a":1})"));
  RuleChange removal = set("{}");
  removal.removes = true;
  const auto removals = [&] {
    const auto lines = logged_.all();
    return std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("a rule was removed") != std::string::npos;
    });
  };
  outcome(desk_, removal);
  EXPECT_EQ(removals(), 1);
  EXPECT_EQ(outcome(desk_, removal).state, "done");
  EXPECT_EQ(removals(), 1) << "there was none any more";
}

TEST_F(Desk, WhoChangedWhatIsKnownAtAllNodesAndOfRulesOnly) {
  service::meta::CommandBuilder foreign;
  foreign.add(service::meta::Put{"tenants/acme", "1", {}, "ann"});
  Request request;
  request.kind = Request::Kind::command;
  request.text = foreign.take();
  meta_.answer(request);
  outcome(desk_, set(R"({"a":1})"));
  RuleChange removal = set("{}");
  removal.removes = true;
  removal.by = "token";
  outcome(desk_, removal);
  RuleDesk other(world(other_watch_, "b2"), balancers_);
  other_watch_.look(1);
  run();
  for (RuleDesk* desk : {&desk_, &other}) {
    const auto audit = desk->rules()->audit;
    ASSERT_EQ(audit.size(), 2u);
    EXPECT_EQ(audit[0].by + " " + audit[0].store + "/" + audit[0].balancer, "owner at a1 inbox/x");
    EXPECT_FALSE(audit[0].removed);
    EXPECT_EQ(audit[0].at_ms, 5000);
    EXPECT_EQ(audit[1].by, "token at a1");
    EXPECT_TRUE(audit[1].removed);
  }
}

TEST_F(Desk, KnowsNoOtherStoreNorPlugin) {
  RuleChange change = set("{}");
  change.store = "outbox";
  EXPECT_EQ(desk_.change(change).error().code, Errc::not_found);
  change.store = "inbox";
  change.balancer = "y";
  EXPECT_EQ(outcome(desk_, change).detail, "plugins.y: none");
}

TEST_F(Desk, WhoWaitsForRulesHearsOfAReadThatWasBegunBehind) {
  watch_.look(1);
  run_tasks();
  const std::uint64_t number = watch_.want();  // while one is under way
  answer_one();
  run_tasks();
  EXPECT_LT(read_number_, number);
  run();
  EXPECT_GE(read_number_, number);
}

TEST_F(Desk, AReadThatFailedIsBegunAgainWithTheNextLook) {
  watch_.look(1);
  run_tasks();
  fail_one(AnswerCode::timed_out);
  run();
  EXPECT_FALSE(desk_.rules());
  watch_.look(1);
  run();
  EXPECT_TRUE(desk_.rules());
}

TEST_F(Desk, ARuleThatCannotBeFollowedHereShowsInTheHealth) {
  balancers_.failure = "no such file";
  outcome(desk_, set("{\"a\":1}"));
  ASSERT_EQ(health_.report().conditions.size(), 1u);
  EXPECT_EQ(health_.report().conditions[0].reason, "inbox/x does not run here: no such file");
  balancers_.failure.clear();
  desk_.conf_changed();
  EXPECT_TRUE(health_.report().conditions.empty());
}

TEST_F(Desk, RulesThatAreAsBeforeAreNotAppliedAgain) {
  outcome(desk_, set("{\"a\":1}"));
  const int count = balancers_.applied_count;
  watch_.look(77);
  run();
  EXPECT_EQ(balancers_.applied_count, count);
}

}  // namespace
}  // namespace tenon::node
