#pragma once

#include <cstdint>

namespace tenon {

// How much waits for one node of what its subscribers are to get.
enum class Pressure : std::uint8_t {
  none,
  slow,  // more than a healthy node lets wait: who publishes to it is to pause
  full,  // likewise, and what may be lost is lost
};

}  // namespace tenon
