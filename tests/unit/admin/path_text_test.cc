#include "admin/path_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::admin {
namespace {

constexpr std::string_view known[] = {"a", "limit"};

TEST(PathText, PercentEscapesAreDecodedAndBadOnesSeen) {
  EXPECT_EQ(decode_percent("a%2Fb%00+c"), std::string("a/b\0+c", 6));
  EXPECT_EQ(decode_percent(""), "");
  for (const char* bad : {"%", "%2", "%zz", "a%2", "%%41"})
    EXPECT_EQ(decode_percent(bad), std::nullopt) << bad;
}

TEST(Query, HasWhatIsKnownAndRefusesTheRest) {
  const auto query = Query::read("a=x%26y&limit=7", known);
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->get("a"), "x&y");
  EXPECT_EQ(query->number("limit", 1, 10).value(), 7u);
  EXPECT_TRUE(Query::read("", known).ok());
  EXPECT_FALSE(Query::read("", known)->has("a"));
  EXPECT_TRUE(Query::read("a", known)->has("a"));
  for (const char* bad : {"b=1", "a=1&a=2", "a=%", "a=1&b"})
    EXPECT_FALSE(Query::read(bad, known).ok()) << bad;
}

TEST(Query, ANumberIsWithinItsBounds) {
  for (const char* bad : {"limit=0", "limit=11", "limit=", "limit=-1", "limit=1x", "limit=99999999999"})
    EXPECT_FALSE(Query::read(bad, known)->number("limit", 5, 10).ok()) << bad;
  EXPECT_EQ(Query::read("", known)->number("limit", 5, 10).value(), 5u);
}

TEST(Cursor, ComesBackAsItWas) {
  const std::string bytes("\0\xff/a", 4);
  EXPECT_EQ(cursor_text(bytes), "00ff2f61");
  EXPECT_EQ(cursor_bytes(cursor_text(bytes)), bytes);
  for (const char* bad : {"0", "zz", "0g"}) EXPECT_EQ(cursor_bytes(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace tenon::admin
