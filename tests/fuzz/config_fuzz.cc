// The configuration reader over arbitrary bytes: JSON with comments, the check against the table, the merge,
// and everything that is made of a configuration that passes.
//
// Form feeds, which JSON has no place for, cut the input into files that are merged in order; the last piece
// also goes the way of --set and of a variable.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/diff.h"
#include "config/json/json_reader.h"
#include "config/json/json_writer.h"
#include "config/json/utf8.h"
#include "config/load.h"
#include "config/print.h"
#include "config/settings.h"

namespace {

using namespace tenon::config;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<SourceText> pieces_of(std::string_view input) {
  std::vector<SourceText> pieces;
  for (;;) {
    const std::size_t cut = input.find('\f');
    pieces.push_back({std::to_string(pieces.size()) + ".json", std::string(input.substr(0, cut))});
    if (cut == std::string_view::npos) return pieces;
    input.remove_prefix(cut + 1);
  }
}

// Faults that are none of the grammar.
bool is_repeated_key(const ConfigError& error) {
  return error.text.starts_with("the key ");
}
bool is_too_deep(const ConfigError& error) {
  return error.text.starts_with("is nested deeper");
}

// The other implementation takes the same texts and reads the same values. It has no limit of depth, allows a
// key twice, and takes a NUL for the end of the text.
void compare_readers(const std::string& text) {
  if (text.find('\0') != std::string::npos || first_invalid_utf8(text) != text.size()) return;
  std::vector<ConfigError> errors;
  const auto value = read_json(text, std::make_shared<const std::string>("f"), JsonLimits{}, errors);
  require(value.has_value() == errors.empty());
  if (!errors.empty() && is_too_deep(errors.back())) return;
  const bool accepted = std::ranges::all_of(errors, is_repeated_key);
  require(nlohmann::json::accept(text, true) == accepted);
  if (value)
    require(nlohmann::json::parse(to_json(*value)) == nlohmann::json::parse(text, nullptr, true, true));
}

void use(const Config& config) {
  (void)read_settings(config);
  require(print_config(config).ends_with('\n'));
  require(nlohmann::json::accept(print_config_json(config)));
  require(diff(config, config).empty());
  // What was merged, written as one file, is the same configuration.
  const LoadResult again = load_texts({{"again.json", to_json(config.tree())}}, {});
  require(again.ok() && same_content(again.config->tree(), config.tree()));
}

void check(const LoadResult& result) {
  require(result.ok() == result.errors.empty());
  for (const ConfigError& error : result.errors) require(!error.where.empty() && !error.text.empty());
  if (result.ok()) use(*result.config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<SourceText> pieces = pieces_of({reinterpret_cast<const char*>(data), size});
  compare_readers(pieces.front().text);
  check(load_texts(pieces, {}));
  LoadOptions options;
  const std::string& last = pieces.back().text;
  options.sets = {last, "plugins.x.options=" + last};
  options.environment = {{"TENON_LISTENERS__A__PORT", last},
                         {"TENON_" + last.substr(0, last.find('=')), "1"}};
  check(load_texts({pieces.front()}, options));
  return 0;
}
