#include "admin/json/json_bounds.h"

namespace tenon::admin {

namespace {

// Behind the string that begins at `at`; the end of the text where it has no end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

bool is_within(std::string_view text, const JsonBounds& bounds) {
  std::size_t values = 0;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '[' || c == '{' || c == ',') ++values;
    if (values > bounds.values_max || depth > bounds.depth_max) return false;
    ++at;
  }
  return true;
}

}  // namespace tenon::admin
