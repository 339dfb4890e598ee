#include "store/disk/log_chunk.h"

#include <cstring>

namespace tenon::store {

LogChunk copy_writes(std::span<const tenon_log_write> writes) {
  LogChunk chunk;
  std::size_t entry_count = 0;
  for (const tenon_log_write& write : writes) {
    chunk.size_bytes += write.hard_state.len;
    entry_count += write.entry_count;
    for (std::uint32_t i = 0; i < write.entry_count; ++i) chunk.size_bytes += write.entries[i].data.len;
  }
  chunk.bytes = std::make_unique_for_overwrite<std::uint8_t[]>(chunk.size_bytes);
  chunk.entries.reserve(entry_count);
  std::uint8_t* to = chunk.bytes.get();
  const auto keep = [&to](tenon_bytes& bytes) {
    if (bytes.len > 0) std::memcpy(to, bytes.data, bytes.len);
    bytes.data = to;
    to += bytes.len;
  };
  for (tenon_log_write write : writes) {
    const tenon_log_entry* entries = write.entries;
    write.entries = chunk.entries.data() + chunk.entries.size();
    for (std::uint32_t i = 0; i < write.entry_count; ++i) {
      chunk.entries.push_back(entries[i]);
      keep(chunk.entries.back().data);
    }
    keep(write.hard_state);
    chunk.writes.push_back(write);
  }
  return chunk;
}

}  // namespace tenon::store
