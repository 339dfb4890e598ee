#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace tenon::test {

// The seeds of a random test: a fixed few, or with TENON_SEED_COUNT in the environment so many, from
// TENON_SEED_FIRST (1) on.
inline std::vector<std::uint64_t> seeds(std::uint64_t quick_count) {
  const char* count = std::getenv("TENON_SEED_COUNT");
  const char* first = std::getenv("TENON_SEED_FIRST");
  std::vector<std::uint64_t> list;
  const std::uint64_t from = first ? std::strtoull(first, nullptr, 10) : 1;
  const std::uint64_t wanted = count ? std::strtoull(count, nullptr, 10) : quick_count;
  for (std::uint64_t i = 0; i < wanted; ++i) list.push_back(from + i);
  return list;
}

}  // namespace tenon::test
