#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "balance/abi_view.h"
#include "node/balance/balancer_set.h"
#include "node/plugins/plugin_plan.h"
#include "node/plugins/plugin_ports.h"
#include "support/balance/made_view.h"
#include "unit/host/fake_world.h"

namespace tenon::node {
namespace {

using kv::StoreId;

class Metrics : public testing::Test {
 protected:
  std::uint32_t declare(const std::string& name, host::PluginMetricType type,
                        const std::string& instance = "one") {
    const auto id = metrics_.declare({instance, name, "help", type, {}, {}});
    EXPECT_TRUE(id.ok()) << id.error().message;
    return id.ok() ? *id : 0;
  }
  // Of the only series of the metric; -1: there is none, or more.
  double value(const std::string& name) const {
    for (const auto& family : registry_.collect())
      if (family.name == "tenon_plugin_" + name)
        return family.samples.size() == 1 ? family.samples.front().value : -1;
    return -1;
  }

  observe::MetricRegistry registry_{1};
  PluginMetrics metrics_{registry_};
};

TEST_F(Metrics, AnInstanceThatTakesThePlaceOfAnotherGoesOnWithItsSeries) {
  const std::uint32_t first = declare("plans_total", host::PluginMetricType::counter);
  metrics_.add(first, 2);
  const std::uint32_t second = declare("plans_total", host::PluginMetricType::counter);
  metrics_.add(second, 3);
  EXPECT_EQ(value("plans_total"), 5);
}

TEST_F(Metrics, AnotherKindUnderTheSameNameIsRefused) {
  declare("depth", host::PluginMetricType::gauge);
  EXPECT_FALSE(metrics_.declare({"one", "depth", "help", host::PluginMetricType::histogram, {}, {}}).ok());
}

TEST_F(Metrics, TimesAreAddedUpInNanosecondsAndSetInSeconds) {
  metrics_.set(declare("end_time_seconds", host::PluginMetricType::gauge), 1'796'858'418);
  EXPECT_EQ(value("end_time_seconds"), 1'796'858'418);
  metrics_.add(declare("busy_seconds_total", host::PluginMetricType::counter), 1'500'000'000);
  EXPECT_EQ(value("busy_seconds_total"), 1.5);
}

TEST_F(Metrics, NumbersThatNobodyHasAreIgnored) {
  metrics_.add(0, 1);
  metrics_.set(7, 1);
  metrics_.observe(7, 1);
  EXPECT_EQ(declare("depth", host::PluginMetricType::gauge), 1u);
  EXPECT_EQ(value("depth"), 0);
}

TEST_F(Metrics, ThoseThatCountGoOnWhileOthersAreDeclared) {
  const std::uint32_t first = declare("plans_total", host::PluginMetricType::counter);
  constexpr int counts = 20'000;
  std::thread counting([&] {
    for (int i = 0; i < counts; ++i) metrics_.add(first, 1);
  });
  for (std::size_t i = 0; i < 3 * PluginMetrics::chunk_size; ++i)
    metrics_.set(declare("gauge_" + std::to_string(i), host::PluginMetricType::gauge),
                 static_cast<std::int64_t>(i));
  counting.join();
  EXPECT_EQ(value("plans_total"), counts);
}

// The balancer of tests counts how often it was asked for a plan.
TEST_F(Metrics, AnInstanceThatARuleHasMadeCountsUnderTheNameOfItsBalancer) {
  host::test::FakeWorld world{1};
  host::HostServices services = world.services();
  services.metrics = &metrics_;
  config::Settings settings;
  settings.plugins.path = {BAD_BALANCER_DIR};
  settings.plugins.entries.push_back({"bad", "", "{}", "conf.json:1"});
  for (const char* store : {"dist", "inbox", "meta", "retain"}) settings.stores.emplace_back().name = store;
  config::BalancerSettings& conf = settings.stores[1].balancers.emplace_back();
  conf.name = "bad";
  conf.options_json = "{}";
  host::PluginSpec spec;
  spec.instance = balancer_instance("inbox", "bad");
  spec.kind = host::Kind::balancer;
  spec.plugin = "bad";
  host::LoadPolicy policy;
  policy.dirs = settings.plugins.path;
  auto loaded = host::PluginHost::load({spec}, policy, services);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const std::unique_ptr<host::PluginHost> plugins = std::move(loaded).value();
  ASSERT_TRUE(plugins->activate().ok());
  std::vector<balance::BalancerSetup> setups;
  auto set = std::make_unique<BalancerSet>(
      settings, *plugins, services,
      [&](std::vector<balance::BalancerSetup>&& made) { setups = std::move(made); },
      [](const std::string&) {});
  test::MadeView made;
  made.nodes({1, 2, 3});
  made.range(1, {1}, 1);
  balance::AbiView view(made.done());
  const auto plan = [&](const std::vector<ReadRule>& rules) {
    set->apply(rules);
    ASSERT_EQ(setups.size(), 1u);
    ASSERT_EQ(setups[0].failure, "");
    EXPECT_TRUE(setups[0].strategy->plan(view.of_store(StoreId::inbox), {}).ok());
  };
  ReadRule rule;
  rule.rule.store = StoreId::inbox;
  rule.rule.balancer = "bad";
  rule.rule.options_json = R"({"flip":true})";
  rule.rule.version = 7;
  plan({});
  EXPECT_EQ(value("bad_plans_total"), 1);
  plan({rule});
  EXPECT_EQ(value("bad_plans_total"), 2);
  rule.rule.options_json = R"({"flip":false})";
  plan({rule});
  plan({});
  EXPECT_EQ(value("bad_plans_total"), 4);
  set.reset();
  plugins->deactivate();
}

}  // namespace
}  // namespace tenon::node
