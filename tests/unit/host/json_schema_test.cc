#include "host/tables/json_schema.h"

#include <gtest/gtest.h>

namespace tenon::host {
namespace {

struct Case {
  const char* schema;
  const char* options;
  const char* error;  // empty: fits
};

class JsonSchema : public ::testing::TestWithParam<Case> {};

TEST_P(JsonSchema, SaysWhatIsWrong) {
  const Status s = check_schema(GetParam().schema, GetParam().options);
  EXPECT_EQ(s ? "" : s.error().message, GetParam().error) << GetParam().schema << " " << GetParam().options;
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonSchema,
    ::testing::Values(
        Case{R"({})", R"({"a": 1})", ""}, Case{R"({"type": "object"})", R"({})", ""},
        Case{R"([])", R"({})", "the plugin's schema is not a JSON object"},
        Case{R"({"type": 7})", R"({})", "the options must be 7"},
        Case{R"({"type": "pony"})", R"({})", "the options must be pony"},
        Case{R"({"properties": {"a": {"type": "string"}}})", R"({"a": "x"})", ""},
        Case{R"({"properties": {"a": {"type": "string"}}})", R"({"a": 1})", "option \"a\" must be a text"},
        Case{R"({"properties": {"a": {"type": "integer"}}})", R"({"a": 1.5})",
             "option \"a\" must be a whole number"},
        Case{R"({"properties": {"a": {"type": "integer"}}})", R"({"a": 2.0})", ""},
        Case{R"({"properties": {"a": {"type": "number"}}})", R"({"a": 1.5})", ""},
        Case{R"({"properties": {"a": {"type": "boolean"}}})", R"({"a": 0})",
             "option \"a\" must be true or false"},
        Case{R"({"properties": {"a": {"type": ["string", "null"]}}})", R"({"a": null})", ""},
        Case{R"({"properties": {"a": {"type": ["string", "array"]}}})", R"({"a": {}})",
             "option \"a\" must be a text or a list"},
        Case{R"({"required": ["a", "b"]})", R"({"a": 1})", "option \"b\" is missing"},
        Case{R"({"additionalProperties": false})", R"({"a": 1})", "option \"a\" is not known to the plugin"},
        Case{R"({"additionalProperties": {"type": "integer"}})", R"({"a": "1"})",
             "option \"a\" must be a whole number"},
        Case{R"({"properties": {"a": false}})", R"({"a": 1})", "option \"a\" is not known to the plugin"},
        Case{R"({"properties": {"a": true}})", R"({"a": 1})", ""},
        Case{R"({"properties": {"a": 5}})", R"({"a": 1})", "the plugin's schema is wrong at option \"a\""},
        Case{R"({"properties": {"a": {"enum": ["x", 2]}}})", R"({"a": 2})", ""},
        Case{R"({"properties": {"a": {"enum": ["x", 2]}}})", R"({"a": "y"})",
             "option \"a\" must be one of \"x\", 2"},
        Case{R"({"properties": {"a": {"const": 3}}})", R"({"a": 4})", "option \"a\" must be 3"},
        Case{R"({"properties": {"a": {"minimum": 1, "maximum": 5}}})", R"({"a": 1})", ""},
        Case{R"({"properties": {"a": {"minimum": 1, "maximum": 5}}})", R"({"a": 5})", ""},
        Case{R"({"properties": {"a": {"minimum": 1}}})", R"({"a": 0})", "option \"a\" must be at least 1"},
        Case{R"({"properties": {"a": {"maximum": 5}}})", R"({"a": 6})", "option \"a\" must be at most 5"},
        Case{R"({"properties": {"a": {"exclusiveMinimum": 1}}})", R"({"a": 1})",
             "option \"a\" must be more than 1"},
        Case{R"({"properties": {"a": {"exclusiveMaximum": 5}}})", R"({"a": 5})",
             "option \"a\" must be less than 5"},
        Case{R"({"properties": {"a": {"minimum": 1}}})", R"({"a": "0"})", ""},
        Case{R"({"properties": {"a": {"minLength": 2}}})", R"({"a": "é"})",
             "option \"a\" must be at least 2 characters long"},
        Case{R"({"properties": {"a": {"maxLength": 2}}})", R"({"a": "éé"})", ""},
        Case{R"({"properties": {"a": {"maxLength": 2}}})", R"({"a": "abc"})",
             "option \"a\" must be at most 2 characters long"},
        Case{R"({"properties": {"a": {"minItems": 1}}})", R"({"a": []})",
             "option \"a\" must be at least 1 elements long"},
        Case{R"({"properties": {"a": {"items": {"type": "string"}}}})", R"({"a": ["x", 1]})",
             "option \"a.1\" must be a text"},
        Case{R"({"properties": {"a": {"properties": {"b": {"type": "string"}}}}})", R"({"a": {"b": 1}})",
             "option \"a.b\" must be a text"},
        Case{R"({"pattern": "x", "oneOf": [false]})", R"({"a": 1})", ""}));

// A schema that contains itself without end can't be written in JSON, but one that is deep can.
TEST(JsonSchemaDepth, IsBounded) {
  std::string schema = "{}";
  std::string options = "1";
  for (int i = 0; i < 100; ++i) {
    schema = R"({"properties": {"a": )" + schema + "}}";
    options = R"({"a": )" + options + "}";
  }
  EXPECT_FALSE(check_schema(schema, options).ok());
}

TEST(IgnoredSchemaWords, AreNamedOnceAndNotesAreNot) {
  const auto words = ignored_schema_words(
      R"({"title": "t", "oneOf": [], "properties": {"pattern": {"pattern": "x"}, "b": {"items": {"format": "uri"}}},
          "additionalProperties": {"pattern": "y"}})");
  EXPECT_EQ(words, std::vector<std::string>({"format", "oneOf", "pattern"}));
  EXPECT_TRUE(ignored_schema_words("nonsense").empty());
}

}  // namespace
}  // namespace tenon::host
