#include "kv/senders/passed_numbers.h"

#include <gtest/gtest.h>

namespace tenon::kv {
namespace {

using Spans = std::vector<PassedNumbers::Span>;
constexpr std::uint64_t kept = PassedNumbers::kept;

TEST(PassedNumbers, ThatFollowEachOtherAreOneSpan) {
  PassedNumbers passed;
  passed.add(3, 1);
  passed.add(4, 2);
  passed.add(9, 1);
  EXPECT_EQ(passed.spans(), (Spans{{3, 5}, {9, 9}}));
  EXPECT_FALSE(passed.has(2));
  EXPECT_TRUE(passed.has(3));
  EXPECT_TRUE(passed.has(5));
  EXPECT_FALSE(passed.has(6));
  EXPECT_TRUE(passed.has(9));
  EXPECT_FALSE(passed.has(10));
}

TEST(PassedNumbers, AreKeptUntilTwoWindowsOfAppliedOnesAreBehindThem) {
  PassedNumbers passed;
  passed.add(1, 1);
  passed.add(kept + 1, 1);
  EXPECT_TRUE(passed.has(1));
  passed.add(kept + 3, 1);
  EXPECT_FALSE(passed.has(1));
  EXPECT_TRUE(passed.has(kept + 1));
}

TEST(PassedNumbers, DoNotCountAmongThoseThatAreAppliedBehindOthers) {
  PassedNumbers passed;
  passed.add(1, 1);
  for (std::uint64_t turn = 0; turn < 10; ++turn) passed.add(3 + turn * (kept + 1), kept);
  EXPECT_TRUE(passed.has(1));
}

TEST(PassedNumbers, OfWhichNothingWasKeptAreVagueForAsLong) {
  PassedNumbers passed;
  passed.set_vague_to(5);
  EXPECT_TRUE(passed.is_vague(5));
  EXPECT_FALSE(passed.is_vague(6));
  passed.add(6, kept);
  EXPECT_TRUE(passed.is_vague(5));
  EXPECT_FALSE(passed.is_vague(6));
  passed.add(2 * kept + 6, 1);
  EXPECT_FALSE(passed.is_vague(5));
}

TEST(PassedNumbers, AreReadAsTheyWereWritten) {
  PassedNumbers passed;
  passed.set_vague_to(2);
  passed.add(3, 3);
  passed.add(300, 1);
  EXPECT_EQ(encode(passed), std::string("\x02\x02\x02\x03\xa6\x02\x01", 7));
  const PassedNumbers read = decode_passed_numbers(encode(passed)).value();
  EXPECT_EQ(read.spans(), passed.spans());
  EXPECT_TRUE(read.is_vague(2));
}

TEST(PassedNumbers, ThatMakeNoSenseAreCorrupt) {
  using namespace std::string_literals;
  for (const std::string& bytes :
       {""s, "\x00"s, "\x00\x01\x02"s, "\x00\x01\x02\x00"s, "\x00\x02\x02\x01\x00\x01"s,
        "\x00\x01\x02\x01\x07"s, "\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"s,
        "\x00\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s})
    EXPECT_FALSE(decode_passed_numbers(bytes).ok()) << testing::PrintToString(bytes);
}

}  // namespace
}  // namespace tenon::kv
