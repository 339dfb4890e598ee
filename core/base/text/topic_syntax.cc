#include "base/text/topic_syntax.h"

#include <algorithm>

namespace tenon {
namespace {

constexpr std::string_view shared_prefix = "$share/";
constexpr std::string_view ordered_prefix = "$oshare/";

bool has_length(std::string_view text) {
  return !text.empty() && text.size() <= topic_bytes_max;
}

// Whether the wildcard at `at` stands alone in its level.
bool fills_level(std::string_view text, std::size_t at) {
  const bool starts = at == 0 || text[at - 1] == '/';
  const bool ends = at + 1 == text.size() || text[at + 1] == '/';
  return starts && ends;
}

// `rest` is what follows the prefix.
SplitFilter split_shared(Sharing sharing, std::string_view rest) {
  SplitFilter result{.sharing = sharing, .well_shaped = false, .group = {}, .pattern = {}};
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return result;
  result.group = rest.substr(0, slash);
  result.pattern = rest.substr(slash + 1);
  result.well_shaped = !result.group.empty() && !result.pattern.empty() &&
                       result.group.find_first_of("+#") == std::string_view::npos;
  return result;
}

}  // namespace

bool is_topic_name(std::string_view text) {
  return has_length(text) && text.find_first_of("+#") == std::string_view::npos;
}

bool is_topic_filter(std::string_view text) {
  if (!has_length(text)) return false;
  for (std::size_t at = text.find_first_of("+#"); at != std::string_view::npos;
       at = text.find_first_of("+#", at + 1)) {
    if (!fills_level(text, at)) return false;
    if (text[at] == '#' && at + 1 != text.size()) return false;
  }
  return true;
}

// Most topics are too short for that, and counting is 140 of some 2,000 instructions of a message
// (tests/load/instructions.sh).
bool is_deeper_than(std::string_view text, std::size_t levels) {
  return text.size() >= levels &&
         static_cast<std::size_t>(std::count(text.begin(), text.end(), '/')) >= levels;
}

SplitFilter split_filter(std::string_view text) {
  if (text.starts_with('$')) {
    if (text.starts_with(shared_prefix))
      return split_shared(Sharing::shared, text.substr(shared_prefix.size()));
    if (text.starts_with(ordered_prefix))
      return split_shared(Sharing::ordered, text.substr(ordered_prefix.size()));
  }
  return {.sharing = Sharing::none, .well_shaped = true, .group = {}, .pattern = text};
}

}  // namespace tenon
