#include "topic/topic.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::topic {
namespace {

const TopicLimits no_limits{.bytes_max = topic_bytes_max, .levels_max = topic_bytes_max + 1};

TEST(Topic, NameFaultsAreTold) {
  EXPECT_EQ(check_name("a/b", {}), TopicFault::none);
  EXPECT_EQ(check_name("", {}), TopicFault::empty);
  EXPECT_EQ(check_name("a/+", {}), TopicFault::wildcard_in_name);
  EXPECT_EQ(check_name("#", {}), TopicFault::wildcard_in_name);
  EXPECT_EQ(check_name("a\xFF", {}), TopicFault::not_utf8);
  EXPECT_EQ(check_name(std::string_view("a\0b", 3), {}), TopicFault::not_utf8);
}

TEST(Topic, FilterFaultsAreTold) {
  EXPECT_EQ(check_filter("a/+/#", {}), TopicFault::none);
  EXPECT_EQ(check_filter("$share/g/a/#", {}), TopicFault::none);
  EXPECT_EQ(check_filter("", {}), TopicFault::empty);
  EXPECT_EQ(check_filter("a#", {}), TopicFault::bad_wildcard);
  EXPECT_EQ(check_filter("$share/g/a#", {}), TopicFault::bad_wildcard);
  EXPECT_EQ(check_filter("$share/g", {}), TopicFault::bad_share);
  EXPECT_EQ(check_filter("$oshare/+/a", {}), TopicFault::bad_share);
  EXPECT_EQ(check_filter("\xED\xA0\x80", {}), TopicFault::not_utf8);
}

TEST(Topic, LimitsHoldForBytesAndLevels) {
  const TopicLimits limits{.bytes_max = 10, .levels_max = 3};
  EXPECT_EQ(check_name("0123456789", limits), TopicFault::none);
  EXPECT_EQ(check_name("0123456789a", limits), TopicFault::too_long);
  EXPECT_EQ(check_name("a/b/c", limits), TopicFault::none);
  EXPECT_EQ(check_name("a/b/c/", limits), TopicFault::too_deep);
  EXPECT_EQ(check_filter("+/+/#", limits), TopicFault::none);
  EXPECT_EQ(check_filter("+/+/+/#", limits), TopicFault::too_deep);
}

TEST(Topic, LimitsOfASharedFilterHoldForItsPattern) {
  const TopicLimits limits{.bytes_max = 5, .levels_max = 2};
  EXPECT_EQ(check_filter("$share/a-long-group-name/a/b", limits), TopicFault::none);
  EXPECT_EQ(check_filter("$share/g/a/b/c", limits), TopicFault::too_deep);
  EXPECT_EQ(check_filter("$share/g/abcdef", limits), TopicFault::too_long);
}

// [MQTT-4.7.3-3]
// ATTACK-8
TEST(TopicFilter, PlusMayStandInTheFirstLevelsOnlyAndAllElseAnywhere) {
  const TopicLimits limits{.wildcard_levels_max = 2};
  for (const char* filter : {"+", "+/+", "+/+/a/#", "a/+/b/c", "a/b/c/d/#", "#", "$share/g/+/+/a", "a/b+c"})
    EXPECT_NE(check_filter(filter, limits), TopicFault::wildcard_too_deep) << filter;
  for (const char* filter : {"a/b/+", "+/+/+", "//+/#", "a/b/c/+/d", "$share/g/a/b/+"})
    EXPECT_EQ(check_filter(filter, limits), TopicFault::wildcard_too_deep) << filter;
  EXPECT_EQ(check_filter("a/b/c+", limits), TopicFault::bad_wildcard);
}

TEST(Topic, NothingIsLongerThan65535Bytes) {
  EXPECT_EQ(check_name(std::string(65'535, '/'), no_limits), TopicFault::none);
  const TopicLimits careless{.bytes_max = 1'000'000, .levels_max = 1'000'000};
  EXPECT_EQ(check_name(std::string(65'536, '/'), careless), TopicFault::too_long);
  EXPECT_EQ(check_filter(std::string(65'536, '/'), careless), TopicFault::too_long);
}

TEST(Topic, EveryFaultHasASentence) {
  for (int fault = 0; fault <= static_cast<int>(TopicFault::wildcard_too_deep); ++fault)
    EXPECT_TRUE(to_string(static_cast<TopicFault>(fault)).starts_with("the ")) << fault;
}

struct MatchCase {
  const char* pattern;
  const char* name;
  bool expected;
};

// The examples of MQTT 5.0 §4.7 and what follows from its rules.
constexpr MatchCase match_cases[] = {
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/tennis/player1/#", "sport/tennis/player2", false},
    {"sport/#", "sport", true},
    {"sport/#", "sports", false},
    {"#", "a", true},
    {"#", "/", true},
    {"#", "a/b/c", true},
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+", "a", true},
    {"+", "/a", false},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+/tennis/#", "sport/tennis", true},
    {"+/tennis/#", "sport/golf", false},
    {"+/+/#", "a", false},
    {"+/#", "a", true},
    {"/", "/", true},
    {"/", "a", false},
    {"//", "//", true},
    {"a//b", "a/b", false},
    {"a/+/b", "a//b", true},
    {"a", "a/", false},
    {"a/", "a", false},
    {"a/b", "a/b/c", false},
    {"a/b/c", "a/b", false},
};

TEST(Topic, ExamplesOfTheStandardMatch) {
  for (const MatchCase& c : match_cases)
    EXPECT_EQ(matches(c.pattern, c.name), c.expected) << c.pattern << " " << c.name;
}

// [MQTT-4.7.2-1]
TEST(Topic, LeadingWildcardsDoNotMatchDollarNames) {
  EXPECT_FALSE(matches("#", "$SYS/x"));
  EXPECT_FALSE(matches("+/x", "$SYS/x"));
  EXPECT_FALSE(matches("+", "$SYS"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS/x"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS"));
  EXPECT_TRUE(matches("$SYS/+", "$SYS/x"));
  EXPECT_TRUE(matches("+/$x", "a/$x"));
}

// [MQTT-4.7.3-4]
TEST(Topic, NothingIsNormalized) {
  EXPECT_FALSE(matches("ACCOUNTS", "Accounts"));
  EXPECT_FALSE(matches("caf\xC3\xA9", "cafe\xCC\x81"));
  EXPECT_FALSE(matches("a", "a "));
}

TEST(Topic, ManyLevelsAreMatchedInOnePass) {
  std::string pattern = "+";
  std::string name = "a";
  for (int i = 0; i < 32'000; ++i) {
    pattern += "/+";
    name += "/a";
  }
  EXPECT_TRUE(matches(pattern, name));
  EXPECT_FALSE(matches(pattern + "/+", name));
  EXPECT_TRUE(matches(std::string(65'535, '/'), std::string(65'535, '/')));
}

}  // namespace
}  // namespace tenon::topic
