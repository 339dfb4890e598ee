#include "base/text/topic_syntax.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon {
namespace {

// [MQTT-4.7.3-1] [MQTT-4.7.3-3]
TEST(TopicSyntax, NamesAndFiltersHaveOneTo65535Bytes) {
  EXPECT_FALSE(is_topic_name(""));
  EXPECT_FALSE(is_topic_filter(""));
  EXPECT_TRUE(is_topic_name("/"));
  EXPECT_TRUE(is_topic_name(std::string(65'535, 'a')));
  EXPECT_FALSE(is_topic_name(std::string(65'536, 'a')));
  EXPECT_TRUE(is_topic_filter(std::string(65'535, '/')));
  EXPECT_FALSE(is_topic_filter(std::string(65'536, '/')));
}

// [MQTT-4.7.1-1] [MQTT-3.3.2-2]
TEST(TopicSyntax, NamesHaveNoWildcards) {
  for (const char* bad : {"+", "#", "a/+", "a+b", "a/#", "a#"}) EXPECT_FALSE(is_topic_name(bad)) << bad;
}

// [MQTT-4.7.1-2]
TEST(TopicSyntax, MultiLevelWildcardIsAWholeLevelAndTheLast) {
  for (const char* good : {"#", "/#", "a/#", "+/#", "a//#"}) EXPECT_TRUE(is_topic_filter(good)) << good;
  for (const char* bad : {"#/", "#/b", "a#", "a/b#", "a/#b", "##", "a/#/c", "#+", "+#"})
    EXPECT_FALSE(is_topic_filter(bad)) << bad;
}

// [MQTT-4.7.1-3]
TEST(TopicSyntax, SingleLevelWildcardIsAWholeLevel) {
  for (const char* good : {"+", "/+", "+/", "+/+", "a/+/b", "+/a/#"})
    EXPECT_TRUE(is_topic_filter(good)) << good;
  for (const char* bad : {"a+", "+a", "a/b+", "a/+b/c", "++"}) EXPECT_FALSE(is_topic_filter(bad)) << bad;
}

TEST(TopicSyntax, LevelsAreCountedByTheirSeparators) {
  for (const auto& [text, levels] :
       {std::pair{"", 1}, {"a", 1}, {"/", 2}, {"a//b", 3}, {"a long level/another one", 2}}) {
    EXPECT_FALSE(is_deeper_than(text, levels)) << text;
    EXPECT_TRUE(is_deeper_than(text, levels - 1)) << text;
  }
}

TEST(TopicSyntax, PlainFiltersAreOnePattern) {
  for (const char* text : {"a/b", "$SYS/#", "$share", "$sharex/g/f", "$oshare", "x/$share/g/f"}) {
    const SplitFilter split = split_filter(text);
    EXPECT_EQ(split.sharing, Sharing::none) << text;
    EXPECT_TRUE(split.well_shaped);
    EXPECT_EQ(split.pattern, text);
    EXPECT_EQ(split.group, "");
  }
}

TEST(TopicSyntax, SharedFiltersAreTakenApart) {
  const SplitFilter shared = split_filter("$share/g/a/+/#");
  EXPECT_EQ(shared.sharing, Sharing::shared);
  EXPECT_TRUE(shared.well_shaped);
  EXPECT_EQ(shared.group, "g");
  EXPECT_EQ(shared.pattern, "a/+/#");
  const SplitFilter ordered = split_filter("$oshare/g//");
  EXPECT_EQ(ordered.sharing, Sharing::ordered);
  EXPECT_TRUE(ordered.well_shaped);
  EXPECT_EQ(ordered.pattern, "/");
}

// [MQTT-4.8.2-1] [MQTT-4.8.2-2]
TEST(TopicSyntax, SharedFiltersWithoutGroupOrPatternAreMisshapen) {
  for (const char* bad : {"$share/", "$share//x", "$share/g", "$share/g/", "$share/g+/x", "$share/#/x",
                          "$share/+/x", "$oshare/", "$oshare/g", "$oshare//x"}) {
    EXPECT_FALSE(split_filter(bad).well_shaped) << bad;
    EXPECT_NE(split_filter(bad).sharing, Sharing::none) << bad;
  }
}

}  // namespace
}  // namespace tenon
