#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "kv/snapshot/writer.h"

namespace tenon::store {

// How states are sent to members that the log can't help any more.
struct SnapshotOptions {
  std::size_t at_once_max = 2;  // that a node sends, and that it receives
  std::size_t chunk_bytes = kv::snapshot_chunk_bytes;
  std::uint64_t chunks_ahead_max = 4;               // on their way to one receiver
  std::uint64_t bytes_per_s_max = 64u << 20;        // that a node sends; 0: as fast as it goes
  std::int64_t repeat_after_ns = 2 * ns_per_s;      // what was not acknowledged is sent again, at first
  std::int64_t repeat_after_max_ns = 8 * ns_per_s;  // the pause doubles each time, up to this
  std::int64_t give_up_after_ns = 60 * ns_per_s;    // without progress, at both ends
};

}  // namespace tenon::store
