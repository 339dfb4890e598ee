#include "node/operate/config/config_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace tenon::node {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

config::Config config_of(const std::string& text) {
  const auto loaded =
      config::load_texts({{"base.json", R"({"plugins": {"tcp": {}, "x": {}}})"}, {"a.json", text}}, {});
  for (const auto& error : loaded.errors) ADD_FAILURE() << error.to_string();
  return *loaded.config;
}

admin::ConfigValue value_of(const ConfigView& view, const std::string& key) {
  for (const auto& value : view.report().values)
    if (value.key == key) return value;
  return {};
}

TEST(ConfigView, WhatNeedsARestartStaysAsItWasAtTheStart) {
  ConfigView view(config_of(R"({"node": {"workers": 2}, "log": {"level": "info"}})"));
  view.take(config_of(R"({"node": {"workers": 4}, "log": {"level": "debug"}})"));
  EXPECT_EQ(value_of(view, "node.workers").json, "2");
  EXPECT_TRUE(value_of(view, "node.workers").is_waiting);
  EXPECT_EQ(value_of(view, "log.level").json, "\"debug\"");
  EXPECT_FALSE(value_of(view, "log.level").is_waiting);
  EXPECT_THAT(view.waiting(), ElementsAre("node.workers"));
  view.take(config_of(R"({"node": {"workers": 2}})"));
  EXPECT_THAT(view.waiting(), ElementsAre());
  EXPECT_EQ(value_of(view, "log.level").origin, "default");
}

TEST(ConfigView, EntriesOfMapsComeAndGo) {
  ConfigView view(config_of(R"({"listeners": {"a": {"port": 1}}, "engines": {"e": {"plugin": "x"}}})"));
  view.take(config_of(R"({"listeners": {"b": {"port": 2}}, "engines": {"f": {"plugin": "x"}}})"));
  EXPECT_EQ(value_of(view, "listeners.a.port").json, "");
  EXPECT_EQ(value_of(view, "listeners.b.port").json, "2");
  EXPECT_TRUE(value_of(view, "engines.e.plugin").is_waiting);
  EXPECT_EQ(value_of(view, "engines.f.plugin").json, "") << "it is not in use";
  const auto waiting = view.waiting();
  EXPECT_NE(std::ranges::find(waiting, "engines.f.plugin"), waiting.end());
}

TEST(ConfigView, ADifferenceIsToWhatIsInUse) {
  ConfigView view(config_of(R"({"node": {"workers": 2}})"));
  const auto files = config_of("{\n\"node\": {\"workers\": 4},\n\"log\": {\"level\": \"debug\"}}");
  view.take(files);
  const auto changes = view.changes_to(files);
  ASSERT_EQ(changes.size(), 1u) << "the level is in use";
  EXPECT_EQ(changes[0].key, "node.workers");
  EXPECT_EQ(changes[0].before, "2");
  EXPECT_EQ(changes[0].after, "4");
  EXPECT_EQ(changes[0].origin, "a.json:2");
  EXPECT_TRUE(changes[0].needs_restart);
  EXPECT_TRUE(view.changes_to(config_of(R"({"node": {"workers": 2}, "log": {"level": "debug"}})")).empty());
}

TEST(ConfigView, ASecretThatDiffersIsSeenAndNotShown) {
  const auto text = [](const std::string& secret) {
    return R"({"plugins": {"p": {"options": {"password": ")" + secret + R"(", "x": {"api_key": ")" + secret +
           R"("}}}}})";
  };
  ConfigView view(config_of(text("first")));
  const auto changes = view.changes_to(config_of(text("second")));
  ASSERT_EQ(changes.size(), 2u);
  for (const auto& change : changes) {
    EXPECT_EQ(change.before, "\"***\"");
    EXPECT_EQ(change.after, "\"***\"");
  }
  EXPECT_EQ(value_of(view, "plugins.p.options.password").json, "\"***\"");
}

}  // namespace
}  // namespace tenon::node
