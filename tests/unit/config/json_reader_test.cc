#include "config/json/json_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/json/json_writer.h"
#include "config/json/utf8.h"

namespace tenon::config {
namespace {

const auto source = std::make_shared<const std::string>("f");

// The text written back, or the errors.
std::string round_trip(std::string_view text, const JsonLimits& limits = {}) {
  std::vector<ConfigError> errors;
  const std::optional<Value> value = read_json(text, source, limits, errors);
  if (value) return to_json(*value);
  std::string out;
  for (const ConfigError& error : errors) out += (out.empty() ? "" : " | ") + error.to_string();
  return out;
}

TEST(JsonReader, ReadsEveryKindOfValue) {
  EXPECT_EQ(round_trip(R"({"a":null,"b":[true,false],"c":{"d":-12},"e":"x","f":1.50e+3})"),
            R"({"a":null,"b":[true,false],"c":{"d":-12},"e":"x","f":1.50e+3})");
}

TEST(JsonReader, SkipsBlanksAndBothKindsOfComment) {
  EXPECT_EQ(round_trip("// first\r\n\t{ /* in * / ** */ \"a\" : // why\n 1 /**/ }  // no newline at the end"),
            R"({"a":1})");
}

TEST(JsonReader, LeavesCommentMarksInsideOfStringsAlone) {
  EXPECT_EQ(round_trip(R"({"a":"http://b/*c*/"})"), R"({"a":"http://b/*c*/"})");
}

TEST(JsonReader, DecodesEscapes) {
  std::vector<ConfigError> errors;
  const auto value = read_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00")", source, {}, errors);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(JsonReader, SkipsAByteOrderMark) {
  EXPECT_EQ(round_trip("\xEF\xBB\xBF{}"), "{}");
}

TEST(JsonReader, KeepsTheTextOfNumbersBeyond64Bits) {
  EXPECT_EQ(round_trip("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(round_trip("9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(round_trip("1e-999"), "1e-999");
}

TEST(JsonReader, KnowsLineAndColumnOfValuesAndKeys) {
  std::vector<ConfigError> errors;
  const auto value = read_json("{\n  \"\xC3\xA9\": 1,\n\t\"b\":\n[ 2 ]}", source, {}, errors);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->origin.file_line_column(), "f:1:1");
  EXPECT_EQ(value->members[0].key_origin.file_line_column(), "f:2:3");
  EXPECT_EQ(value->members[0].value.origin.file_line_column(), "f:2:8") << "columns count characters";
  EXPECT_EQ(value->members[1].key_origin.file_line_column(), "f:3:2");
  EXPECT_EQ(value->members[1].value.items[0].origin.file_line_column(), "f:4:3");
}

TEST(JsonReader, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(round_trip(""), "f:1:1: holds no value; write {} where nothing is to be set");
  EXPECT_EQ(round_trip("// all of it\n"), "f:2:1: holds no value; write {} where nothing is to be set");
  EXPECT_EQ(round_trip("{\n\"a\" 1}"), "f:2:5: expects : after the key \"a\", found \"1\"");
  EXPECT_EQ(round_trip("{\"a\":1 \"b\":2}"),
            "f:1:8: expects , or } after a value of the map, found \"\\\"\"");
  EXPECT_EQ(round_trip("[1 2]"), "f:1:4: expects , or ] after a value of the list, found \"2\"");
  EXPECT_EQ(round_trip("{\"a\":1,}"), "f:1:8: a comma before } is not allowed");
  EXPECT_EQ(round_trip("[1,]"), "f:1:4: a comma before ] is not allowed");
  EXPECT_EQ(round_trip("{a:1}"), "f:1:2: expects a key in double quotes, found \"a\"");
  EXPECT_EQ(round_trip("{'a':1}"), "f:1:2: expects a key in double quotes, found \"'\"");
  EXPECT_EQ(round_trip("{\"a\":\xC3\xA9}"), "f:1:6: expects a value, found \"\xC3\xA9\"");
  EXPECT_EQ(round_trip("{"), "f:1:2: expects a key in double quotes, found the end of the text");
  EXPECT_EQ(round_trip("{} {}"), "f:1:4: expects the end of the text after the value, found \"{\"");
  EXPECT_EQ(round_trip("# no\n{}"), "f:1:1: expects a value, found \"#\"");
  EXPECT_EQ(round_trip("{} /* no end"), "f:1:4: the comment that starts here is not closed with */");
}

TEST(JsonReader, RefusesWhatIsNoNumber) {
  EXPECT_EQ(round_trip("01"), "f:1:1: a number does not start with a needless 0");
  EXPECT_EQ(round_trip("-"), "f:1:2: expects a digit, found the end of the text");
  EXPECT_EQ(round_trip("1."), "f:1:3: expects a digit, found the end of the text");
  EXPECT_EQ(round_trip("1e"), "f:1:3: expects a digit, found the end of the text");
  EXPECT_EQ(round_trip("+1"), "f:1:1: expects a value, found \"+\"");
  EXPECT_EQ(round_trip(".5"), "f:1:1: expects a value, found \".\"");
  EXPECT_EQ(round_trip("1e999"), "f:1:1: the number is out of range");
  EXPECT_EQ(round_trip("NaN"), "f:1:1: expects a value, found \"N\"");
}

TEST(JsonReader, RefusesWhatIsNoString) {
  EXPECT_EQ(round_trip("\"a"), "f:1:1: the string that starts here is not closed");
  EXPECT_EQ(round_trip("\"a\nb\""), "f:1:1: the string that starts here is not closed in its line");
  EXPECT_EQ(round_trip("\"a\tb\""), "f:1:3: a control character inside a string must be escaped");
  EXPECT_EQ(round_trip(R"("\x")"),
            R"(f:1:2: unknown escape; allowed are \" \\ \/ \b \f \n \r \t and \uXXXX)");
  EXPECT_EQ(round_trip(R"("\u12g4")"), "f:1:6: expects four hexadecimal digits after \\u");
  EXPECT_EQ(round_trip(R"("\ud800")"), "f:1:2: half of a surrogate pair is no character");
  EXPECT_EQ(round_trip(R"("\ud800\u0041")"), "f:1:2: half of a surrogate pair is no character");
  EXPECT_EQ(round_trip(R"("\udc00")"), "f:1:2: half of a surrogate pair is no character");
  EXPECT_EQ(round_trip("\"\\"),
            "f:1:2: unknown escape; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX");
}

TEST(JsonReader, RefusesTextThatIsNotUtf8EvenInComments) {
  EXPECT_EQ(round_trip("{} //\n \xFF"), "f:2:2: is not UTF-8 here");
  EXPECT_EQ(round_trip("\"\xC0\xAF\""), "f:1:2: is not UTF-8 here");
  EXPECT_EQ(round_trip("\"\xED\xA0\x80\""), "f:1:2: is not UTF-8 here");
}

TEST(JsonReader, RefusesANulByteOutsideOfStrings) {
  EXPECT_EQ(round_trip(std::string_view("{}\0", 3)),
            "f:1:3: expects the end of the text after the value, found \"\\u0000\"");
}

TEST(JsonReader, ReportsEveryRepeatedKeyWithItsFirstPlace) {
  EXPECT_EQ(round_trip("{\"a\":1,\n\"a\":2,\n\"b\":{\"c\":1,\"c\":1}, \"a\":3}"),
            "f:2:1: the key \"a\" stands twice in this map, first in line 1 | "
            "f:3:12: the key \"c\" stands twice in this map, first in line 3 | "
            "f:3:20: the key \"a\" stands twice in this map, first in line 1");
}

TEST(JsonReader, FindsARepeatedKeyBehindItsEscapes) {
  EXPECT_EQ(round_trip(R"({"a":1,"\u0061":2})"),
            "f:1:8: the key \"a\" stands twice in this map, first in line 1");
}

TEST(JsonReader, HoldsItsLimits) {
  const JsonLimits limits{.bytes_max = 8, .depth_max = 2};
  EXPECT_EQ(round_trip("[[]]", limits), "[[]]");
  EXPECT_EQ(round_trip("[[[]]]", limits), "f:1:3: is nested deeper than 2 levels");
  EXPECT_EQ(round_trip("[[],[]]", limits), "[[],[]]");
  EXPECT_EQ(round_trip("\"1234567\"", limits), "f:1:1: is larger than the limit of 8 bytes");
}

TEST(JsonReader, WritesWhatItReadsEscapedAgain) {
  EXPECT_EQ(round_trip(R"("\u0000\u001f\u007f\"\\\n\t")"), R"("\u0000\u001f\u007f\"\\\n\t")");
}

TEST(Utf8, FindsTheFirstByteThatIsNotWellFormed) {
  EXPECT_EQ(first_invalid_utf8("abc"), 3u);
  EXPECT_EQ(first_invalid_utf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 9u);
  EXPECT_EQ(first_invalid_utf8("a\x80"), 1u);
  EXPECT_EQ(first_invalid_utf8("a\xC3"), 1u) << "cut off";
  EXPECT_EQ(first_invalid_utf8("\xC1\xBF"), 0u) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xE0\x9F\xBF"), 0u) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xF0\x8F\xBF\xBF"), 0u) << "overlong";
  EXPECT_EQ(first_invalid_utf8("\xED\xBF\xBF"), 0u) << "surrogate";
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0u) << "above U+10FFFF";
  EXPECT_EQ(first_invalid_utf8("\xF5\x80\x80\x80"), 0u);
  EXPECT_EQ(first_invalid_utf8("\xF4\x8F\xBF\xBF"), 4u);
  EXPECT_EQ(first_invalid_utf8("\xE2\x82\x41"), 0u);
}

}  // namespace
}  // namespace tenon::config
