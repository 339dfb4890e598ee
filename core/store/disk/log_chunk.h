#pragma once

#include <tenon/draft/log.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tenon::store {

// Writes for a journal in memory of their own, on their way to whoever writes it.
struct LogChunk {
  std::uint64_t sequence = 0;
  std::size_t size_bytes = 0;
  std::unique_ptr<std::uint8_t[]> bytes;
  std::vector<tenon_log_entry> entries;
  std::vector<tenon_log_write> writes;  // point into the two above
};

// All but the sequence.
LogChunk copy_writes(std::span<const tenon_log_write> writes);

}  // namespace tenon::store
