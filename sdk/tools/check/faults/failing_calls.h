#pragma once

#include <cstdint>

#include "faults/patched_calls.h"

namespace tenon::tools {

// Counts down to the call that fails. Armed by one thread at a time.
struct Countdown {
  std::int64_t calls_left = -1;  // before the one that fails; below 0: none does
  std::uint64_t failed_count = 0;

  // The call that is being made fails.
  bool is_due() {
    if (calls_left < 0) return false;
    if (calls_left-- > 0) return false;
    ++failed_count;
    return true;
  }
};

// Allocations of a plugin: the one at which this thread's countdown ends fails.
Countdown& memory_countdown();
// All of them; those of operator new alone.
std::vector<CallPatch> allocation_patches();
std::vector<CallPatch> new_patches();

// Calls of a plugin, and of libraries that came with it, to the file system, whatever the thread.
struct DiskFaults {
  Countdown writes;         // the n-th fails with ENOSPC
  Countdown syncs;          // the n-th fails with EIO
  bool stays_full = false;  // each write after it fails, too
};
void set_disk_faults(const DiskFaults& faults);
// Calls that have failed since. Any thread, as the three below.
std::uint64_t disk_failed_count();
// Those of the calling thread, since it began.
std::uint64_t disk_failed_here();
// The call that is being made fails.
bool write_is_due_to_fail();
bool sync_is_due_to_fail();
std::vector<CallPatch> disk_patches();

}  // namespace tenon::tools
