#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"

namespace tenon::admin {

// A place that a link has.
struct LinkPlace {
  std::string_view address;   // of the peer; empty: it counts for nobody (unix sockets)
  bool can_leave = false;     // no request of it is under way
  MonoNs since_ns = 0;        // for how long that is so
  bool in_handshake = false;  // its filters have not let it through yet
};

struct PlaceLimits {
  std::size_t count_max = 256;
  std::size_t per_address_max = 64;  // so that no address has them all
};

struct Admission {
  bool admitted = false;
  std::optional<std::size_t> leaves;  // which of those that have a place goes for the newcomer
};

// Whether a link from `address` may have a place. When its address has as many as it may, the one of them
// that has been idle for longest leaves for it, but none in its handshake; when all are taken, the one among
// all, handshakes included. Without such a link it is not let in. For an address that is empty nobody leaves.
// Pure.
Admission admit_link(std::span<const LinkPlace> taken, std::string_view address, const PlaceLimits& limits);

}  // namespace tenon::admin
