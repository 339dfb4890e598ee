#include "runtime/process/process_usage.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "runtime/files/owned_fd.h"

namespace tenon::runtime {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

struct Pages {
  std::uint64_t resident = 0;
  std::uint64_t of_files = 0;  // of them
};

// The file stays open, as it is read ten times a second by a process that has nothing else to do: one system
// call each time. REQUIRES: this process does not go on as its own child.
Pages pages() {
  static const OwnedFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char text[128];
  const ssize_t len = ::pread(file.get(), text, sizeof text - 1, 0);
  if (len <= 0) return {};
  text[len] = 0;
  unsigned long long size = 0;
  unsigned long long resident = 0;
  unsigned long long of_files = 0;
  const int found = std::sscanf(text, "%llu %llu %llu", &size, &resident, &of_files);
  return found == 3 ? Pages{resident, of_files} : Pages{};
}

std::uint64_t bytes_of(std::uint64_t page_count) {
  return page_count * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The path of the process's own group in the one hierarchy of version 2: "/" is the whole machine.
std::string control_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return "/";
}

// The lowest limit of the group and those around it.
std::uint64_t control_group_bytes_max() {
  std::uint64_t lowest = UINT64_MAX;
  for (std::filesystem::path group(control_group()); group.has_relative_path(); group = group.parent_path()) {
    std::ifstream file("/sys/fs/cgroup" + group.string() + "/memory.max");
    std::uint64_t bytes = 0;
    if (file >> bytes) lowest = std::min(lowest, bytes);
  }
  return lowest;
}

}  // namespace

std::uint64_t own_memory_bytes() {
  const Pages now = pages();
  return bytes_of(now.resident - std::min(now.resident, now.of_files));
}

std::uint64_t memory_bytes_max() {
  const long page_count = ::sysconf(_SC_PHYS_PAGES);
  if (page_count <= 0) return 0;
  return std::min(bytes_of(static_cast<std::uint64_t>(page_count)), control_group_bytes_max());
}

void give_back_memory() {
  ::malloc_trim(0);
}

ProcessUsage process_usage() {
  ProcessUsage usage;
  rusage times{};
  if (::getrusage(RUSAGE_SELF, &times) == 0)
    usage.cpu_seconds = seconds(times.ru_utime) + seconds(times.ru_stime);
  usage.resident_bytes = bytes_of(pages().resident);
  std::error_code failed;
  const std::filesystem::directory_iterator files("/proc/self/fd", failed);
  if (!failed) usage.open_files = static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
  return usage;
}

}  // namespace tenon::runtime
