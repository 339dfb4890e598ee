#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "admin/balance/rules_json.h"
#include "admin/json/balance_json.h"
#include "bin/ctl/balance/balance_commands.h"
#include "bin/ctl/balance/offline_plan.h"
#include "bin/ctl/balance/rule_commands.h"
#include "unit/admin/fakes.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;

std::string balance_answer() {
  const admin::FakeBalance fake;
  return admin::explanation_json(fake.told, fake.planner());
}

TEST(CtlBalance, TheStatusHasALineForEachBalancer) {
  const auto view = balance_status_view(balance_answer());
  ASSERT_TRUE(view.ok());
  EXPECT_THAT(*view, HasSubstr("this node plans (00000000000000a1)"));
  EXPECT_THAT(*view, HasSubstr("replica-cnt"));
  EXPECT_THAT(*view, HasSubstr("4 ranges: 1 to be made whole"));
}

TEST(CtlBalance, TheExplanationHasInputsDecisionsAndWhatBecameOfThem) {
  const auto view = balance_explain_view(balance_answer());
  ASSERT_TRUE(view.ok());
  EXPECT_THAT(*view, HasSubstr("over 3 nodes, 1 gone, 4 ranges"));
  EXPECT_THAT(*view, HasSubstr("range 7: transfer to 00000000000000a2\n      because a1 leads 3"));
  EXPECT_THAT(*view, HasSubstr("given as command 9"));
  EXPECT_THAT(*view, HasSubstr("held: cooldown"));
  EXPECT_THAT(*view, HasSubstr("refused (flip_flop): to and fro"));
  EXPECT_THAT(*view, HasSubstr("and 2 more"));
  EXPECT_THAT(*view, HasSubstr("done: it leads"));
}

TEST(CtlBalance, AnAnswerOfAnotherVersionIsAnError) {
  EXPECT_FALSE(balance_status_view("{}").ok());
  EXPECT_FALSE(balance_explain_view("{\"planner\": 1}").ok());
}

TEST(CtlBalance, RulesAreShownLikeAConfigurationWithTheOriginOfEachValue) {
  const admin::FakeRules fake;
  const auto view = rules_view(admin::rules_json(*fake.list));
  ASSERT_TRUE(view.ok());
  EXPECT_THAT(*view,
              HasSubstr("# rule 12 for stores.inbox.balancers.replica-cnt, by owner at a1: slow disks\n"));
  EXPECT_THAT(*view, HasSubstr("# stores.inbox.balancers.replica-cnt DOES NOT RUN HERE: no such file\n"));
  EXPECT_THAT(*view,
              testing::MatchesRegex(
                  "(.|\n)*stores.inbox.balancers.replica-cnt.options.grace_s = 300 +# rule 12\n(.|\n)*"));
  EXPECT_THAT(*view, HasSubstr("# 1970-01-01T00:00:01Z: inbox/replica-cnt set by owner at a1, version 12\n"
                               "# 1970-01-01T00:00:02Z: dist/range-leader removed by token at a2\n"));
  EXPECT_FALSE(rules_view("{}").ok());
}

TEST(CtlBalance, ARuleIsSentAsItWasSaid) {
  Arguments arguments;
  arguments.enable = "false";
  arguments.order = "7";
  arguments.options = R"({"a": null})";
  arguments.if_version = "12";
  arguments.reason = "x";
  EXPECT_EQ(*rule_body(arguments),
            R"({"enable":false,"order":7,"options":{"a":null},"version":12,"reason":"x"})");
  arguments.options = "[]";
  EXPECT_FALSE(rule_body(arguments).ok());
}

class CtlPlan : public testing::Test {
 protected:
  CtlPlan() {
    std::ofstream(file_) << R"({"now_ms": 100000,
      "nodes": [{"id": "1"}, {"id": "2"}, {"id": "4"}, {"id": "3", "alive": false, "since_ms": 0}],
      "ranges": [{"id": "7", "store": "inbox", "epoch": "1.1", "leader": "1", "voters": ["1", "2", "3"]}]})";
    arguments_.command = Command::balance_plan;
    arguments_.view = file_.string();
    arguments_.plugin = BALANCER_REPLICA_CNT;
  }
  ~CtlPlan() override { std::filesystem::remove(file_); }

  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("tenon-view-" + std::to_string(::getpid()) + ".json");
  Arguments arguments_;
};

TEST_F(CtlPlan, APluginPlansOverASavedViewWithoutABroker) {
  const auto planned = plan_offline(arguments_);
  ASSERT_TRUE(planned.ok()) << planned.error().message;
  EXPECT_THAT(*planned,
              HasSubstr("range 7: members: voters 0000000000000001,0000000000000002,0000000000000004"));
  EXPECT_THAT(*planned, testing::Not(HasSubstr("refused")));
}

TEST_F(CtlPlan, OptionsAreThoseOfConfD) {
  arguments_.options = R"({"grace_s": 1000})";
  const auto planned = plan_offline(arguments_);
  ASSERT_TRUE(planned.ok()) << planned.error().message;
  EXPECT_THAT(*planned, HasSubstr("something may be due in 900000 ms"));
  arguments_.options = R"({"grace": 1000})";
  EXPECT_FALSE(plan_offline(arguments_).ok());
}

TEST_F(CtlPlan, WhatCannotBeReadOrLoadedIsNamed) {
  arguments_.store = "inbx";
  EXPECT_THAT(plan_offline(arguments_).error().message, HasSubstr("\"inbx\""));
  arguments_.store.clear();
  arguments_.plugin = "/nowhere/balancer-x.so";
  EXPECT_THAT(plan_offline(arguments_).error().message, HasSubstr("balancer-x.so"));
  arguments_.view = "/nowhere/view.json";
  EXPECT_THAT(plan_offline(arguments_).error().message, HasSubstr("/nowhere/view.json"));
}

}  // namespace
}  // namespace tenon::ctl
