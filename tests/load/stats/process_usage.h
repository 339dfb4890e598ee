#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::load {

// CPU time and memory of processes, with all their threads and descendants, from /proc.
struct ProcessUsage {
  double user_s = 0;
  double sys_s = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t written_bytes = 0;  // to block devices; 0 where /proc/PID/io can't be read
  std::uint32_t process_count = 0;  // 0: none of the pids exists

  double cpu_s() const { return user_s + sys_s; }
};

// Reads the sum over `pids` and everything below them. The kernel counts CPU in ticks of 10 ms: measure over
// seconds. The time of a child that ended and was waited for stays counted.
ProcessUsage read_process_usage(std::span<const pid_t> pids);

// One line of /proc/PID/stat.
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t user_ticks = 0;  // with waited-for children
  std::uint64_t sys_ticks = 0;
  std::uint64_t rss_pages = 0;
};

// False when the line is not one. The command name may contain blanks and parentheses.
bool parse_process_stat(std::string_view line, ProcessStat& ret_stat);

}  // namespace tenon::load
