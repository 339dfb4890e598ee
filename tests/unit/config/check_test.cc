// What is said of each kind of fault, word for word.

#include <gtest/gtest.h>

#include "support.h"

namespace tenon::config {
namespace {

TEST(Check, AnUnknownKeyGetsItsNearestSibling) {
  EXPECT_EQ(
      errors_of(
          "{\n  \"listeners\": {\n    \"default\": { \"prot\": 1884 }\n  }, \"plugins\": {\"tcp\": {}}\n}"),
      Lines{"10-test.json:3:18: listeners.default.prot: unknown key; did you mean \"port\"? Allowed "
            "here: advertise, auth, "
            "bind, client_byte_rate_max, client_message_rate_max, connection_rate_max, connections_max, "
            "connections_per_address_max, enable, port, shared_strategy, stack, tenant, trusted_proxies"});
}

TEST(Check, AnUnknownKeyThatStandsElsewhereIsShownItsPlace) {
  EXPECT_EQ(
      errors_of(R"({"packet_bytes_max":1})"),
      Lines{"10-test.json:1:2: packet_bytes_max: unknown key; did you mean mqtt.packet_bytes_max? Allowed "
            "here: "
            "api, auth, cluster, engines, events, intercept, listeners, log, mqtt, node, overload, plugins, "
            "publish, "
            "services, "
            "shutdown, "
            "stores, tenants"});
}

TEST(Check, AnUnknownKeyWithoutNeighbourGetsWhatIsAllowed) {
  EXPECT_EQ(errors_of(R"({"log":{"colour":true}})"),
            Lines{"10-test.json:1:9: log.colour: unknown key. Allowed here: file, file_bytes_max, "
                  "file_count, format, level"});
}

TEST(Check, APartOfTheWorkThatNoNodeCanLeaveIsNamedAsThat) {
  EXPECT_EQ(errors_of(R"({"services":{"inbox":{"server":{"enable":false}}}})"),
            Lines{"10-test.json:1:23: services.inbox.server: there is no such part to switch: nodes that "
                  "have a session's range answer for it; services.inbox.store.enable says who takes ranges"});
  for (const char* part : {"dist", "retain", "dict"}) {
    const Lines errors = errors_of("{\"services\":{\"" + std::string(part) + "\":{\"server\":{}}}}");
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_NE(errors[0].find("there is no such part to switch"), std::string::npos) << errors[0];
  }
}

TEST(Check, WhereNamesAreChosenTheListSaysSo) {
  EXPECT_EQ(
      errors_of(R"({"stores":{"inbox":{"balancer":{}}}})"),
      Lines{
          "10-test.json:1:21: stores.inbox.balancer: unknown key; did you mean \"balancers\"? Allowed here: "
          "ack, balancers, initial_ranges, learners, log, state, voters"});
}

TEST(Check, AKeyOfUnusualSpellingIsQuoted) {
  EXPECT_EQ(errors_of(R"({"log":{"a.\u0007b":1}})"),
            Lines{"10-test.json:1:9: log.\"a.\\u0007b\": unknown key. Allowed here: file, file_bytes_max, "
                  "file_count, format, level"});
}

TEST(Check, AFileHoldsAMap) {
  EXPECT_EQ(errors_of("[]"), Lines{"10-test.json:1:1: expects a map, { ... }, found an empty list"});
  EXPECT_EQ(errors_of(R"("a")"), Lines{"10-test.json:1:1: expects a map, { ... }, found the string \"a\""});
}

TEST(Check, AMapOfKeysIsAMap) {
  EXPECT_EQ(errors_of(R"({"node":4})"),
            Lines{"10-test.json:1:9: node: expects a map, { ... }, found the number 4"});
  EXPECT_EQ(errors_of(R"({"listeners":{"a":[1]}})"),
            Lines{"10-test.json:1:19: listeners.a: expects a map, { ... }, found a list"});
}

TEST(Check, AnEntryThatIsNoMapMayBeASlipInAFixedKey) {
  EXPECT_EQ(
      errors_of(R"({"plugins":{"paths":["/a"]}})"),
      Lines{
          "10-test.json:1:21: plugins.paths: expects a map, { ... }, found a list; did you mean \"path\"?"});
}

TEST(Check, NamesAreRestricted) {
  const std::string rule =
      "a name is 1 to 64 of a-z, A-Z, 0-9, \"-\" and \"_\", and starts with a letter or a digit";
  EXPECT_EQ(errors_of(R"({"plugins":{"a b":{}}})"), Lines{"10-test.json:1:13: plugins.\"a b\": " + rule});
  EXPECT_EQ(errors_of(R"({"plugins":{"":{}}})"), Lines{"10-test.json:1:13: plugins.\"\": " + rule});
  EXPECT_EQ(errors_of(R"({"plugins":{"a.b":{}}})"), Lines{"10-test.json:1:13: plugins.\"a.b\": " + rule});
  EXPECT_EQ(errors_of(R"({"plugins":{"-a":{}}})"), Lines{"10-test.json:1:13: plugins.-a: " + rule});
  EXPECT_EQ(errors_of(R"({"plugins":{"replica-cnt_2":{}}})"), Lines{});
  EXPECT_EQ(errors_of("{\"plugins\":{\"" + std::string(64, 'a') + "\":{}}}"), Lines{});
  EXPECT_EQ(errors_of("{\"plugins\":{\"" + std::string(65, 'a') + "\":{}}}").size(), 1u);
}

TEST(Check, Booleans) {
  EXPECT_EQ(
      errors_of(R"({"services":{"mqtt":{"enable":"yes"}}})"),
      Lines{"10-test.json:1:31: services.mqtt.enable: expects true or false, found the string \"yes\""});
}

TEST(Check, IntegersHaveBounds) {
  EXPECT_EQ(errors_of(R"({"node":{"workers":257}})"),
            Lines{"10-test.json:1:20: node.workers: expects an integer from 0 to 256, found the number 257"});
  EXPECT_EQ(errors_of(R"({"node":{"workers":1.5}})"),
            Lines{"10-test.json:1:20: node.workers: expects an integer from 0 to 256, found the number 1.5"});
  EXPECT_EQ(errors_of(R"({"node":{"workers":99999999999999999999}})"),
            Lines{"10-test.json:1:20: node.workers: expects an integer from 0 to 256, found the number "
                  "99999999999999999999"});
  EXPECT_EQ(
      errors_of(R"({"node":{"workers":"4"}})"),
      Lines{"10-test.json:1:20: node.workers: expects an integer from 0 to 256, found the string \"4\""});
  EXPECT_EQ(errors_of(R"({"node":{"workers":256}})"), Lines{});
}

TEST(Check, UnitsAreSaid) {
  EXPECT_EQ(
      errors_of(R"({"auth":{"timeout_ms":"5s"}})"),
      Lines{
          "10-test.json:1:23: auth.timeout_ms: expects an integer from 10 to 600000 milliseconds, found the "
          "string \"5s\""});
  EXPECT_EQ(
      errors_of(R"({"shutdown":{"timeout_s":0}})"),
      Lines{
          "10-test.json:1:26: shutdown.timeout_s: expects an integer from 1 to 600 seconds, found the number "
          "0"});
  EXPECT_EQ(errors_of(R"({"mqtt":{"packet_bytes_max":1}})"),
            Lines{"10-test.json:1:29: mqtt.packet_bytes_max: expects an integer from 256 to 268435460 bytes, "
                  "found the "
                  "number 1"});
}

TEST(Check, EnumerationsGetTheNearestChoice) {
  EXPECT_EQ(
      errors_of(R"({"auth":{"anonymous":"allways"}})"),
      Lines{
          "10-test.json:1:22: auth.anonymous: expects one of \"never\", \"loopback\", \"always\", found the "
          "string \"allways\"; did you mean \"always\"?"});
  EXPECT_EQ(errors_of(R"({"auth":{"anonymous":true}})"),
            Lines{"10-test.json:1:22: auth.anonymous: expects one of \"never\", \"loopback\", \"always\", "
                  "found true"});
}

TEST(Check, ListsAreCheckedMemberByMember) {
  EXPECT_EQ(
      errors_of(R"({"plugins":{"path":"/a"}})"),
      Lines{
          "10-test.json:1:20: plugins.path: expects a list of strings, each absolute, starting with /, found "
          "the string \"/a\""});
  EXPECT_EQ(
      errors_of(R"({"plugins":{"path":["/a",4]}})"),
      Lines{
          "10-test.json:1:20: plugins.path: expects a list of strings, each absolute, starting with /, found "
          "the number 4 in it"});
  EXPECT_EQ(
      errors_of(R"({"plugins":{"path":["/a","b"]}})"),
      Lines{
          "10-test.json:1:20: plugins.path: expects a list of strings, each absolute, starting with /, found "
          "the string \"b\" in it"});
  EXPECT_EQ(errors_of(R"({"plugins":{"trusted_uids":[-1]}})"),
            Lines{"10-test.json:1:28: plugins.trusted_uids: expects a list of integers from 0 to 4294967294, "
                  "none of them 65534, which stands for every user that can't be seen, found the number -1 "
                  "in it"});
  EXPECT_EQ(errors_of(R"({"plugins":{"trusted_uids":[1000,65534]}})"),
            Lines{"10-test.json:1:28: plugins.trusted_uids: expects a list of integers from 0 to 4294967294, "
                  "none of them 65534, which stands for every user that can't be seen, found the number "
                  "65534 in it"});
  EXPECT_EQ(errors_of(R"({"plugins":{"trusted_uids":[1000,65533]}})"), Lines{});
  EXPECT_EQ(
      errors_of(R"({"mqtt":{"versions":["3.1.1","5"]}})"),
      Lines{
          "10-test.json:1:21: mqtt.versions: expects a list of \"3.1\", \"3.1.1\", \"5.0\", not empty, found "
          "the string \"5\" in it"});
  EXPECT_EQ(
      errors_of(R"({"mqtt":{"versions":[]}})"),
      Lines{
          "10-test.json:1:21: mqtt.versions: expects a list of \"3.1\", \"3.1.1\", \"5.0\", not empty, found "
          "an empty list"});
  EXPECT_EQ(
      errors_of(R"({"mqtt":{"versions":[null]}})"),
      Lines{
          "10-test.json:1:21: mqtt.versions: expects a list of \"3.1\", \"3.1.1\", \"5.0\", not empty, found "
          "null in it"});
}

TEST(Check, RulesSayWhatIsAllowed) {
  EXPECT_EQ(errors_of(R"({"listeners":{"a":{"bind":"[::1]"}}})").at(0),
            "10-test.json:1:27: listeners.a.bind: expects an IPv4 or IPv6 address (without brackets), a host "
            "name, or "
            "unix:/absolute/path, found the string \"[::1]\"");
  EXPECT_EQ(
      errors_of(R"({"plugins":{"a":{"file":"../a.so"}}})"),
      Lines{
          "10-test.json:1:25: plugins.a.file: expects a file name without /, or an absolute path, found the "
          "string \"../a.so\""});
  EXPECT_EQ(
      errors_of(R"({"stores":{"meta":{"voters":2}}})"),
      Lines{
          "10-test.json:1:29: stores.meta.voters: expects an integer from 1 to 9, odd, found the number 2"});
  EXPECT_EQ(
      errors_of(R"({"cluster":{"seeds":["a:0"]}})"),
      Lines{"10-test.json:1:21: cluster.seeds: expects a list of strings, each host, host:port or [IPv6 "
            "address]:port, found the string \"a:0\" in it"});
  EXPECT_EQ(errors_of(R"({"node":{"data_dir":""}})"),
            Lines{"10-test.json:1:21: node.data_dir: expects a string, not empty, found the string \"\""});
}

TEST(Check, TextsHoldNoControlCharacters) {
  EXPECT_EQ(
      errors_of(R"({"node":{"data_dir":"/a\u0000b"}})"),
      Lines{"10-test.json:1:21: node.data_dir: expects a string, not empty, found the string \"/a\\u0000b\"; "
            "control characters are not allowed"});
  EXPECT_EQ(
      errors_of(R"({"plugins":{"path":["/a\n"]}})"),
      Lines{
          "10-test.json:1:20: plugins.path: expects a list of strings, each absolute, starting with /, found "
          "the string \"/a\\n\" in it; control characters are not allowed"});
}

TEST(Check, LongValuesAreCut) {
  const std::string text =
      errors_of("{\"node\":{\"workers\":\"" + std::string(59, 'a') + "\xC3\xA9\xC3\xA9\"}}").at(0);
  EXPECT_TRUE(text.ends_with("found the string \"" + std::string(59, 'a') + "...")) << text;
}

TEST(Check, ASecretIsNeverShown) {
  for (const char* value : {"12345678", "[\"s3cret\"]", "{\"s3cret\":1}", "true"}) {
    const std::string text = errors_of("{\"cluster\":{\"token\":" + std::string(value) + "}}").at(0);
    EXPECT_EQ(text.find("1234"), std::string::npos) << text;
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
  }
  const std::string text = errors_of(R"({"cluster":{"token":"s3cret\u0000"}})").at(0);
  EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
}

TEST(Check, AllFaultsOfOneFileAreReported) {
  EXPECT_EQ(errors_of(R"({"a":1,"node":{"b":1,"workers":"x"},"log":{"level":"x"}})").size(), 4u);
}

}  // namespace
}  // namespace tenon::config
