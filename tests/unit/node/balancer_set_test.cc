// With the shipped replica-cnt, loaded as the broker loads it.
#include "node/balance/balancer_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "balance/abi_view.h"
#include "node/plugins/plugin_plan.h"
#include "support/balance/made_view.h"
#include "unit/host/fake_world.h"

namespace tenon::node {
namespace {

using kv::StoreId;
using testing::HasSubstr;

class Set : public testing::Test {
 protected:
  Set() {
    settings_.plugins.path = {BALANCER_DIR, BAD_BALANCER_DIR};
    settings_.plugins.entries.push_back({"replica-cnt", "", R"({"spread":false})", "conf.json:1"});
    settings_.plugins.entries.push_back({"bad", "", "{}", "conf.json:2"});
    for (const char* store : {"dist", "inbox", "meta", "retain"})
      settings_.stores.emplace_back().name = store;
    config::BalancerSettings& conf = settings_.stores[1].balancers.emplace_back();
    conf.name = "replica-cnt";
    conf.options_json = "{}";
    conf.order = 10;
    host::PluginSpec spec;
    spec.instance = balancer_instance("inbox", "replica-cnt");
    spec.kind = host::Kind::balancer;
    spec.plugin = "replica-cnt";
    host::LoadPolicy policy;
    policy.dirs = settings_.plugins.path;
    plugins_ = host::PluginHost::load({spec}, policy, world_.services()).value();
    EXPECT_TRUE(plugins_->activate().ok());
    set_ = std::make_unique<BalancerSet>(
        settings_, *plugins_, world_.services(),
        [this](std::vector<balance::BalancerSetup>&& setups) { setups_ = std::move(setups); },
        [this](const std::string& instance) {
          forgotten_.push_back(instance);
          world_.health.last.clear();
        });
  }
  ~Set() override {
    set_.reset();
    plugins_->deactivate();
  }
  static ReadRule rule(StoreId store, const std::string& balancer, const std::string& options = "{}") {
    ReadRule read;
    read.rule.store = store;
    read.rule.balancer = balancer;
    read.rule.options_json = options;
    read.rule.version = 7;
    return read;
  }
  // How many commands the only balancer has for a range with one voter of three nodes.
  std::string plan_of(std::size_t place) {
    test::MadeView view;
    view.nodes({1, 2, 3});
    view.range(1, {1}, 1);
    balance::AbiView abi(view.done());
    const auto plan = setups_.at(place).strategy->plan(abi.of_store(StoreId::inbox), {});
    return plan.ok() && !plan->commands.empty() ? balance::describe(plan->commands.front()) : "nothing";
  }

  host::test::FakeWorld world_{1};
  config::Settings settings_;
  std::unique_ptr<host::PluginHost> plugins_;
  std::unique_ptr<BalancerSet> set_;
  std::vector<balance::BalancerSetup> setups_;
  std::vector<std::string> forgotten_;  // whose health counts no more
};

TEST_F(Set, WithoutRulesIsWhatConfSays) {
  set_->apply({});
  ASSERT_EQ(setups_.size(), 1u);
  EXPECT_EQ(setups_[0].order, 10u);
  EXPECT_EQ(setups_[0].rule_version, 0u);
  EXPECT_THAT(plan_of(0), HasSubstr("members"));
}

TEST_F(Set, ARulesOptionsAreInForceAndGoWithIt) {
  const auto shown = set_->apply({rule(StoreId::inbox, "replica-cnt", R"({"voters":1})")});
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].failure, "");
  ASSERT_EQ(setups_.size(), 1u);
  EXPECT_EQ(setups_[0].rule_version, 7u);
  EXPECT_EQ(plan_of(0), "nothing");
  set_->apply({});
  EXPECT_THAT(plan_of(0), HasSubstr("members"));
}

TEST_F(Set, ARuleSwitchesOffAndOn) {
  ReadRule off = rule(StoreId::inbox, "replica-cnt");
  off.rule.is_enabled = false;
  set_->apply({off});
  EXPECT_TRUE(setups_.empty());
  ReadRule on = rule(StoreId::retain, "replica-cnt");
  on.rule.is_enabled = true;
  const auto shown = set_->apply({on});
  ASSERT_EQ(setups_.size(), 2u);
  EXPECT_EQ(setups_[1].store, StoreId::retain);
  EXPECT_NE(setups_[1].strategy, nullptr);
  // With the options that conf.d has for the plugin.
  ASSERT_EQ(shown[1].values.size(), 3u);
  EXPECT_EQ(shown[1].values[2].name + shown[1].values[2].json, "options.spreadfalse");
}

TEST_F(Set, WhatCannotBeRunDoesNotRunAndSaysWhy) {
  ReadRule elsewhere = rule(StoreId::dist, "elsewhere");
  elsewhere.rule.is_enabled = true;
  const auto shown = set_->apply({rule(StoreId::inbox, "replica-cnt", R"({"voters":2})"), elsewhere});
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_THAT(shown[0].failure, HasSubstr("plugins.elsewhere: conf.d of this node lists no such plugin"));
  EXPECT_THAT(shown[1].failure, HasSubstr("voters"));
  for (const auto& setup : setups_) EXPECT_EQ(setup.strategy, nullptr);
  ASSERT_EQ(setups_.size(), 2u);
  EXPECT_EQ(setups_[1].failure, shown[1].failure);
  set_->apply({rule(StoreId::dist, "elsewhere")});
  EXPECT_EQ(setups_.size(), 1u) << "nobody has switched it on";
}

TEST_F(Set, TheHealthOfABalancerGoesWithIt) {
  ReadRule sick = rule(StoreId::dist, "bad", R"({"sick":true})");
  sick.rule.is_enabled = true;
  set_->apply({sick});
  const std::string name = balancer_instance("dist", "bad");
  EXPECT_EQ(world_.health.last, name + " 2 it was told to be sick");
  EXPECT_TRUE(forgotten_.empty());
  set_->apply({sick});
  EXPECT_TRUE(forgotten_.empty()) << "it is in use still";
  set_->apply({});
  EXPECT_EQ(forgotten_, std::vector{name});
}

TEST_F(Set, TheHealthOfABalancerWithOtherOptionsIsItsOwn) {
  ReadRule one = rule(StoreId::dist, "bad", R"({"sick":true})");
  one.rule.is_enabled = true;
  set_->apply({one});
  one.rule.options_json = R"({"sick":true,"flip":true})";
  set_->apply({one});
  const std::string name = balancer_instance("dist", "bad");
  EXPECT_EQ(forgotten_, std::vector{name});
  EXPECT_EQ(world_.health.last, name + " 2 it was told to be sick") << "what it reported while it was made";
  one.rule.options_json = "{}";
  set_->apply({one});
  EXPECT_EQ(world_.health.last, "");
}

TEST_F(Set, TheHealthOfABalancerOfConfCountsWhileItIsInUse) {
  set_->apply({});
  EXPECT_TRUE(forgotten_.empty());
  ReadRule off = rule(StoreId::inbox, "replica-cnt");
  off.rule.is_enabled = false;
  set_->apply({off});
  EXPECT_EQ(forgotten_, std::vector{balancer_instance("inbox", "replica-cnt")});
}

TEST_F(Set, ThePluginIsAskedAsAtAStart) {
  const auto conf = set_->in_conf("inbox", "replica-cnt");
  ASSERT_TRUE(conf.ok());
  const ReadRule good = rule(StoreId::inbox, "replica-cnt", R"({"grace_s":5})");
  EXPECT_TRUE(set_->check(effective_balancer(StoreId::inbox, *conf, &good.rule)).ok());
  for (const char* options : {R"({"grace_s":0})", R"({"grace":5})", R"({"voters":"many"})"}) {
    const ReadRule bad = rule(StoreId::inbox, "replica-cnt", options);
    const Status refused = set_->check(effective_balancer(StoreId::inbox, *conf, &bad.rule));
    ASSERT_FALSE(refused.ok()) << options;
    EXPECT_THAT(refused.error().message, HasSubstr("a rule for stores.inbox.balancers.replica-cnt"))
        << options;
  }
  EXPECT_EQ(set_->in_conf("inbox", "elsewhere").error().code, Errc::not_found);
  EXPECT_EQ(set_->in_conf("outbox", "replica-cnt").error().code, Errc::not_found);
}

TEST_F(Set, AConfThatWasReadAgainIsUnderTheRules) {
  settings_.stores[1].balancers[0].options_json = R"({"moves_max":9})";
  set_->conf_changed(settings_, {});
  const auto shown = set_->apply({rule(StoreId::inbox, "replica-cnt", R"({"voters":1})")});
  ASSERT_EQ(shown[0].values.size(), 4u);
  EXPECT_EQ(shown[0].values[2].name, "options.moves_max");
  EXPECT_EQ(plan_of(0), "nothing");
}

TEST_F(Set, OptionsOfAConfThatThePluginHasRefusedAreNotUnderTheRules) {
  settings_.stores[1].balancers[0].options_json = R"({"moves_max":"many"})";
  set_->conf_changed(settings_, {balancer_instance("inbox", "replica-cnt")});
  const auto shown = set_->apply({rule(StoreId::inbox, "replica-cnt", R"({"voters":1})")});
  EXPECT_EQ(shown[0].failure, "");
  ASSERT_EQ(shown[0].values.size(), 3u) << "its own options are not shown";
  EXPECT_EQ(plan_of(0), "nothing") << "the balancer runs by the rule";
}

}  // namespace
}  // namespace tenon::node
