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

// The last 8 bytes of a text that is not empty, or all that it has, as a word. Read as a whole, which saves a
// copy byte by byte that the next instruction then waits for (docs/internals/tricks.md).
inline std::uint64_t last_word(std::string_view text) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, end - 8, 8);
    return word;
  }
  if (text.size() >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, begin, 4);
    std::memcpy(&high, end - 4, 4);
    return low | std::uint64_t{high} << 32;
  }
  const auto byte = [begin](std::size_t at) { return std::uint64_t{static_cast<std::uint8_t>(begin[at])}; };
  return byte(0) | byte(text.size() / 2) << 8 | byte(text.size() - 1) << 16;
}

// A fast hash for tables in memory whose keys a stranger may choose: with a secret random seed, collisions
// cannot be prepared from outside. Not a cryptographic hash; results differ between byte orders and releases;
// never store them. Any thread.
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
  if (left > 0) state = fold_product(state ^ last_word(text), odd_1 ^ seed);
  return fold_product(state ^ odd_2, odd_1);
}

}  // namespace tenon
