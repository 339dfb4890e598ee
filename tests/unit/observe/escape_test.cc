#include "observe/log/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace tenon::observe {
namespace {

using namespace std::string_literals;

constexpr std::size_t plenty = 1000;

std::string escaped(std::string_view text, std::size_t bytes_max = plenty) {
  std::string out;
  append_escaped(out, text, bytes_max);
  return out;
}

std::string in_quotes(std::string_view text, std::size_t bytes_max = plenty) {
  std::string out;
  append_quoted(out, text, bytes_max);
  return out;
}

std::string json(std::string_view text, std::size_t bytes_max = plenty) {
  std::string out;
  append_json_string(out, text, bytes_max);
  return out;
}

TEST(Escape, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(escaped("client 7: käse 日本 🙂"), "client 7: käse 日本 🙂");
  EXPECT_EQ(json("käse 日本 🙂"), "\"käse 日本 🙂\"");
}

// ATTACK-28
TEST(Escape, LineEndsAndTerminalControlsBecomeVisible) {
  EXPECT_EQ(escaped("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escaped("\x1b[2Jgone\x07"), "\\x1b[2Jgone\\x07");
  EXPECT_EQ(escaped("nul\0x"s), "nul\\x00x");
  EXPECT_EQ(escaped("\x7f"), "\\x7f");
  EXPECT_EQ(json("a\n\x1b\x7f"), "\"a\\u000a\\u001b\\u007f\"");
}

TEST(Escape, C1ControlsLineSeparatorsAndDirectionMarksBecomeVisible) {
  EXPECT_EQ(escaped("\u0085\u009b"), "\\u{0085}\\u{009b}");
  EXPECT_EQ(escaped("\u2028\u2029"), "\\u{2028}\\u{2029}");
  EXPECT_EQ(escaped("\u202egnp.exe\u2066\u200f\u061c"), "\\u{202e}gnp.exe\\u{2066}\\u{200f}\\u{061c}");
  EXPECT_EQ(json("\u202e"), "\"\\u202e\"");
}

TEST(Escape, BackslashAndQuoteCanNotPretendToBeEscapes) {
  EXPECT_EQ(escaped("\\n"), "\\\\n");
  EXPECT_EQ(in_quotes("a\" b=\"c"), R"("a\" b=\"c")");
  EXPECT_EQ(json("a\"b\\"), R"("a\"b\\")");
}

TEST(Escape, MalformedUtf8IsShownByteByByte) {
  EXPECT_EQ(escaped("\xff"), "\\xff");
  EXPECT_EQ(escaped("\xc3"), "\\xc3");           // cut off
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");  // overlong
  EXPECT_EQ(escaped("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(escaped("\xc3z"), "\\xc3z");  // what follows is kept
  EXPECT_EQ(json("\xff"), "\"\\ufffd\"");
}

TEST(Escape, LongTextIsCutBetweenCharactersAndSaysItsLength) {
  EXPECT_EQ(escaped("abcdef", 6), "abcdef");
  EXPECT_EQ(escaped("abcdefg", 6), "abcdef...(7 bytes)");
  EXPECT_EQ(escaped("abäöü", 3), "ab...(8 bytes)");
  EXPECT_EQ(escaped("abäöü", 4), "abä...(8 bytes)");
  EXPECT_EQ(in_quotes("🙂🙂", 5), "\"🙂...(8 bytes)\"");
  EXPECT_LT(escaped(std::string(65536, '\x01'), 256).size(), 256u * 4 + 32);
}

TEST(Escape, EveryBytesMakeOneLineAndOneJsonString) {
  std::minstd_rand random(28);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() : 0xC0 | (random() & 0x3F));
    SCOPED_TRACE(nlohmann::json(std::vector<std::uint8_t>(text.begin(), text.end())).dump());
    const std::string line = escaped(text) + in_quotes(text);
    for (const char c : line) EXPECT_GE(static_cast<std::uint8_t>(c), 0x20);
    EXPECT_TRUE(nlohmann::json::parse(json(text), nullptr, false).is_string());
  }
}

}  // namespace
}  // namespace tenon::observe
