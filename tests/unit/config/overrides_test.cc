#include "config/sources/overrides.h"

#include <gtest/gtest.h>

#include "config/json/json_writer.h"
#include "support.h"

namespace tenon::config {
namespace {

// The tree of an assignment, or its error.
std::string set(const std::string& assignment) {
  std::vector<ConfigError> errors;
  const auto value = read_set(assignment, errors);
  return value ? to_json(*value) : errors.at(0).to_string();
}

// The tree of a variable, its error, or "" for one that is no setting.
std::string variable(const std::string& name, const std::string& text) {
  std::vector<ConfigError> errors;
  const auto value = read_variable({name, text}, errors);
  if (value) return to_json(*value);
  return errors.empty() ? "" : errors[0].to_string();
}

TEST(Set, ReadsJsonAndTakesTheRestAsStrings) {
  EXPECT_EQ(set("node.workers=4"), R"({"node":{"workers":4}})");
  EXPECT_EQ(set("log.level=debug"), R"({"log":{"level":"debug"}})");
  EXPECT_EQ(set("log.level=\"debug\""), R"({"log":{"level":"debug"}})");
  EXPECT_EQ(set("plugins.path=[\"/a\"]"), R"({"plugins":{"path":["/a"]}})");
  EXPECT_EQ(set("plugins.x.options.a=1"), R"({"plugins":{"x":{"options":{"a":1}}}})");
  EXPECT_EQ(set("listeners.a={\"port\":1}"), R"({"listeners":{"a":{"port":1}}})");
  EXPECT_EQ(set("cluster.bind="), R"({"cluster":{"bind":""}})");
  EXPECT_EQ(set("cluster.domain=a=b"), R"({"cluster":{"domain":"a=b"}})");
}

TEST(Set, TakesPlainValuesAsTextWhereTheTableWantsText) {
  EXPECT_EQ(set("cluster.token=0012"), R"({"cluster":{"token":"0012"}})");
  EXPECT_EQ(set("cluster.token=12"), R"({"cluster":{"token":"12"}})");
  EXPECT_EQ(set("cluster.token=true"), R"({"cluster":{"token":"true"}})");
  EXPECT_EQ(set("cluster.token=[1"), R"({"cluster":{"token":"[1"}})");
  EXPECT_EQ(set("cluster.token=null"), R"({"cluster":{"token":null}})") << "unsets";
}

TEST(Set, SaysWhatIsWrong) {
  EXPECT_EQ(set("node.workers"), "--set node.workers: expects path=value, as in node.workers=4");
  EXPECT_EQ(set("=4"), "--set : expects path=value, as in node.workers=4");
  EXPECT_EQ(set("node..workers=4"), "--set node..workers: expects path=value, as in node.workers=4");
  EXPECT_EQ(set("plugins.path=[\"/a\""),
            "--set plugins.path: the value is no JSON: expects , or ] after a value of the list, found the "
            "end of the "
            "text");
  EXPECT_EQ(set("log.file=\xFF"), "--set log.file: the value is not UTF-8");
}

TEST(Set, AFaultNamesTheArgument) {
  LoadOptions options;
  options.sets = {"node.workers=four", "mqtt.qos=1"};
  EXPECT_EQ(
      errors_of("{}", options),
      (Lines{"--set node.workers: node.workers: expects an integer from 0 to 256, found the string \"four\"",
             "--set mqtt.qos: mqtt.qos: unknown key; did you mean \"qos_max\"? Allowed here: "
             "client_id_bytes_max, "
             "connect_bytes_max, connect_timeout_s, inflight_max, keepalive_s_max, keepalive_s_min, "
             "link_output_bytes_max, "
             "packet_bytes_max, payload_format_check, qos_max, receive_maximum, response_information, "
             "retained_bytes_max, "
             "retained_count_max, "
             "session_expiry_s_max, "
             "session_queue_bytes_max, session_queue_count_max, session_queue_overflow, shared_strategy, "
             "slow_client_timeout_s, "
             "subscriptions_per_session_max, sys_interval_s, topic_alias_max, topic_alias_out_max, "
             "topic_bytes_max, topic_levels_max, user_properties_max, versions, wildcard_levels_max"}));
}

TEST(Variable, MapsDoubleUnderscoresToDots) {
  EXPECT_EQ(variable("TENON_NODE__WORKERS", "4"), R"({"node":{"workers":4}})");
  EXPECT_EQ(variable("TENON_LISTENERS__DEFAULT__PORT", "1884"), R"({"listeners":{"default":{"port":1884}}})");
  EXPECT_EQ(variable("TENON_MQTT__PACKET_BYTES_MAX", "300"), R"({"mqtt":{"packet_bytes_max":300}})");
  EXPECT_EQ(variable("TENON_LOG__LEVEL", "debug"), R"({"log":{"level":"debug"}})");
}

TEST(Variable, PassesOverWhatIsNoSetting) {
  EXPECT_EQ(variable("PATH", "/bin"), "");
  EXPECT_EQ(variable("TENON", "1"), "");
  EXPECT_EQ(variable("TENON_PLUGIN_PATH", "/a"), "");
  EXPECT_EQ(variable("MY__TENON", "1"), "");
}

TEST(Variable, ASingleUnderscoreWhereADotIsMeantIsAnError) {
  EXPECT_EQ(
      variable("TENON_NODE_WORKERS", "4"),
      "TENON_NODE_WORKERS: two underscores stand for each dot of a key; did you mean TENON_NODE__WORKERS?");
  EXPECT_EQ(variable("TENON_LISTENERS_MY_OWN_PORT", "4"),
            "TENON_LISTENERS_MY_OWN_PORT: two underscores stand for each dot of a key; did you mean "
            "TENON_LISTENERS__MY_OWN__PORT?");
  EXPECT_EQ(variable("TENON_MQTT_PACKET_BYTES_MAX", "4"),
            "TENON_MQTT_PACKET_BYTES_MAX: two underscores stand for each dot of a key; did you mean "
            "TENON_MQTT__PACKET_BYTES_MAX?");
}

TEST(Variable, SaysWhatIsWrong) {
  EXPECT_EQ(variable("TENON_NODE__", "4"), "TENON_NODE__: is no path of a key, as TENON_NODE__WORKERS is");
  EXPECT_EQ(variable("TENON___A", "4"), "TENON___A: is no path of a key, as TENON_NODE__WORKERS is");
  LoadOptions options;
  options.environment = {{"TENON_NOD__WORKERS", "4"}};
  EXPECT_EQ(
      errors_of("{}", options),
      Lines{"TENON_NOD__WORKERS: nod: unknown key; did you mean \"node\"? Allowed here: api, auth, cluster, "
            "engines, events, intercept, listeners, log, mqtt, node, overload, plugins, publish, services, "
            "shutdown, "
            "stores, "
            "tenants"});
}

TEST(Variable, AreTakenFromTheProcessByTheirPrefix) {
  ASSERT_EQ(::setenv("TENON_NODE__WORKERS", "9=9", 1), 0);
  bool found = false;
  for (const auto& [name, value] : process_environment()) {
    EXPECT_TRUE(name.starts_with("TENON_"));
    found = found || (name == "TENON_NODE__WORKERS" && value == "9=9");
  }
  ::unsetenv("TENON_NODE__WORKERS");
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace tenon::config
