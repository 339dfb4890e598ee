#pragma once

#include <cstdint>

namespace tenon::cluster {

// A node's id: 64 random bits, bound to its data directory, never reused.
enum class NodeId : std::uint64_t { none = 0 };

}  // namespace tenon::cluster
