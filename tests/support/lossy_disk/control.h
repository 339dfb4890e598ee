#pragma once

#include <atomic>
#include <cstdint>

namespace tenon::lossy_disk {

// What a test asks of the disk while the process runs: the content of the file that LOSSY_DISK_CONTROL names,
// which both have mapped. Plain integers in this order; the test writes `part` before the number that it
// belongs to.
struct Control {
  std::atomic<std::int64_t> room_bytes;    // how much files may still grow
  std::atomic<std::uint32_t> fail_syncs;   // so many of the next syncs answer EIO, and keep nothing
  std::atomic<std::uint32_t> lie;          // not 0: syncs answer that all is well, and keep nothing
  std::atomic<std::uint32_t> sync_us;      // how long a sync takes
  std::atomic<std::uint32_t> fail_writes;  // so many of the next writes answer EIO, and write nothing
  char part[104];  // fail_syncs, lie and fail_writes are for files with this in their path only
};
static_assert(sizeof(Control) == 128);

}  // namespace tenon::lossy_disk
