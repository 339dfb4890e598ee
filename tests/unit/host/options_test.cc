#include "host/tables/options.h"

#include <gtest/gtest.h>

#include "scripted_auth.h"

namespace tenon::host::test {
namespace {

Options sample() {
  auto parsed = Options::parse(R"({
      "name": "x", "n": -5, "big": 9223372036854775808, "f": 1.5, "yes": true, "nothing": null,
      "list": [{"host": "a"}, {"host": "b"}]})");
  return std::move(parsed).value();
}

TEST(Options, ReadsTexts) {
  const Options o = sample();
  tenon_bytes value{};
  EXPECT_EQ(o.get_string("name", &value), TENON_OK);
  EXPECT_EQ(text(value), "x");
  EXPECT_EQ(o.get_string("list.1.host", &value), TENON_OK);
  EXPECT_EQ(text(value), "b");
}

TEST(Options, ReadsNumbersTruthsAndCounts) {
  const Options o = sample();
  std::int64_t n = 0;
  EXPECT_EQ(o.get_int("n", &n), TENON_OK);
  EXPECT_EQ(n, -5);
  std::uint32_t yes = 0;
  EXPECT_EQ(o.get_bool("yes", &yes), TENON_OK);
  EXPECT_EQ(yes, 1u);
  std::uint32_t count = 0;
  EXPECT_EQ(o.get_count("list", &count), TENON_OK);
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(o.get_count("", &count), TENON_OK);
  EXPECT_EQ(count, 7u);
}

TEST(Options, MissingAndNullAreNotFound) {
  const Options o = sample();
  tenon_bytes value{};
  for (const char* path :
       {"nobody", "nothing", "name.x", "list.2", "list.-1", "list.x", "list.0.", "list..0", ".name"})
    EXPECT_EQ(o.get_string(path, &value), TENON_E_NOT_FOUND) << path;
  EXPECT_EQ(o.get_string(nullptr, &value), TENON_E_NOT_FOUND);
}

TEST(Options, AnotherTypeIsInvalid) {
  const Options o = sample();
  tenon_bytes value{};
  std::int64_t n = 0;
  std::uint32_t u = 0;
  EXPECT_EQ(o.get_string("n", &value), TENON_E_INVALID);
  EXPECT_EQ(o.get_int("name", &n), TENON_E_INVALID);
  EXPECT_EQ(o.get_int("f", &n), TENON_E_INVALID);
  EXPECT_EQ(o.get_int("big", &n), TENON_E_INVALID);
  EXPECT_EQ(o.get_bool("n", &u), TENON_E_INVALID);
  EXPECT_EQ(o.get_count("name", &u), TENON_E_INVALID);
}

TEST(Options, EmptyTextIsAnEmptyObject) {
  const auto o = Options::parse("");
  ASSERT_TRUE(o.ok());
  EXPECT_EQ(o->json(), "{}");
}

TEST(Options, OnlyAnObjectWillDo) {
  for (const char* wrong : {"[]", "1", "\"x\"", "null", "{", "{} x", "{\"a\": }"})
    EXPECT_FALSE(Options::parse(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace tenon::host::test
