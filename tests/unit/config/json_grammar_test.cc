// The reader of core/config against another implementation of the same grammar.

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "config/json/json_reader.h"
#include "config/json/json_writer.h"

namespace tenon::config {
namespace {

std::optional<Value> read(std::string_view text) {
  std::vector<ConfigError> errors;
  return read_json(text, std::make_shared<const std::string>("f"), {}, errors);
}

bool other_accepts(std::string_view text) {
  return nlohmann::json::accept(text.begin(), text.end(), /*ignore_comments=*/true);
}

class JsonGrammar : public testing::TestWithParam<std::string> {};

TEST_P(JsonGrammar, AcceptsWhatTheOtherReaderAccepts) {
  EXPECT_EQ(read(GetParam()).has_value(), other_accepts(GetParam())) << GetParam();
}

TEST_P(JsonGrammar, ReadsTheSameValue) {
  const auto value = read(GetParam());
  if (!value) return;
  const auto other = nlohmann::json::parse(GetParam(), nullptr, true, true);
  EXPECT_EQ(nlohmann::json::parse(to_json(*value)), other) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Texts, JsonGrammar,
    testing::Values(
        // Values by themselves.
        "null", "true", "false", "nul", "True", "truefalse", "0", "-0", "-1", "1.0", "1.25e2", "1E+2", "1e-2",
        "0.5", "00", "01", "-01", "1.", ".1", "1.e2", "1e", "1e+", "--1", "0x10", "1 2", "Infinity",
        "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e308", "1e309", "1e-400",
        // Strings.
        R"("")", R"("a")", R"("\u0000")", R"("\uD834\uDD1E")", R"("\uD834")", R"("\uDD1E\uD834")", R"("\u")",
        R"("\u00")", R"("\a")", R"("\'")", "'a'", "\"\x01\"", "\"\x7F\"", "\"tab\there\"", "\"a\\\nb\"", "\"",
        "\"\\\"", "\"\xC3\xA9\"", "\"\xC3\"", "\"\xF0\x9F\x98\x80\"", "\"\xED\xA0\x80\"", "\"\xC0\x80\"",
        // Lists and maps.
        "[]", "[ ]", "[1]", "[1,2]", "[1,]", "[,1]", "[1 2]", "[", "]", "[[]", "[]]", "{}", "{ }",
        R"({"a":1})", R"({"a":1,})", R"({,"a":1})", R"({"a"})", R"({"a":})", R"({"a" 1})", R"({a:1})",
        R"({1:1})", R"({"a":1 "b":2})", R"({"":0})", "{", "}", R"({"a":{"b":[{}]}})", "[1,[2,[3]]]",
        // Blanks and comments.
        "", " ", "\t\r\n{}\t\r\n", "\v{}", "\f{}", "\xC2\xA0{}", "// a\n{}", "{}// a", "/* a */{}", "{/**/}",
        "{/* a\n b */}", "[1,// one\n2]", "/* {}", "{} /*", "{} */", "/", "{}/", "//", "/*/ {}", "/**/",
        "{} /* */ x", R"({"a"/**/:/**/1/**/,/**/"b":2})", "# a\n{}", "\xEF\xBB\xBF{}", "\xEF\xBB{}"));

}  // namespace
}  // namespace tenon::config
