#pragma once

#include <cstdint>
#include <span>

namespace tenon {

// Where random numbers come from: the operating system's generator in the broker, a seed in a simulation.
// Any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::uint64_t next() {
    std::uint64_t v = 0;
    fill({reinterpret_cast<std::uint8_t*>(&v), sizeof v});
    return v;
  }
};

}  // namespace tenon
