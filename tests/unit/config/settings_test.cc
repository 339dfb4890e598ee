#include "config/settings.h"

#include <gtest/gtest.h>

#include "support.h"

namespace tenon::config {
namespace {

Settings settings_of(const std::string& text) {
  return read_settings(config_of(text));
}

TEST(Settings, DefaultsAreThoseOfTheTable) {
  const Settings settings = read_settings(config_of(load_texts({}, {})));
  EXPECT_EQ(settings.node.workers, 0u);
  EXPECT_EQ(settings.auth.anonymous, Anonymous::loopback);
  EXPECT_EQ(settings.auth.timeout_ms, 5000u);
  EXPECT_TRUE(settings.listeners.empty());
  EXPECT_EQ(settings.mqtt.packet_bytes_max, 1048576u);
  EXPECT_EQ(settings.mqtt.keepalive_s_max, 65535u);
  EXPECT_EQ(settings.mqtt.session_queue_bytes_max, 16777216u);
  EXPECT_FALSE(settings.mqtt.session_queue_drops_oldest);
  EXPECT_TRUE(settings.mqtt.version_3_1 && settings.mqtt.version_3_1_1 && settings.mqtt.version_5_0);
  EXPECT_EQ(settings.log.level, LogLevel::info);
  EXPECT_EQ(settings.log.file, "");
  EXPECT_EQ(settings.shutdown_timeout_s, 10u);
  EXPECT_TRUE(settings.services.retain_store);
  ASSERT_EQ(settings.stores.size(), 4u);
  EXPECT_EQ(settings.stores[0].name, "dist");
  EXPECT_EQ(settings.stores[0].learners, -1);
  EXPECT_EQ(settings.stores[1].initial_ranges, 4u);
  EXPECT_EQ(settings.stores[3].initial_ranges, 1u);
  EXPECT_EQ(settings.stores[3].state, "");
}

TEST(Settings, RelativePathsLieInTheDataDirectory) {
  const Settings settings = settings_of(
      R"({"node":{"data_dir":"/data"},"plugins":{"s":{}},"log":{"file":"log"},"api":{"unix":"/run/api"},
          "engines":{"a":{"plugin":"s"},"b":{"plugin":"s","path":"x/y"},"c":{"plugin":"s","path":"/z"}}})");
  EXPECT_EQ(settings.log.file, "/data/log");
  EXPECT_EQ(settings.api.unix_path, "/run/api");
  ASSERT_EQ(settings.engines.size(), 3u);
  EXPECT_EQ(settings.engines[0].path, "/data/a");
  EXPECT_EQ(settings.engines[1].path, "/data/x/y");
  EXPECT_EQ(settings.engines[2].path, "/z");
}

TEST(Settings, ListenersThatAreSwitchedOffAreLeftOut) {
  const Settings settings = settings_of(
      R"({"plugins":{"tcp":{}},
          "listeners":{"z":{"port":1},"off":{"enable":false},"a":{"bind":"::1","port":2}}})");
  ASSERT_EQ(settings.listeners.size(), 2u);
  EXPECT_EQ(settings.listeners[0].name, "a");
  EXPECT_EQ(settings.listeners[0].bind.to_string(), "[::1]:2");
  EXPECT_EQ(settings.listeners[1].bind.to_string(), "127.0.0.1:1");
  EXPECT_EQ(settings.listeners[1].stack, Lines{"tcp"});
  EXPECT_EQ(settings.listeners[1].tenant, "default");
  EXPECT_EQ(settings.listeners[1].origin, "10-test.json:2");
}

TEST(Settings, AListenerMayBindAUnixSocket) {
  const Settings settings = settings_of(R"({"plugins":{"tcp":{}},"listeners":{"a":{"bind":"unix:/run/m"}}})");
  ASSERT_EQ(settings.listeners.size(), 1u);
  EXPECT_EQ(settings.listeners[0].bind.kind, BindSettings::Kind::unix_socket);
  EXPECT_EQ(settings.listeners[0].bind.path, "/run/m");
  EXPECT_EQ(settings.listeners[0].bind.to_string(), "unix:/run/m");
}

TEST(Settings, AListenerWithoutAChainOfItsOwnAsksTheWholeOne) {
  const Settings settings = settings_of(
      R"({"plugins":{"tcp":{},"x":{},"y":{},"z":{}},
          "auth":{"chain":{"x":{"order":9},"y":{"order":1},"z":{"enable":false}}},
          "listeners":{"all":{"port":1},"one":{"port":2,"auth":["x"]},"none":{"port":3,"auth":[]}}})");
  ASSERT_EQ(settings.listeners.size(), 3u);
  EXPECT_EQ(settings.listeners[0].auth, (Lines{"y", "x"}));
  EXPECT_EQ(settings.listeners[1].auth, Lines{}) << "none";
  EXPECT_EQ(settings.listeners[2].auth, Lines{"x"}) << "one";
}

TEST(Settings, OptionsAtThePlaceOfUseLieOverThoseOfThePlugin) {
  const Settings settings = settings_of(
      R"({"plugins":{"x":{"options":{"a":1,"b":{"c":1}}}},
          "auth":{"chain":{"x":{"on_error":"next","options":{"b":{"d":2}}}}},
          "engines":{"e":{"plugin":"x","options":{"a":2}}},
          "stores":{"meta":{"balancers":{"x":{"options":{"z":null}}}}}})");
  EXPECT_EQ(settings.auth.chain.at(0).options_json, R"({"a":1,"b":{"c":1,"d":2}})");
  EXPECT_EQ(settings.auth.chain[0].on_error, OnAuthError::next);
  EXPECT_EQ(settings.engines.at(0).options_json, R"({"a":2,"b":{"c":1}})");
  EXPECT_EQ(settings.stores.at(2).balancers.at(0).options_json, R"({"a":1,"b":{"c":1},"z":null})");
  EXPECT_EQ(settings.plugins.entries.at(0).options_json, R"({"a":1,"b":{"c":1}})");
}

TEST(Settings, PluginsAreFoundByName) {
  const Settings settings =
      settings_of(R"({"plugins":{"path":["/p"],"trusted_uids":[1000],"x":{"file":"a.so"},"w":{}}})");
  EXPECT_EQ(settings.plugins.path, Lines{"/p"});
  EXPECT_EQ(settings.plugins.trusted_uids, std::vector<std::uint32_t>{1000});
  ASSERT_NE(settings.plugins.find("x"), nullptr);
  EXPECT_EQ(settings.plugins.find("x")->file, "a.so");
  EXPECT_EQ(settings.plugins.find("w")->file, "");
  EXPECT_EQ(settings.plugins.find("w")->options_json, "{}");
  EXPECT_EQ(settings.plugins.find("path"), nullptr);
}

TEST(Settings, EveryChoiceHasItsValue) {
  for (const auto& [text, value] : {std::pair{"never", Anonymous::never},
                                    {"loopback", Anonymous::loopback},
                                    {"always", Anonymous::always}})
    EXPECT_EQ(settings_of("{\"auth\":{\"anonymous\":\"" + std::string(text) + "\"}}").auth.anonymous, value);
  for (const auto& [text, value] : {std::pair{"trace", LogLevel::trace},
                                    {"debug", LogLevel::debug},
                                    {"warn", LogLevel::warn},
                                    {"error", LogLevel::error},
                                    {"off", LogLevel::off}})
    EXPECT_EQ(settings_of("{\"log\":{\"level\":\"" + std::string(text) + "\"}}").log.level, value);
  EXPECT_EQ(settings_of(R"({"log":{"format":"json"}})").log.format, LogFormat::json);
  EXPECT_EQ(settings_of(R"({"stores":{"dist":{"ack":"all"}}})").stores[0].ack, StoreAck::all);
}

TEST(Settings, EachServiceIsSwitchedByItsOwnKey) {
  const Settings settings = settings_of(
      R"({"services":{"dist":{"worker":{"enable":false}},"inbox":{"store":{"enable":false}},
          "api":{"enable":false}}})");
  EXPECT_FALSE(settings.services.dist_worker);
  EXPECT_FALSE(settings.services.inbox_store);
  EXPECT_TRUE(settings.services.retain_store);
  EXPECT_FALSE(settings.services.api);
  EXPECT_TRUE(settings.services.mqtt);
}

TEST(Settings, VersionsThatAreNotListedAreOff) {
  const Settings settings = settings_of(R"({"mqtt":{"versions":["5.0"]}})");
  EXPECT_FALSE(settings.mqtt.version_3_1);
  EXPECT_FALSE(settings.mqtt.version_3_1_1);
  EXPECT_TRUE(settings.mqtt.version_5_0);
}

TEST(Settings, QueuesMayDropTheirOldestMessages) {
  EXPECT_TRUE(
      settings_of(R"({"mqtt":{"session_queue_overflow":"drop_oldest"}})").mqtt.session_queue_drops_oldest);
}

TEST(Settings, LargestValuesFit) {
  const Settings settings = settings_of(
      R"({"mqtt":{"session_expiry_s_max":4294967295,"packet_bytes_max":268435460,"topic_bytes_max":65535,
          "session_queue_bytes_max":1099511627776,"retained_count_max":1000000000000,
          "link_output_bytes_max":4294967295},
          "cluster":{"port":65535}})");
  EXPECT_EQ(settings.mqtt.session_expiry_s_max, 4294967295u);
  EXPECT_EQ(settings.mqtt.packet_bytes_max, 268435460u);
  EXPECT_EQ(settings.mqtt.topic_bytes_max, 65535u);
  EXPECT_EQ(settings.mqtt.session_queue_bytes_max, 1099511627776u);
  EXPECT_EQ(settings.mqtt.retained_count_max, 1000000000000u);
  EXPECT_EQ(settings.mqtt.link_output_bytes_max, 4294967295u);
  EXPECT_EQ(settings.cluster.port, 65535u);
}

TEST(Settings, TlsBetweenNodesAsksForCertificates) {
  EXPECT_EQ(settings_of(R"({"cluster":{}})").cluster.tls_json, "{}");
  const std::string tls = R"({"certificate":"a","key":"b","ca":"c"})";
  EXPECT_EQ(settings_of(R"({"cluster":{"tls":)" + tls + "}}").cluster.tls_json,
            R"({"client_certificate":"required",)" + tls.substr(1));
}

}  // namespace
}  // namespace tenon::config
