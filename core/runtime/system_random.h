#pragma once

#include "base/random.h"

namespace tenon::runtime {

// The kernel's generator. Fit for secrets. May wait at early boot until the kernel has gathered entropy.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace tenon::runtime
