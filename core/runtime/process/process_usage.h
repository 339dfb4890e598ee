#pragma once

#include <cstdint>

namespace tenon::runtime {

// What this process has used and holds, as the system counts it. A figure that can't be read is 0.
struct ProcessUsage {
  double cpu_seconds = 0;  // user and system, all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
};

// Any thread. Reads /proc; some tens of microseconds.
ProcessUsage process_usage();

// Memory of this process that is resident and backed by no file; 0: it can't be read. Any thread, some
// microseconds.
std::uint64_t own_memory_bytes();

// How much memory this process may have: the machine's, or the limit of a control group that it is in. 0: it
// can't be read. Any thread.
std::uint64_t memory_bytes_max();

// Gives memory that was freed back to the system, as far as the allocator has whole pages of it. Any thread;
// may take some milliseconds.
void give_back_memory();

}  // namespace tenon::runtime
