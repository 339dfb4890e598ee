#include "config/print.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support.h"

namespace tenon::config {
namespace {

// The line of `key` in the output, without the padding before its origin.
std::string line_of(const Config& config, const std::string& key) {
  std::istringstream text(print_config(config));
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(key + " =")) continue;
    const std::size_t hash = line.rfind("  # ");
    return line.substr(0, line.find_last_not_of(' ', hash) + 1) + line.substr(hash);
  }
  return "";
}

TEST(PrintConfig, ShowsEachValueWithItsOrigin) {
  LoadOptions options;
  options.environment = {{"TENON_LOG__LEVEL", "warn"}};
  options.sets = {"mqtt.qos_max=1"};
  const Config config = config_of("{\n\"node\": {\n\"workers\": 2}}", options);
  EXPECT_EQ(line_of(config, "node.workers"), "node.workers = 2  # 10-test.json:3");
  EXPECT_EQ(line_of(config, "log.level"), "log.level = \"warn\"  # TENON_LOG__LEVEL");
  EXPECT_EQ(line_of(config, "mqtt.qos_max"), "mqtt.qos_max = 1  # --set mqtt.qos_max");
  EXPECT_EQ(line_of(config, "auth.anonymous"), "auth.anonymous = \"loopback\"  # default");
}

TEST(PrintConfig, ShowsDefaultsOfEntriesAndEmptyEntries) {
  const Config config = config_of(R"({"plugins":{"tcp":{}},"listeners":{"a":{"port":0}}})");
  EXPECT_EQ(line_of(config, "plugins.tcp"), "plugins.tcp = {}  # 10-test.json:1");
  EXPECT_EQ(line_of(config, "listeners.a.port"), "listeners.a.port = 0  # 10-test.json:1");
  EXPECT_EQ(line_of(config, "listeners.a.bind"), "listeners.a.bind = \"127.0.0.1\"  # default");
  EXPECT_EQ(line_of(config, "listeners.a.auth"), "");
}

TEST(PrintConfig, ShowsOptionsValueByValue) {
  const Config config =
      config_of(load_all({R"({"plugins":{"x":{"options":{"a":{"b":1},"c":[1,{"d":2}],"e.f":{}}}}})",
                          R"({"plugins":{"x":{"options":{"a":{"g":2}}}}})"}));
  EXPECT_EQ(line_of(config, "plugins.x.options.a.b"), "plugins.x.options.a.b = 1  # 1.json:1");
  EXPECT_EQ(line_of(config, "plugins.x.options.a.g"), "plugins.x.options.a.g = 2  # 2.json:1");
  EXPECT_EQ(line_of(config, "plugins.x.options.c"), "plugins.x.options.c = [1,{\"d\":2}]  # 1.json:1");
  EXPECT_EQ(line_of(config, "plugins.x.options.\"e.f\""), "plugins.x.options.\"e.f\" = {}  # 1.json:1");
}

TEST(PrintConfig, MasksSecrets) {
  const Config config = config_of(
      R"({"cluster":{"token":"s3cret"},"plugins":{"x":{"options":{
          "password":"s3cret","db_password":{"is":"s3cret"},"list":[{"token":"s3cret"}],"in":{"psk":"s3cret"},
          "password_file":"/etc/p","tokens":7,"mytoken":8}}}})");
  for (const std::string& text : {print_config(config), print_config_json(config)})
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
  EXPECT_EQ(line_of(config, "cluster.token"), "cluster.token = \"***\"  # 10-test.json:1");
  EXPECT_EQ(line_of(config, "plugins.x.options.password"),
            "plugins.x.options.password = \"***\"  # 10-test.json:2");
  EXPECT_EQ(line_of(config, "plugins.x.options.list"),
            "plugins.x.options.list = [{\"token\":\"***\"}]  # 10-test.json:2");
  EXPECT_EQ(line_of(config, "plugins.x.options.password_file"),
            "plugins.x.options.password_file = \"/etc/p\"  # 10-test.json:3");
  EXPECT_EQ(line_of(config, "plugins.x.options.tokens"), "plugins.x.options.tokens = 7  # 10-test.json:3");
}

TEST(PrintConfig, AnUnsetSecretIsShownAsUnset) {
  EXPECT_EQ(line_of(config_of("{}"), "cluster.token"), "cluster.token = \"\"  # default");
}

TEST(PrintConfig, JsonHoldsTheSame) {
  const Config config = config_of(R"({"node":{"workers":2}})");
  const auto document = nlohmann::json::parse(print_config_json(config));
  bool found = false;
  for (const auto& entry : document) {
    if (entry["key"] != "node.workers") continue;
    found = true;
    EXPECT_EQ(entry["value"], 2);
    EXPECT_EQ(entry["origin"], "10-test.json:1");
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace tenon::config
