#include "config/table/nearest.h"

#include <algorithm>
#include <vector>

namespace tenon::config {
namespace {

// No key and no name is longer; what is longer has no near word.
constexpr std::size_t word_bytes_max = 64;

std::optional<std::string> longer_form(std::string_view word, std::span<const std::string> candidates) {
  for (const std::string& candidate : candidates)
    if (!word.empty() && candidate.starts_with(word) && candidate[word.size()] == '_') return candidate;
  return std::nullopt;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table of distances between prefixes: of a[..i-2], a[..i-1] and a[..i].
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = word_bytes_max;
  if (word.size() > word_bytes_max) return best;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    const std::size_t near = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (distance <= near && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best ? best : longer_form(word, candidates);
}

}  // namespace tenon::config
