// The table of keys keeps its own rules.

#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "config/checks/check_value.h"
#include "config/table/descriptor.h"
#include "config/table/json_schema.h"
#include "config/table/path.h"
#include "config/table/reference.h"
#include "config/table/schema.h"
#include "support.h"

namespace tenon::config {
namespace {

template <class Function>
void for_each_row(Function function) {
  for (const Topic& topic : topics())
    for (const Descriptor& row : topic.rows) function(row);
}

bool is_number(Type type) {
  return type == Type::integer || type == Type::duration || type == Type::bytes;
}

TEST(Table, EveryDefaultPassesTheCheckOfItsOwnRow) {
  for_each_row([](const Descriptor& row) {
    for (const std::string& pattern : expand_pattern(row.path)) {
      const SchemaNode* node = find_node(pattern);
      ASSERT_TRUE(node && node->row) << pattern;
      if (!node->default_value) continue;
      // A rule may leave out what only a default is: the empty text that stands for "none".
      EXPECT_EQ(fault_of(*node->default_value, row), "") << pattern;
    }
  });
}

TEST(Table, EveryRowIsDocumentedInSentences) {
  for_each_row([](const Descriptor& row) {
    ASSERT_FALSE(row.doc.empty()) << row.path;
    EXPECT_EQ(row.doc.back(), '.') << row.path;
    EXPECT_EQ(row.doc.find('\n'), std::string_view::npos) << row.path;
  });
}

TEST(Table, NamesTellTheUnit) {
  for_each_row([](const Descriptor& row) {
    const std::string key = split_path(row.path).back();
    const bool time =
        key.ends_with("_s") || key.ends_with("_ms") || key.ends_with("_s_max") || key.ends_with("_s_min");
    EXPECT_EQ(row.type == Type::duration, time) << row.path;
    EXPECT_EQ(row.type == Type::bytes, key.find("bytes") != std::string::npos) << row.path;
  });
}

TEST(Table, NumbersAreBoundedOnBothSides) {
  for_each_row([](const Descriptor& row) {
    if (!is_number(row.type)) return;
    EXPECT_LT(row.max, std::numeric_limits<std::int64_t>::max()) << row.path;
    EXPECT_LT(row.min, row.max) << row.path;
  });
}

TEST(Table, EveryKeyHasADefaultOrSaysWhatHoldsWithoutIt) {
  for_each_row([](const Descriptor& row) {
    if (row.type == Type::map) return;
    const bool told = !row.default_json.empty() || !row.default_note.empty() || row.required == Required::yes;
    EXPECT_TRUE(told) << row.path;
  });
}

TEST(Table, EnumerationsHaveChoices) {
  for_each_row([](const Descriptor& row) {
    EXPECT_TRUE(row.type != Type::enumeration || !row.choices.empty()) << row.path;
  });
}

TEST(Schema, FixedNamesWinOverChosenOnes) {
  EXPECT_EQ(find_node("plugins.path")->row->path, "plugins.path");
  EXPECT_EQ(find_node("plugins.other")->row->path, "plugins.*");
  EXPECT_EQ(find_node("plugins.other.options.deep.down")->row->path, "plugins.*.options");
  EXPECT_EQ(find_node("plugins.other.fil"), nullptr);
  EXPECT_EQ(find_node("node.workers.more"), nullptr);
}

TEST(Schema, BracesStandForEachWord) {
  EXPECT_EQ(expand_pattern("a.{b,c}.{d,e}.*"), (Lines{"a.b.d.*", "a.b.e.*", "a.c.d.*", "a.c.e.*"}));
  EXPECT_EQ(expand_pattern("a.*"), (Lines{"a.*"}));
}

TEST(JsonSchema, IsJsonAndSpeaksOfEveryTopic) {
  const auto document = nlohmann::json::parse(json_schema());
  for_each_row([&](const Descriptor& row) {
    const std::string first = split_path(row.path).front();
    EXPECT_TRUE(document["properties"].contains(first)) << first;
  });
  const auto& port = document["properties"]["listeners"]["additionalProperties"]["properties"]["port"];
  EXPECT_EQ(port["anyOf"][0]["maximum"], 65535);
}

TEST(ReferencePage, InTheTreeIsTheGeneratedOne) {
  const std::string path = std::string(TENON_SOURCE_ROOT) + "/docs/reference/config.md";
  std::FILE* file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr) << path;
  std::string text(1024 * 1024, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  EXPECT_TRUE(text == reference_page())
      << path << " is not what the table of keys gives. Write it anew:\n"
      << "  build/core/config/tenon-config-doc reference > docs/reference/config.md";
}

TEST(ReferencePage, NamesEveryKey) {
  const std::string page = reference_page();
  EXPECT_NE(page.find("### `stores.<dist|inbox|retain|meta>.balancers.<name>.order`"), std::string::npos);
  EXPECT_NE(page.find("### `listeners.<name>.port`\n\nan integer from 0 to 65535 · default `1883` · live"),
            std::string::npos);
}

}  // namespace
}  // namespace tenon::config
