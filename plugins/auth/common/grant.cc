#include "common/grant.h"

#include <algorithm>

namespace tenon::auth_common {
namespace {

// Takes the level at the front off; *rest is empty behind the last one.
std::string_view take_level(std::optional<std::string_view>* rest) {
  const std::size_t end = (*rest)->find('/');
  const std::string_view level = (*rest)->substr(0, end);
  *rest = end == std::string_view::npos ? std::nullopt : std::optional((*rest)->substr(end + 1));
  return level;
}

// The number of bytes of the sequence at the front of `text`, 0 when there is no well-formed one.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t count = lead >= 0xC2 && lead < 0xE0   ? 2
                            : lead >= 0xE0 && lead < 0xF0 ? 3
                            : lead >= 0xF0 && lead < 0xF5 ? 4
                                                          : 0;
  if (count == 0 || text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates and what is above the end of Unicode show in the second byte.
  const unsigned char second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
      (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90))
    return 0;
  return count;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t count = sequence_bytes(text);
    if (count == 0 || text[0] == '\0') return false;
    text.remove_prefix(count);
  }
  return true;
}

bool is_level_name(std::string_view name) {
  return !name.empty() && name[0] != '$' && name.find_first_of("+#/") == std::string_view::npos;
}

bool has_wild_start(std::string_view filter) {
  return !filter.empty() && (filter[0] == '+' || filter[0] == '#');
}

// Whether some topic matches both, level by level.
bool meet(std::string_view a, std::string_view b) {
  if ((has_wild_start(a) && b[0] == '$') || (has_wild_start(b) && a[0] == '$')) return false;
  std::optional<std::string_view> left = a;
  std::optional<std::string_view> right = b;
  while (left && right) {
    const std::string_view l = take_level(&left);
    const std::string_view r = take_level(&right);
    if (l == "#" || r == "#") return true;
    if (l != r && l != "+" && r != "+") return false;
  }
  if (!left && !right) return true;
  // "a/#" matches "a", too.
  return (left && *left == "#") || (right && *right == "#");
}

}  // namespace

bool is_grant_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 65'535 || !is_text(filter)) return false;
  std::optional<std::string_view> rest = filter;
  for (std::size_t levels = 1; rest; ++levels) {
    if (levels > filter_levels_max) return false;
    const std::string_view level = take_level(&rest);
    if (level == "+" || (level == "#" && !rest)) continue;
    if (level.find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

std::optional<std::string> fill_in(std::string_view filter, std::string_view user,
                                   std::string_view client_id) {
  std::string filled;
  std::optional<std::string_view> rest = filter;
  for (bool is_first = true; rest; is_first = false) {
    std::string_view level = take_level(&rest);
    if (level == "%u" || level == "%c") {
      level = level == "%u" ? user : client_id;
      if (!is_level_name(level)) return std::nullopt;
    }
    if (!is_first) filled += '/';
    filled += level;
  }
  return filled;
}

bool Grant::allows_topic(std::string_view topic) const {
  // A topic is a filter without wildcards.
  return !topic.empty() && topic.find_first_of("+#") == std::string_view::npos && meets(topic);
}

bool Grant::meets(std::string_view filter) const {
  return !filter.empty() && std::any_of(filters_.begin(), filters_.end(),
                                        [&](const std::string& one) { return meet(one, filter); });
}

}  // namespace tenon::auth_common
