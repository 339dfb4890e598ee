#include "rule.h"

#include <algorithm>
#include <utility>

namespace tenon::topic_rewrite {

namespace {

// The first level of `rest`, which is cut off with the '/' behind it. `ret_is_last`: there was none.
std::string_view take_level(std::string_view& rest, bool& ret_is_last) {
  const std::size_t end = rest.find('/');
  ret_is_last = end == std::string_view::npos;
  const std::string_view level = rest.substr(0, end);
  rest = ret_is_last ? std::string_view() : rest.substr(end + 1);
  return level;
}

bool is_place(char sign) {
  return sign >= '1' && sign <= '9';
}

}  // namespace

std::string Template::fault_of(std::string_view text, std::size_t wildcards) {
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 2)) {
    if (at + 1 == text.size() || (text[at + 1] != '$' && !is_place(text[at + 1])))
      return "has a '$' that no digit from 1 to 9 and no '$' follows";
    if (is_place(text[at + 1]) && static_cast<std::size_t>(text[at + 1] - '0') > wildcards)
      return "names wildcard " + std::string(1, text[at + 1]) + ", but its filter has " +
             std::to_string(wildcards);
  }
  if (text.find_first_of("+#") != std::string_view::npos) return "has a wildcard";
  return {};
}

Template::Template(std::string_view text) {
  Piece piece;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$') {
      piece.text += text[at];
      continue;
    }
    const char next = text[++at];
    if (next == '$') {
      piece.text += '$';
      continue;
    }
    piece.place = static_cast<std::size_t>(next - '1');
    pieces_.push_back(std::exchange(piece, {}));
  }
  pieces_.push_back(std::move(piece));
}

std::string Template::fill(const std::vector<std::string_view>& values) const {
  std::string topic;
  for (const Piece& piece : pieces_) {
    topic += piece.text;
    if (piece.place) topic += values[*piece.place];
  }
  return topic;
}

std::size_t wildcard_count(std::string_view filter) {
  return static_cast<std::size_t>(
      std::ranges::count_if(filter, [](char sign) { return sign == '+' || sign == '#'; }));
}

std::optional<std::vector<std::string_view>> match(std::string_view filter, std::string_view topic) {
  std::vector<std::string_view> values;
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return std::nullopt;
  std::string_view rest = topic;
  bool filter_ends = false;
  bool topic_ends = false;
  while (true) {
    const std::string_view wanted = take_level(filter, filter_ends);
    if (wanted == "#") {
      values.push_back(topic_ends ? std::string_view() : rest);
      return values;
    }
    if (topic_ends) return std::nullopt;
    const std::string_view level = take_level(rest, topic_ends);
    if (wanted == "+")
      values.push_back(level);
    else if (wanted != level)
      return std::nullopt;
    if (filter_ends) return topic_ends ? std::optional(values) : std::nullopt;
  }
}

}  // namespace tenon::topic_rewrite
