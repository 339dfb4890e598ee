#pragma once

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/table.h"

// Parts of what people see. For .cc files only.

namespace tenon::ctl {

using Json = nlohmann::ordered_json;

inline std::string text_at(const Json& json, const char* key) {
  const auto value = json.at(key).get<std::string>();
  return value.empty() ? "-" : value;
}

inline std::string number_at(const Json& json, const char* key) {
  return std::to_string(json.at(key).get<std::uint64_t>());
}

inline std::string yes_no(const Json& json, const char* key) {
  return json.at(key).get<bool>() ? "yes" : "no";
}

// "name      value" lines.
inline std::string line_of(const std::string& name, const std::string& value) {
  constexpr std::size_t width = 16;
  return name + std::string(width - std::min(width - 1, name.size()), ' ') + shown(value) + "\n";
}

// "2026-11-27T05:20:00Z"
inline std::string time_text(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  char text[32] = "-";
  if (::gmtime_r(&seconds, &utc) != nullptr) (void)std::strftime(text, sizeof text, "%FT%TZ", &utc);
  return text;
}

// A line for each node that did not answer.
inline std::string silent_nodes_of(const Json& answer) {
  std::string out;
  if (const auto missing = answer.find("missing_nodes"); missing != answer.end())
    for (const Json& node : *missing) out += "node " + shown(node.get<std::string>()) + " has not answered\n";
  return out;
}

// Where the next page begins; empty: there is none. internal: it is no cursor, which is hexadecimal digits.
inline Result<std::string> cursor_of(const Json& page) {
  std::string cursor = page.value("cursor", "");
  if (cursor.find_first_not_of("0123456789abcdef") != std::string::npos) return unknown_answer();
  return cursor;
}

// `out`, and what a page leaves out: the next page, and nodes that did not answer, or what else `trouble`
// says of them.
inline Result<std::string> with_rest(std::string out, const Json& page,
                                     std::string_view trouble = "has not answered") {
  const Result<std::string> cursor = cursor_of(page);
  if (!cursor) return cursor;
  if (!cursor->empty()) out += "there is more: --cursor " + *cursor + ", or --all\n";
  if (const auto missing = page.find("missing_nodes"); missing != page.end())
    for (const Json& node : *missing)
      out += "node " + shown(node.get<std::string>()) + " " + std::string(trouble) +
             ": its clients may lack here\n";
  return out;
}

}  // namespace tenon::ctl
