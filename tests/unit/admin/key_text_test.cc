#include "admin/json/key_text.h"

#include <gtest/gtest.h>

namespace tenon::admin {
namespace {

TEST(KeyText, PlainBytesStandForThemselvesAndOthersInHexadecimal) {
  EXPECT_EQ(key_text("sport/tennis_1-~.$"), "sport/tennis_1-~.$");
  EXPECT_EQ(key_text(std::string("\0 a%+#\xff", 7)), "%00%20a%25%2B%23%FF");
  EXPECT_EQ(key_text(""), "");
}

TEST(KeyText, IsReadBackToEveryByte) {
  std::string key;
  for (int byte = 0; byte < 256; ++byte) key += static_cast<char>(byte);
  EXPECT_EQ(key_of_text(key_text(key)), key);
  EXPECT_EQ(key_of_text("%2b%2B"), "++");
}

TEST(KeyText, AnythingElseIsRefused) {
  for (const char* text : {"%", "%0", "%0g", "%g0", "a b", "a+b", "\xff", "%00%"})
    EXPECT_FALSE(key_of_text(text)) << text;
}

}  // namespace
}  // namespace tenon::admin
