// Filters and what their wildcards stand for, and topics that are made of that.
#include "rule.h"

#include <gtest/gtest.h>

namespace tenon::topic_rewrite {
namespace {

using Values = std::vector<std::string_view>;

TEST(Match, WildcardsStandForLevelsAndTheRest) {
  EXPECT_EQ(match("a/b", "a/b"), Values{});
  EXPECT_EQ(match("a/+/c", "a/b/c"), Values{"b"});
  EXPECT_EQ(match("+/+", "a/b"), (Values{"a", "b"}));
  EXPECT_EQ(match("+/#", "a/b/c"), (Values{"a", "b/c"}));
  EXPECT_EQ(match("#", "a/b"), Values{"a/b"});
  EXPECT_EQ(match("a/#", "a"), Values{""});
  EXPECT_EQ(match("a/#", "a/"), Values{""});
  EXPECT_EQ(match("+", ""), Values{""});
  EXPECT_EQ(match("a/+", "a/"), Values{""});
  EXPECT_EQ(match("+/b", "/b"), Values{""});
}

TEST(Match, WhatDoesNotMatchIsNone) {
  for (const auto& [filter, topic] : std::vector<std::pair<const char*, const char*>>{{"a", "b"},
                                                                                      {"a", "a/b"},
                                                                                      {"a/b", "a"},
                                                                                      {"a/+", "a"},
                                                                                      {"a/+", "a/b/c"},
                                                                                      {"+/b/#", "a/c"},
                                                                                      {"a/+/#", "a"},
                                                                                      {"+", "$SYS"},
                                                                                      {"#", "$SYS/x"},
                                                                                      {"+/x", "$SYS/x"},
                                                                                      {"a/b/c", "a/b"}})
    EXPECT_FALSE(match(filter, topic)) << filter << " " << topic;
  EXPECT_TRUE(match("$SYS/#", "$SYS/x"));
}

TEST(Template, PlacesAreFilledInAnyOrderAndMoreThanOnce) {
  EXPECT_EQ(Template("x").fill({}), "x");
  EXPECT_EQ(Template("$2/$1/$2/end").fill({"a", "b"}), "b/a/b/end");
  EXPECT_EQ(Template("$$1/$$").fill({"a"}), "$1/$");
  EXPECT_EQ(Template("$1$1").fill({"a"}), "aa");
}

TEST(Template, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(Template::fault_of("$1/$2/$$", 2), "");
  EXPECT_NE(Template::fault_of("$3", 2), "");
  EXPECT_NE(Template::fault_of("a$", 2), "");
  EXPECT_NE(Template::fault_of("$x", 2), "");
  EXPECT_NE(Template::fault_of("$0", 2), "");
  EXPECT_NE(Template::fault_of("a/+", 2), "");
  EXPECT_NE(Template::fault_of("a/#", 2), "");
}

TEST(WildcardCount, CountsThoseThatHaveAPlace) {
  EXPECT_EQ(wildcard_count("a/b"), 0u);
  EXPECT_EQ(wildcard_count("+/a/+/#"), 3u);
}

}  // namespace
}  // namespace tenon::topic_rewrite
