#include "base/wire.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Wire, WhatIsWrittenIsReadBackInOrder) {
  std::string text;
  WireWriter out(text);
  out.u8(7);
  out.u16(0x1234);
  out.u32(0x89abcdef);
  out.u64(0x0123456789abcdef);
  out.varint(300);
  out.bytes("abc");
  out.raw("xy");
  WireReader in(text);
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.u16(), 0x1234);
  EXPECT_EQ(in.u32(), 0x89abcdefu);
  EXPECT_EQ(in.u64(), 0x0123456789abcdefu);
  EXPECT_EQ(in.varint(), 300u);
  EXPECT_EQ(in.bytes(), "abc");
  EXPECT_EQ(in.rest(), "xy");
  EXPECT_TRUE(in.ok());
}

TEST(Wire, NumbersAreLittleEndianAndVarintsLeb128) {
  std::string text;
  WireWriter out(text);
  out.u32(0x01020304);
  out.varint(300);
  EXPECT_EQ(text, std::string("\x04\x03\x02\x01\xac\x02"));
}

TEST(Wire, VarintsReachFromZeroToTheLargestNumber) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                    std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    std::string text;
    WireWriter(text).varint(value);
    WireReader in(text);
    EXPECT_EQ(in.varint(), value);
    EXPECT_TRUE(in.ok() && in.at_end()) << value;
  }
}

TEST(Wire, AVarintBeyondSixtyFourBitsIsRefused) {
  for (const std::string& text : {std::string(9, '\xff') + '\x02', std::string(11, '\x80')}) {
    WireReader in(text);
    EXPECT_EQ(in.varint(), 0u);
    EXPECT_FALSE(in.ok());
  }
}

TEST(Wire, ReadingBeyondTheEndGivesNothingFromThenOn) {
  std::string text;
  WireWriter(text).bytes("abcdef");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    WireReader in(std::string_view(text).substr(0, cut));
    EXPECT_EQ(in.bytes(), "");
    EXPECT_EQ(in.u8(), 0);
    EXPECT_FALSE(in.ok()) << cut;
  }
}

TEST(Wire, WhatAnOlderWriterDidNotWriteReadsAsTheStatedValue) {
  WireReader in(std::string_view{});
  EXPECT_EQ(in.varint_or(5), 5u);
  EXPECT_EQ(in.u8_or(6), 6);
  EXPECT_TRUE(in.ok());
}

}  // namespace
}  // namespace tenon
