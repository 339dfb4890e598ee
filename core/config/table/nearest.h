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
// equals. Empty when none is near: within a third of the length of the longer word, and at least one step.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace tenon::config
