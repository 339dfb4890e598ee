#include <algorithm>
#include <charconv>
#include <optional>

#include "observe/metrics/exposition.h"

namespace tenon::observe {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes what stands before the next `separator` off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trimmed(part);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

struct MediaRange {
  std::string_view type;
  std::string_view version;
  double quality = 1;
};

// 0 for what is no number from 0 to 1.
double read_quality(std::string_view text) {
  double quality = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), quality);
  const bool whole = end.ec == std::errc() && end.ptr == text.data() + text.size();
  return whole && quality >= 0 && quality <= 1 ? quality : 0;
}

MediaRange read_range(std::string_view text) {
  MediaRange range;
  range.type = take_until(text, ';');
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view key = take_until(value, '=');
    value = trimmed(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (equal_ignoring_case(key, "q"))
      range.quality = read_quality(value);
    else if (equal_ignoring_case(key, "version"))
      range.version = value;
  }
  return range;
}

// What of `range` the text format is: the more exact, the larger; 0 when it is not in it.
int text_exactness(const MediaRange& range) {
  if (range.type == "*/*") return 1;
  if (equal_ignoring_case(range.type, "text/*")) return 2;
  if (!equal_ignoring_case(range.type, "text/plain")) return 0;
  return range.version.empty() || range.version == "0.0.4" ? 3 : 0;
}

bool is_openmetrics(const MediaRange& range) {
  return equal_ignoring_case(range.type, "application/openmetrics-text") &&
         (range.version.empty() || range.version == "1.0.0");
}

}  // namespace

ExpositionFormat choose_exposition(std::string_view accept) {
  double openmetrics_quality = 0;
  double text_quality = 0;
  int text_exactness_best = 0;
  while (!accept.empty()) {
    const MediaRange range = read_range(take_until(accept, ','));
    if (is_openmetrics(range)) openmetrics_quality = std::max(openmetrics_quality, range.quality);
    if (const int exactness = text_exactness(range); exactness > text_exactness_best) {
      text_exactness_best = exactness;
      text_quality = range.quality;
    }
  }
  return openmetrics_quality > text_quality ? ExpositionFormat::openmetrics
                                            : ExpositionFormat::prometheus_text;
}

}  // namespace tenon::observe
