#pragma once

#include <cstddef>

#include "base/pressure.h"

namespace tenon::cluster {

// With a queue of `queued_bytes` that may hold `bytes_max`. Slow from an eighth on, full from a half on; less
// again at half of that.
constexpr Pressure next_pressure(Pressure before, std::size_t queued_bytes, std::size_t bytes_max) {
  const std::size_t full_from = bytes_max / (before == Pressure::full ? 4 : 2);
  if (queued_bytes > full_from) return Pressure::full;
  const std::size_t slow_from = bytes_max / (before == Pressure::none ? 8 : 16);
  return queued_bytes > slow_from ? Pressure::slow : Pressure::none;
}

}  // namespace tenon::cluster
