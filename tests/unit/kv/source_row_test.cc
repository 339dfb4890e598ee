#include "kv/senders/source_row.h"

#include <gtest/gtest.h>

#include "kv/senders/passed_numbers.h"

namespace tenon::kv {
namespace {

using Fate = SourceRow::Fate;

Fate fate(const SourceRow& row, std::uint64_t number) {
  return row.fate_of(number).value();
}

TEST(SourceRow, StandsInTheseBytes) {
  EXPECT_EQ(encode(SourceRow{300, {}}), "\xac\x02");
  EXPECT_EQ(encode(SourceRow{300, {7, 300}}), "\xac\x02\x02\x07\xac\x02");
  SourceRow row{300, {}};
  ASSERT_TRUE(row.pass_over(1).ok());
  EXPECT_EQ(encode(row), std::string("\xad\x02\x00\xad\x83\x08\x05\x00\x01\xac\x02\x01", 12));
}

TEST(SourceRow, IsReadAsItWasWritten) {
  SourceRow written{300, {7, 300}};
  ASSERT_TRUE(written.pass_over(2).ok());
  const SourceRow row = decode_source_row(encode(written)).value();
  EXPECT_EQ(row.last, 302u);
  EXPECT_EQ(fate(row, 7), Fate::refused);
  EXPECT_EQ(fate(row, 300), Fate::refused);
  EXPECT_EQ(fate(row, 8), Fate::applied);
  EXPECT_EQ(fate(row, 301), Fate::passed);
  EXPECT_EQ(fate(row, 302), Fate::passed);
  EXPECT_EQ(fate(row, 303), Fate::open);
  EXPECT_TRUE(decode_source_row(encode(SourceRow{1, {}})).value().refused.empty());
}

TEST(SourceRow, ThatMakesNoSenseIsCorrupt) {
  for (const SourceRow& row :
       {SourceRow{0, {}}, SourceRow{5, {6}}, SourceRow{5, {3, 3}}, SourceRow{5, {4, 2}}})
    EXPECT_EQ(decode_source_row(encode(row)).error().code, Errc::corrupt);
  for (const char* bytes : {"", "\x80", "\x05\x02\x01", "\x05\x7f\x01"})
    EXPECT_EQ(decode_source_row(bytes).error().code, Errc::corrupt);
  EXPECT_EQ(decode_source_row(encode(SourceRow{5, {}, "x", 5})).error().code, Errc::corrupt);
  const SourceRow unsound = decode_source_row(encode(SourceRow{5, {}, "x", 6})).value();
  EXPECT_FALSE(unsound.is_sound());
  EXPECT_EQ(unsound.fate_of(5).error().code, Errc::corrupt);
}

TEST(SourceRow, WhosePassedNumbersWereNotUsedUpIsNotBelieved) {
  SourceRow row{5, {}};
  ASSERT_TRUE(row.pass_over(3).ok());
  row.last = 5;
  EXPECT_EQ(row.pass_over(1).error().code, Errc::corrupt);
}

TEST(SourceRow, KeepsTheLatestRefusals) {
  SourceRow row;
  for (std::uint64_t number = 1; number <= 2 * SourceRow::refused_max; ++number) row.use_up(number, true);
  row.use_up(row.last + 1, false);
  EXPECT_EQ(row.refused.size(), SourceRow::refused_max);
  EXPECT_EQ(fate(row, SourceRow::refused_max), Fate::applied);
  EXPECT_EQ(fate(row, SourceRow::refused_max + 1), Fate::refused);
  EXPECT_EQ(fate(row, row.last), Fate::applied);
  EXPECT_EQ(decode_source_row(encode(row)).value().refused, row.refused);
}

TEST(SourceRow, IsAsSmallAsBeforeOnceNobodyAsksForPassedNumbersAnyMore) {
  SourceRow row{5, {}};
  ASSERT_TRUE(row.pass_over(1).ok());
  for (std::uint64_t i = 1; i < PassedNumbers::kept; ++i) row.use_up(row.last + 1, false);
  EXPECT_EQ(fate(row, 6), Fate::passed);
  row.use_up(row.last + 1, false);
  EXPECT_EQ(encode(row), encode(SourceRow{row.last, {}}));
}

TEST(SourceRow, OfATimeWhenPassedNumbersWereNotKeptDoesNotSayWhatWasApplied) {
  SourceRow row{5, {2}};
  row.be_vague();
  row.use_up(6, false);
  EXPECT_EQ(fate(row, 5), Fate::unknown);
  EXPECT_EQ(fate(row, 2), Fate::refused);
  EXPECT_EQ(fate(row, 6), Fate::applied);
  ASSERT_TRUE(row.be_certain().ok());
  EXPECT_EQ(encode(row), encode(SourceRow{6, {2}}));
}

}  // namespace
}  // namespace tenon::kv
