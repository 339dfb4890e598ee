#include <gtest/gtest.h>

#include "support.h"

namespace tenon::config {
namespace {

TEST(CrossCheck, PluginsOfAStackExist) {
  EXPECT_EQ(
      errors_of("{\"plugins\":{\"tcp\":{}},\n\"listeners\":{\"a\":{\"stack\":[\"tpc\",\"tls\"]}}}"),
      (Lines{
          "10-test.json:2:28: listeners.a.stack: there is no plugin \"tpc\" in plugins; did you mean "
          "\"tcp\"?",
          "10-test.json:2:34: listeners.a.stack: there is no plugin \"tls\" in plugins; add plugins.tls, or "
          "correct the name"}));
}

TEST(CrossCheck, TheDefaultStackIsCheckedAtTheListener) {
  EXPECT_EQ(
      errors_of(R"({"listeners":{"a":{}}})"),
      Lines{
          "10-test.json:1:19: listeners.a.stack: there is no plugin \"tcp\" in plugins; add plugins.tcp, or "
          "correct the name"});
}

TEST(CrossCheck, ADisabledListenerIsNotChecked) {
  EXPECT_EQ(errors_of(R"({"listeners":{"a":{"enable":false,"stack":["x"],"auth":["y"]}}})"), Lines{});
}

TEST(CrossCheck, AuthEntriesOfAListenerExistAndAreSwitchedOn) {
  const std::string text = R"({"plugins":{"tcp":{},"file":{}},"auth":{"chain":{"file":{"enable":false}}},
"listeners":{"a":{"auth":["file","fil"]}}})";
  EXPECT_EQ(
      errors_of(text),
      (Lines{"10-test.json:2:34: listeners.a.auth: there is no entry \"fil\" in auth.chain; did you mean "
             "\"file\"?",
             "10-test.json:2:27: listeners.a.auth: \"file\" is switched off by auth.chain.file.enable, "
             "10-test.json:1; take it out of the list, or switch it on"}));
}

TEST(CrossCheck, AnEntryOfTheChainIsAPlugin) {
  EXPECT_EQ(
      errors_of(R"({"auth":{"chain":{"file":{}}}})"),
      Lines{
          "10-test.json:1:26: auth.chain.file: there is no plugin \"file\" in plugins; add plugins.file, or "
          "correct the name"});
  EXPECT_EQ(errors_of(R"({"auth":{"chain":{"file":{"enable":false}}}})"), Lines{});
}

TEST(CrossCheck, TwoListenersDoNotTakeOneAddress) {
  EXPECT_EQ(
      errors_of("{\"plugins\":{\"tcp\":{}},\"listeners\":{\"a\":{},\n\"b\":{\"port\":1883}}}"),
      Lines{"10-test.json:2:13: listeners.b: takes 127.0.0.1 port 1883, which listeners.a takes already"});
  EXPECT_EQ(
      errors_of(
          R"({"plugins":{"tcp":{}},"listeners":{"a":{"bind":"unix:/s","port":1},"b":{"bind":"unix:/s"}}})"),
      Lines{"10-test.json:1:80: listeners.b: takes unix:/s, which listeners.a takes already"});
  EXPECT_EQ(errors_of(R"({"plugins":{"tcp":{}},"listeners":{"a":{"port":0},"b":{"port":0}}})"), Lines{});
  EXPECT_EQ(errors_of(R"({"plugins":{"tcp":{}},"listeners":{"a":{"bind":"::1"},"b":{}}})"), Lines{});
}

TEST(CrossCheck, AnEngineNamesItsPlugin) {
  EXPECT_EQ(errors_of("{\"engines\":{\n\"main\":{}}}"),
            Lines{"10-test.json:2:8: engines.main: needs \"plugin\", a string, not empty"});
  EXPECT_EQ(errors_of(R"({"engines":{"main":{"plugin":"sqlite"}}})"),
            Lines{"10-test.json:1:30: engines.main.plugin: there is no plugin \"sqlite\" in plugins; add "
                  "plugins.sqlite, or correct the name"});
}

TEST(CrossCheck, TwoEnginesDoNotShareFiles) {
  EXPECT_EQ(
      errors_of(R"({"plugins":{"s":{}},"engines":{"a":{"plugin":"s"},"b":{"plugin":"s","path":"a"}}})"),
      Lines{"10-test.json:1:76: engines.b: keeps its files in \"a\", as engines.a does; stores that share an "
            "engine name the same one"});
}

TEST(CrossCheck, EnginesOfStoresExist) {
  EXPECT_EQ(
      errors_of(R"({"plugins":{"s":{}},"engines":{"main":{"plugin":"s"}},
"stores":{"inbox":{"state":"mian","log":"main"}}})"),
      Lines{"10-test.json:2:28: stores.inbox.state: there is no engine \"mian\" in engines; did you mean "
            "\"main\"?"});
}

TEST(CrossCheck, BalancersArePlugins) {
  EXPECT_EQ(
      errors_of(R"({"stores":{"inbox":{"balancers":{"range-split":{},"x":{"enable":false}}}}})"),
      Lines{"10-test.json:1:48: stores.inbox.balancers.range-split: there is no plugin \"range-split\" in "
            "plugins; add plugins.range-split, or correct the name"});
}

TEST(CrossCheck, NamesAreNotMissedInAMapThatHasFaults) {
  EXPECT_EQ(errors_of(R"({"plugins":{"tcp":3},"listeners":{"a":{}}})").size(), 1u);
  EXPECT_EQ(lines(load_all({R"({"listeners":{"a":{}}})", "{"}).errors).size(), 1u);
}

TEST(CrossCheck, IsMadeOfTheMergedWhole) {
  EXPECT_TRUE(load_all({R"({"listeners":{"a":{"stack":["tcp"]}}})", R"({"plugins":{"tcp":{}}})"}).ok());
}

TEST(CrossCheck, TlsBetweenNodesIsMutual) {
  EXPECT_EQ(errors_of(R"({"cluster":{"tls":{}}})"), Lines{});
  EXPECT_EQ(errors_of(R"({"cluster":{"tls":{"certificate":"a","key":"b","ca":"c"}}})"), Lines{});
  EXPECT_EQ(errors_of(R"({"cluster":{"tls":{"certificate":"a","key":"b"}}})"),
            Lines{"10-test.json:1:19: cluster.tls: needs \"ca\": nodes prove to each other who they are"});
  const std::string tls = R"({"cluster":{"tls":{"certificate":"a","key":"b","ca":"c","client_certificate":)";
  EXPECT_EQ(errors_of(tls + R"("required"}}})"), Lines{});
  EXPECT_EQ(
      errors_of(tls + R"("optional"}}})"),
      Lines{"10-test.json:1:78: cluster.tls.client_certificate: can only be \"required\": nodes prove to "
            "each other who they are"});
}

}  // namespace
}  // namespace tenon::config
