#include "common/json_value.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {

bool may_allocate = true;

}  // namespace

// Replaced for the whole program: memory can be had until a test says otherwise.
void* operator new(std::size_t size) {
  if (!may_allocate) throw std::bad_alloc();
  if (void* const made = std::malloc(size ? size : 1)) return made;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace tenon::auth_common {
namespace {

constexpr std::size_t nesting_max = 4;
using Type = JsonValue::Type;
using namespace std::string_view_literals;

std::optional<JsonValue> read(std::string_view text) {
  return read_json(text, nesting_max);
}

TEST(JsonValue, IsWhatTheTextSays) {
  const auto value = read(R"({"a": "x", "b": [1, -2, 0.5, true, null], "c": {"d": false}, "e": ""})");
  ASSERT_TRUE(value);
  ASSERT_TRUE(value->is(Type::object));
  EXPECT_EQ(value->find("a")->text(), "x");
  const auto& list = value->find("b")->items();
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list[0].whole(), 1u);
  EXPECT_EQ(list[1].whole(), std::nullopt);
  EXPECT_EQ(list[1].number(), -2);
  EXPECT_EQ(list[2].number(), 0.5);
  EXPECT_EQ(list[2].whole(), std::nullopt);
  EXPECT_TRUE(list[3].flag());
  EXPECT_TRUE(list[4].is(Type::null));
  EXPECT_FALSE(value->find("c")->find("d")->flag());
  EXPECT_TRUE(value->find("e")->is(Type::text));
  EXPECT_EQ(value->find("f"), nullptr);
  EXPECT_EQ(value->find("a")->find("b"), nullptr);
}

TEST(JsonValue, IsNotReadFromWhatIsNoJson) {
  for (const char* text : {"", "{", "{\"a\"}", "[1,]", "nul", "\"\xff\"", "1 2", "{\"a\":1e999}"})
    EXPECT_FALSE(read(text)) << text;
  for (const std::string_view text : {"{}\0"sv, "{}\0x"sv, "{\0}"sv, "\0{}"sv, "\"\0\""sv})
    EXPECT_FALSE(read(text)) << testing::PrintToString(text);
}

TEST(JsonValue, OfAnObjectWithOneMemberTwiceIsNone) {
  EXPECT_FALSE(read(R"({"a": 1, "a": 1})"));
  EXPECT_FALSE(read(R"([{"b": {"a": 1, "a": 2}}])"));
  EXPECT_TRUE(read(R"({"a": {"a": 1}, "b": {"a": 2}})"));
}

TEST(JsonValue, OfAnObjectHasAsManyMembersAsItMay) {
  std::string text = "{";
  for (std::size_t i = 0; i < members_max; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":[]";
  EXPECT_TRUE(read(text + "}"));
  EXPECT_TRUE(read("[" + text + "}," + text + "}]")) << "each object counts for itself";
  EXPECT_FALSE(read(text + ",\"x\":1}"));
  EXPECT_FALSE(read(text + ",\"x\":{\"y\":1}}"));
}

TEST(JsonValue, IsNestedAsDeepAsItMay) {
  EXPECT_TRUE(read("[[[[1]]]]"));
  EXPECT_FALSE(read("[[[[[1]]]]]"));
  EXPECT_FALSE(read(std::string(100'000, '[')));
}

TEST(JsonValue, EndsWithoutMemory) {
  {
    const auto value = read(R"({"a": [{"b": ["c", "d"]}, [2, 3]], "e": {"f": {}}})");
    ASSERT_TRUE(value);
    may_allocate = false;
  }
  may_allocate = true;
}

TEST(JsonText, IsQuotedAndReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json_text("a\"\n"), R"("a\"\n")");
  EXPECT_EQ(json_text("a\xff"), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace tenon::auth_common
