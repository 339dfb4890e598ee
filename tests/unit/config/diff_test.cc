#include "config/diff.h"

#include <gtest/gtest.h>

#include "support.h"

namespace tenon::config {
namespace {

Lines changes(const std::string& before, const std::string& after) {
  Lines out;
  for (const Change& change : diff(config_of(before), config_of(after)))
    out.push_back(change.path + (change.reload == Reload::live ? " live" : " restart"));
  return out;
}

TEST(Diff, OfTheSameIsEmpty) {
  const std::string text = R"({"node":{"workers":1},"plugins":{"x":{"options":{"a":1,"b":[2]}}}})";
  EXPECT_EQ(changes(text, text), Lines{});
}

TEST(Diff, TellsWhatIsLiveAndWhatNeedsARestart) {
  EXPECT_EQ(changes(R"({"node":{"workers":1},"log":{"level":"info"}})",
                    R"({"node":{"workers":2},"log":{"level":"debug"},"auth":{"anonymous":"never"}})"),
            (Lines{"auth.anonymous live", "log.level live", "node.workers restart"}));
}

TEST(Diff, ADefaultWrittenOutIsNoChange) {
  EXPECT_EQ(changes("{}", R"({"node":{"workers":0},"mqtt":{"versions":["3.1","3.1.1","5.0"]}})"), Lines{});
}

TEST(Diff, TheOrderOfMembersDoesNotCountThatOfListsDoes) {
  EXPECT_EQ(changes(R"({"plugins":{"x":{"options":{"a":1,"b":2}}}})",
                    R"({"plugins":{"x":{"options":{"b":2,"a":1}}}})"),
            Lines{});
  EXPECT_EQ(changes(R"({"plugins":{"path":["/a","/b"]}})", R"({"plugins":{"path":["/b","/a"]}})"),
            Lines{"plugins.path restart"});
}

TEST(Diff, OptionsChangeAsAWhole) {
  EXPECT_EQ(changes(R"({"plugins":{"x":{"options":{"a":{"b":1},"c":2}}}})",
                    R"({"plugins":{"x":{"options":{"a":{"b":2},"d":2}}}})"),
            Lines{"plugins.x.options live"});
}

TEST(Diff, AnEntryThatComesOrGoesNeedsARestart) {
  const std::string with = R"({"plugins":{"tcp":{}}})";
  EXPECT_EQ(changes("{}", with), (Lines{"plugins.tcp restart", "plugins.tcp.options live"}));
  EXPECT_EQ(changes(with, "{}"), (Lines{"plugins.tcp restart", "plugins.tcp.options live"}));
}

TEST(Diff, AnEntryThatIsFilledIsNoNewEntry) {
  EXPECT_EQ(changes(R"({"plugins":{"x":{}}})", R"({"plugins":{"x":{"options":{"a":1}}}})"),
            Lines{"plugins.x.options live"});
}

}  // namespace
}  // namespace tenon::config
