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

}  // namespace tenon::runtime
