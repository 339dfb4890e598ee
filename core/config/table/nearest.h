#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::config {

// Number of single steps from `a` to `b`: a character put in, taken out, replaced, or exchanged with its
// neighbour. Case counts. Costs |a| x |b|: for short words only.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that `word` was most likely meant to be: the one with the smallest distance, the first among
// equals, when it is within a third of the length of the longer word, and at least one step; or else the
// first that goes on where `word` ends ("qos": "qos_max"). Empty when there is neither.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace tenon::config
