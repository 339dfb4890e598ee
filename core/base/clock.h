#pragma once

#include <cstdint>

namespace tenon {

// Nanoseconds of a clock that never goes back and says nothing about the date.
using MonoNs = std::int64_t;
// Milliseconds since 1970-01-01 UTC; may jump.
using UnixMs = std::int64_t;

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;

// Where time comes from. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoNs mono_ns() const = 0;
  virtual UnixMs unix_ms() const = 0;
};

}  // namespace tenon
