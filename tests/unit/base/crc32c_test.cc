#include "base/digest/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon {
namespace {

struct Vector {
  std::string bytes;
  std::uint32_t sum;
};

std::string counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<char>(first + i * step));
  return bytes;
}

// RFC 3720, B.4, and the usual check word.
const Vector vectors[] = {
    {"", 0},
    {std::string(32, '\0'), 0x8A9136AA},
    {std::string(32, '\xff'), 0x62A8AB43},
    {counting(0, 1), 0x46DD794E},
    {counting(31, -1), 0x113FDB5C},
    {"123456789", 0xE3069283},
};

TEST(Crc32c, IsThatOfRfc3720) {
  for (const Vector& vector : vectors) {
    EXPECT_EQ(crc32c(vector.bytes), vector.sum);
    EXPECT_EQ(crc32c_portable(vector.bytes), vector.sum);
  }
}

TEST(Crc32c, GoesOnWhereItWasCut) {
  for (const Vector& vector : vectors)
    for (std::size_t cut = 0; cut <= vector.bytes.size(); ++cut) {
      const std::string_view bytes(vector.bytes);
      EXPECT_EQ(crc32c(bytes.substr(cut), crc32c(bytes.substr(0, cut))), vector.sum);
      EXPECT_EQ(crc32c_portable(bytes.substr(cut), crc32c_portable(bytes.substr(0, cut))), vector.sum);
    }
}

}  // namespace
}  // namespace tenon
