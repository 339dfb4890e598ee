#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tenon {

// Folds the 128-bit product of two words into one; the mixing step of keyed_hash.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A fast hash for tables in memory whose keys a stranger may choose: with a secret random seed, collisions
// cannot be prepared from outside. Not a cryptographic hash; results differ between byte orders; never store
// them. Any thread.
inline std::uint64_t keyed_hash(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t odd_1 = 0x9E3779B97F4A7C15u;
  constexpr std::uint64_t odd_2 = 0xD1B54A32D192ED03u;
  std::uint64_t state = seed ^ (text.size() * odd_2);
  const char* p = text.data();
  std::size_t left = text.size();
  while (left >= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    state = fold_product(state ^ word, odd_1 ^ seed);
    p += 8;
    left -= 8;
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, left);
    state = fold_product(state ^ word, odd_1 ^ seed);
  }
  return fold_product(state ^ odd_2, odd_1);
}

}  // namespace tenon
