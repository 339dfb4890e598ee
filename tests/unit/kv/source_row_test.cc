#include "kv/source_row.h"

#include <gtest/gtest.h>

namespace tenon::kv {
namespace {

TEST(SourceRow, StandsInTheseBytes) {
  EXPECT_EQ(encode(SourceRow{300, {}}), "\xac\x02");
  EXPECT_EQ(encode(SourceRow{300, {7, 300}}), "\xac\x02\x02\x07\xac\x02");
}

TEST(SourceRow, IsReadAsItWasWritten) {
  const SourceRow row = decode_source_row(encode(SourceRow{300, {7, 300}})).value();
  EXPECT_EQ(row.last, 300u);
  EXPECT_TRUE(row.has_refused(7));
  EXPECT_TRUE(row.has_refused(300));
  EXPECT_FALSE(row.has_refused(8));
  EXPECT_TRUE(decode_source_row(encode(SourceRow{1, {}})).value().refused.empty());
}

TEST(SourceRow, ThatMakesNoSenseIsCorrupt) {
  for (const SourceRow& row :
       {SourceRow{0, {}}, SourceRow{5, {6}}, SourceRow{5, {3, 3}}, SourceRow{5, {4, 2}}})
    EXPECT_EQ(decode_source_row(encode(row)).error().code, Errc::corrupt);
  for (const char* bytes : {"", "\x80", "\x05\x02\x01", "\x05\x7f\x01"})
    EXPECT_EQ(decode_source_row(bytes).error().code, Errc::corrupt);
}

TEST(SourceRow, KeepsTheLatestRefusals) {
  SourceRow row;
  for (std::uint64_t number = 1; number <= 2 * SourceRow::refused_max; ++number) row.use_up(number, true);
  row.use_up(row.last + 1, false);
  EXPECT_EQ(row.refused.size(), SourceRow::refused_max);
  EXPECT_FALSE(row.has_refused(SourceRow::refused_max));
  EXPECT_TRUE(row.has_refused(SourceRow::refused_max + 1));
  EXPECT_FALSE(row.has_refused(row.last));
  EXPECT_EQ(decode_source_row(encode(row)).value().refused, row.refused);
}

}  // namespace
}  // namespace tenon::kv
