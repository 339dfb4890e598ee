#include "topic/topic.h"

#include <algorithm>

#include "base/text/utf8.h"

namespace tenon::topic {
namespace {

TopicFault check_size(std::string_view text, const TopicLimits& limits) {
  if (text.empty()) return TopicFault::empty;
  if (text.size() > limits.bytes_max || text.size() > topic_bytes_max) return TopicFault::too_long;
  return is_deeper_than(text, limits.levels_max) ? TopicFault::too_deep : TopicFault::none;
}

// Whether a '+' stands behind the first `levels` levels.
bool has_plus_below(std::string_view pattern, std::size_t levels) {
  const std::size_t last = pattern.rfind('+');
  if (last == std::string_view::npos) return false;
  return static_cast<std::size_t>(
             std::count(pattern.begin(), pattern.begin() + static_cast<std::ptrdiff_t>(last), '/')) >= levels;
}

std::string_view level_at(std::string_view path, std::size_t at) {
  return path.substr(at, path.find('/', at) - at);
}

}  // namespace

std::string_view to_string(TopicFault fault) {
  switch (fault) {
    case TopicFault::none:
      return "the topic is legal";
    case TopicFault::empty:
      return "the topic is empty";
    case TopicFault::not_utf8:
      return "the topic is not well-formed UTF-8 without U+0000";
    case TopicFault::wildcard_in_name:
      return "the topic name has a wildcard";
    case TopicFault::bad_wildcard:
      return "the topic filter has a misplaced wildcard";
    case TopicFault::bad_share:
      return "the shared subscription lacks a group name or a filter";
    case TopicFault::too_long:
      return "the topic has too many bytes";
    case TopicFault::too_deep:
      return "the topic has too many levels";
    case TopicFault::wildcard_too_deep:
      return "the topic filter has a '+' too many levels down";
  }
  return "the topic has an unknown fault";
}

TopicFault check_name(std::string_view name, const TopicLimits& limits) {
  const TextScan scan = scan_text(name);
  if (!scan.well_formed) return TopicFault::not_utf8;
  if (scan.has_wildcard) return TopicFault::wildcard_in_name;
  return check_size(name, limits);
}

TopicFault check_filter(std::string_view filter, const TopicLimits& limits) {
  if (!is_well_formed_text(filter)) return TopicFault::not_utf8;
  if (filter.size() > topic_bytes_max) return TopicFault::too_long;
  const SplitFilter split = split_filter(filter);
  if (!split.well_shaped) return TopicFault::bad_share;
  const TopicFault fault = check_size(split.pattern, limits);
  if (fault != TopicFault::none) return fault;
  if (!is_topic_filter(split.pattern)) return TopicFault::bad_wildcard;
  return has_plus_below(split.pattern, limits.wildcard_levels_max) ? TopicFault::wildcard_too_deep
                                                                   : TopicFault::none;
}

bool matches(std::string_view pattern, std::string_view name) {
  // [MQTT-4.7.2-1]
  if (name.starts_with('$') && (pattern.starts_with('+') || pattern.starts_with('#'))) return false;
  std::size_t in_pattern = 0;
  std::size_t in_name = 0;
  // Both stand at the start of a level, or one behind the end.
  while (in_pattern <= pattern.size()) {
    const std::string_view wanted = level_at(pattern, in_pattern);
    // "sport/#" matches "sport" too (MQTT 5.0 §4.7.1.2).
    if (wanted == "#") return true;
    if (in_name > name.size()) return false;
    const std::string_view level = level_at(name, in_name);
    if (wanted != "+" && wanted != level) return false;
    in_pattern += wanted.size() + 1;
    in_name += level.size() + 1;
  }
  return in_name > name.size();
}

}  // namespace tenon::topic
