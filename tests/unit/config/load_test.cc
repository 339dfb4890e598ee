#include "config/load.h"

#include <gtest/gtest.h>

#include "support.h"

namespace tenon::config {
namespace {

TEST(Load, NothingGivesTheDefaultsOfTheTable) {
  const Config config = config_of(load_texts({}, {}));
  EXPECT_EQ(config.get_int("node.workers"), 0);
  EXPECT_EQ(config.get_string("auth.anonymous"), "loopback");
  EXPECT_EQ(config.get_strings("mqtt.versions"), (Lines{"3.1", "3.1.1", "5.0"}));
  EXPECT_EQ(config.get_int("stores.inbox.initial_ranges"), 4);
  EXPECT_EQ(config.names("listeners"), Lines{});
  EXPECT_EQ(config.origin("node.workers"), "default");
}

TEST(Load, ALaterFileWinsKeyByKey) {
  const Config config =
      config_of(load_all({R"({"node":{"workers":2,"data_dir":"/a"}})", R"({"node":{"workers":3}})"}));
  EXPECT_EQ(config.get_int("node.workers"), 3);
  EXPECT_EQ(config.get_string("node.data_dir"), "/a");
  EXPECT_EQ(config.origin("node.workers"), "2.json:1");
  EXPECT_EQ(config.origin("node.data_dir"), "1.json:1");
}

TEST(Load, ListsReplace) {
  const Config config =
      config_of(load_all({R"({"plugins":{"path":["/a","/b"]}})", R"({"plugins":{"path":["/c"]}})"}));
  EXPECT_EQ(config.get_strings("plugins.path"), Lines{"/c"});
}

TEST(Load, NamedEntriesOfMapsAdd) {
  const Config config = config_of(load_all({R"({"plugins":{"tcp":{}},"listeners":{"a":{"port":1}}})",
                                            R"({"listeners":{"b":{"port":2},"a":{"tenant":"x"}}})"}));
  EXPECT_EQ(config.names("listeners"), (Lines{"a", "b"}));
  EXPECT_EQ(config.get_int("listeners.a.port"), 1);
  EXPECT_EQ(config.get_string("listeners.a.tenant"), "x");
}

TEST(Load, OptionsOfPluginsMergeToo) {
  const Config config = config_of(load_all({R"({"plugins":{"x":{"options":{"a":{"b":1,"c":[1]},"d":null}}}})",
                                            R"({"plugins":{"x":{"options":{"a":{"c":[2],"e":null}}}}})"}));
  EXPECT_EQ(config.json("plugins.x.options"), R"({"a":{"b":1,"c":[2],"e":null},"d":null})");
  EXPECT_EQ(config.origin("plugins.x.options.a.b"), "1.json:1");
  EXPECT_EQ(config.origin("plugins.x.options.a.c"), "2.json:1");
}

TEST(Load, NullTakesAwayWhatEarlierSourcesSaid) {
  const Config config =
      config_of(load_all({R"({"node":{"workers":2},"plugins":{"tcp":{},"x":{"file":"a.so"}}})",
                          R"({"node":{"workers":null},"plugins":{"x":null}})"}));
  EXPECT_EQ(config.get_int("node.workers"), 0);
  EXPECT_EQ(config.origin("node.workers"), "default");
  EXPECT_EQ(config.names("plugins"), Lines{"tcp"});
}

TEST(Load, NullWithNothingToTakeAwayLeavesNothing) {
  const Config config = config_of(R"({"node":null,"plugins":{"x":{"file":null}},"mqtt":{"qos_max":null}})");
  EXPECT_EQ(config.get_int("mqtt.qos_max"), 2);
  EXPECT_EQ(config.json("plugins.x"), "{}");
  EXPECT_FALSE(config.has("plugins.x.file"));
}

TEST(Load, VariablesWinOverFilesAndSetsOverVariables) {
  LoadOptions options;
  options.environment = {{"TENON_NODE__WORKERS", "5"}, {"TENON_MQTT__QOS_MAX", "1"}, {"PATH", "/bin"}};
  options.sets = {"node.workers=6", "node.workers=7"};
  const Config config = config_of(R"({"node":{"workers":4},"mqtt":{"qos_max":0}})", options);
  EXPECT_EQ(config.get_int("node.workers"), 7);
  EXPECT_EQ(config.origin("node.workers"), "--set node.workers");
  EXPECT_EQ(config.get_int("mqtt.qos_max"), 1);
  EXPECT_EQ(config.origin("mqtt.qos_max"), "TENON_MQTT__QOS_MAX");
}

TEST(Load, ReportsTheErrorsOfAllSources) {
  LoadOptions options;
  options.environment = {{"TENON_NODE__WORKER", "5"}};
  options.sets = {"log.level=loud"};
  const LoadResult result = load_all({"{,}", R"({"node":{"workers":-1,"x":1}})"}, options);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(
      lines(result.errors),
      (Lines{
          "1.json:1:2: expects a key in double quotes, found \",\"",
          "2.json:1:20: node.workers: expects an integer from 0 to 256, found the number -1",
          "2.json:1:23: node.x: unknown key. Allowed here: attributes, data_dir, workers, zone",
          "TENON_NODE__WORKER: node.worker: unknown key; did you mean \"workers\"? Allowed here: attributes, "
          "data_dir, "
          "workers, zone",
          "--set log.level: log.level: expects one of \"trace\", \"debug\", \"info\", \"warn\", \"error\", "
          "\"off\", found the string \"loud\""}));
}

TEST(Load, AFaultInAnOverriddenValueIsStillAFault) {
  EXPECT_EQ(lines(load_all({R"({"node":{"workers":true}})", R"({"node":{"workers":1}})"}).errors),
            Lines{"1.json:1:20: node.workers: expects an integer from 0 to 256, found true"});
}

TEST(Load, NamesItsFilesInOrder) {
  EXPECT_EQ(config_of(load_all({"{}", "{}"})).sources(), (Lines{"1.json", "2.json"}));
}

TEST(Config, EntriesGoByOrderThenByName) {
  const Config config = config_of(
      R"({"plugins":{"a":{},"b":{},"c":{},"d":{}},
          "auth":{"chain":{"d":{},"c":{"order":10},"b":{},"a":{"enable":false}}}})");
  EXPECT_EQ(config.names_in_order("auth.chain"), (Lines{"c", "b", "d"}));
}

TEST(Config, FixedKeysAreNoNames) {
  const Config config = config_of(R"({"plugins":{"path":["/a"],"z":{},"trusted_uids":[7],"b":{}}})");
  EXPECT_EQ(config.names("plugins"), (Lines{"b", "z"}));
  EXPECT_EQ(config.get_ints("plugins.trusted_uids"), std::vector<std::int64_t>{7});
}

TEST(Config, HasTellsWhatIsSetOrHasADefault) {
  const Config config = config_of(R"({"plugins":{"x":{"options":{"a":1}}},"engines":{"m":{"plugin":"x"}}})");
  EXPECT_TRUE(config.has("node.workers"));
  EXPECT_TRUE(config.has("engines.m"));
  EXPECT_FALSE(config.has("engines.m.path"));
  EXPECT_TRUE(config.has("plugins.x.options.a"));
  EXPECT_FALSE(config.has("plugins.x.options.b"));
}

TEST(Config, ACopySharesItsContent) {
  const Config config = config_of(R"({"node":{"data_dir":"/data"}})");
  std::string_view text;
  {
    const Config copy = config;  // NOLINT(performance-unnecessary-copy-initialization)
    text = copy.get_string("node.data_dir");
  }
  EXPECT_EQ(text, "/data");
}

TEST(ConfigDeathTest, AKeyThatIsNotInTheTableIsABug) {
  const Config config = config_of("{}");
  EXPECT_DEATH((void)config.get_int("node.worker"), "not in the table");
  EXPECT_DEATH((void)config.get_string("node.workers"), "another type");
  EXPECT_DEATH((void)config.get_string("engines.x.plugin"), "without value and default");
  EXPECT_DEATH((void)config.names("node"), "without chosen names");
}

}  // namespace
}  // namespace tenon::config
