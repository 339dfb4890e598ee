#pragma once

#include <time.h>

#include <cstdint>

namespace tenon::load {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

// Nanoseconds of the machine's monotonic clock; comparable between threads and processes of one machine.
inline std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * ns_per_s + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace tenon::load
