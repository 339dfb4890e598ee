#include "base/text/hex.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Hex, HasSixteenDigits) {
  EXPECT_EQ(hex_text(0), "0000000000000000");
  EXPECT_EQ(hex_text(0x1f0), "00000000000001f0");
  EXPECT_EQ(hex_text(0xfedcba9876543210), "fedcba9876543210");
}

}  // namespace
}  // namespace tenon
