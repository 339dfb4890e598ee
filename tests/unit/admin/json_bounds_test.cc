#include "admin/json/json_bounds.h"

#include <gtest/gtest.h>

#include "admin/json/json_body.h"

namespace tenon::admin {
namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(JsonBounds, DepthCountsWhatIsOpenAtOnce) {
  const JsonBounds bounds{.depth_max = 2};
  EXPECT_TRUE(is_within(R"({"a": [1], "b": [[]})", {.depth_max = 3}));
  EXPECT_TRUE(is_within(R"({"a": [1], "b": {}, "c": []})", bounds));
  EXPECT_FALSE(is_within(R"({"a": [{}]})", bounds));
  EXPECT_FALSE(is_within("]]]{[[", bounds)) << "what closes nothing makes no room";
}

TEST(JsonBounds, EachListObjectAndCommaIsAValue) {
  const JsonBounds bounds{.values_max = 4};
  EXPECT_TRUE(is_within(R"([1, [2, 3]])", bounds));
  EXPECT_FALSE(is_within(R"([1, [2, 3], 4])", bounds));
  EXPECT_FALSE(is_within(R"({"a": {}, "b": {}, "c": 1})", bounds));
}

TEST(JsonBounds, WhatStandsInAStringIsNoValue) {
  const JsonBounds bounds{.values_max = 2, .depth_max = 1};
  EXPECT_TRUE(is_within(R"({"[{,[{,": "\"[[[{{{,,,\\", "b": ""})", bounds));
  EXPECT_FALSE(is_within(R"({"a\\": [1]})", bounds)) << "an escaped backslash escapes no quote";
  EXPECT_TRUE(is_within("[\"[[[[", bounds));
  EXPECT_TRUE(is_within("[\"[[[[\\", bounds));
}

TEST(JsonBounds, AMessageWithAsManyUserPropertiesAsMayBeIsWithin) {
  const std::string pairs = times(65534, R"(["a","b"],)") + R"(["a","b"])";
  const std::string text = R"({"topic": "a", "payload": "", "user_properties": [)" + pairs + "]}";
  JsonBody body(text);
  body.text("topic");
  body.text("payload");
  EXPECT_EQ(body.pairs("user_properties")->size(), 65535u);
  EXPECT_TRUE(body.end().ok());
}

TEST(JsonBounds, ABodyBeyondThemIsRefusedBeforeItIsBuilt) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string wide = "[0" + times(300'000, ",0") + "]";
  for (const std::string& text :
       {std::string(1 << 20, '['), R"({"a":)" + deep + "}", R"({"a":)" + wide + "}"}) {
    JsonBody body(text);
    EXPECT_FALSE(body.text("a"));
    EXPECT_EQ(body.end().error().message, "the body has too many values, or is nested too deeply");
  }
}

}  // namespace
}  // namespace tenon::admin
