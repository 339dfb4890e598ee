#include "base/text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon {
namespace {

using namespace std::string_literals;

// The text with up to 17 letters on either side, so that every alignment to the eight-byte steps is met.
template <class Check>
void at_every_offset(const std::string& text, Check check) {
  for (std::size_t before = 0; before < 18; ++before)
    for (std::size_t after : {0, 1, 7, 8, 9})
      check(std::string(before, 'a') + text + std::string(after, 'z'));
}

void expect_refused(const std::string& text) {
  at_every_offset(text,
                  [](const std::string& padded) { EXPECT_FALSE(is_well_formed_text(padded)) << padded; });
}

void expect_accepted(const std::string& text) {
  at_every_offset(text,
                  [](const std::string& padded) { EXPECT_TRUE(is_well_formed_text(padded)) << padded; });
}

std::string encode(char32_t c) {
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
  if (c < 0x10000)
    return {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  return {static_cast<char>(0xF0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 0x3F)),
          static_cast<char>(0x80 | ((c >> 6) & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
}

TEST(Utf8, EmptyTextIsWellFormed) {
  EXPECT_TRUE(is_well_formed_text(""));
}

// [MQTT-1.5.4-1]
TEST(Utf8, ExactlyTheUnicodeScalarValuesAreAccepted) {
  for (char32_t c = 1; c <= 0x13FFFF; ++c) {
    const bool legal = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    ASSERT_EQ(is_well_formed_text(encode(c)), legal) << "U+" << std::hex << static_cast<unsigned>(c);
  }
}

// [MQTT-1.5.4-2]
TEST(Utf8, NulIsRefusedAtEveryPosition) {
  expect_refused("\0"s);
}

TEST(Utf8, WithNulAsACharacterAllElseIsCheckedAsBefore) {
  for (const std::string& text : {""s, "\0"s, "\0\0"s, "a\0\xC3\xA9\0"s, std::string(100, '\0')})
    EXPECT_TRUE(is_utf8(text));
  // U+0000 ends no character that is not whole, and begins none.
  for (const std::string& text : {"\xC3\0"s, "\0\xA9"s, "a\0\xFF"s, "\xC0\x80"s, "\xED\xA0\x80\0"s})
    EXPECT_FALSE(is_utf8(text));
}

TEST(Utf8, OverlongFormsAreRefused) {
  expect_refused("\xC0\x80");
  expect_refused("\xC1\xBF");
  expect_refused("\xE0\x9F\xBF");
  expect_refused("\xF0\x8F\xBF\xBF");
}

TEST(Utf8, SurrogatesAreRefused) {
  expect_refused("\xED\xA0\x80");
  expect_refused("\xED\xBF\xBF");
}

TEST(Utf8, StrayAndMissingContinuationsAreRefused) {
  expect_refused("\x80");
  expect_refused("\xC3");
  expect_refused("\xE2\x82");
  expect_refused("\xF0\x9F\x98");
  expect_refused("\xC3(");
  expect_refused("\xFF");
}

// [MQTT-1.5.4-3]
TEST(Utf8, ByteOrderMarkIsAnOrdinaryCharacter) {
  expect_accepted("\xEF\xBB\xBF");
}

TEST(Utf8, BoundariesOfEachLengthAreAccepted) {
  expect_accepted("\x01\x7F");
  expect_accepted("\xC2\x80\xDF\xBF");
  expect_accepted("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF");
  expect_accepted("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Utf8, WildcardsAreFoundAtEveryPosition) {
  for (const std::string wildcard : {"+", "#", "\xC3\xA9+", "+\xC3\xA9"})
    at_every_offset(wildcard, [](const std::string& padded) { EXPECT_TRUE(scan_text(padded).has_wildcard); });
}

TEST(Utf8, NoOtherCharacterIsTakenForAWildcard) {
  for (char32_t c = 1; c < 0x800; ++c) {
    if (c == '+' || c == '#') continue;
    EXPECT_FALSE(scan_text("abcdefg" + encode(c) + "hijk").has_wildcard) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace tenon
