#pragma once

#include "base/random.h"
#include "support/sim_random.h"

namespace tenon::cluster::test {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : numbers_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(numbers_.next());
  }

 private:
  tenon::test::SimRandom numbers_;
};

}  // namespace tenon::cluster::test
