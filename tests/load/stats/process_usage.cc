#include "load/stats/process_usage.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace tenon::load {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> processes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    ProcessStat stat;
    if (parse_process_stat(read_file("/proc/" + name + "/stat"), stat)) processes.push_back(stat);
  }
  return processes;
}

// Those of `processes` that are in `pids` or descend from one of them.
std::vector<ProcessStat> family_of(std::span<const pid_t> pids, const std::vector<ProcessStat>& processes) {
  std::vector<ProcessStat> family;
  std::vector<pid_t> known(pids.begin(), pids.end());
  const auto is_known = [&known](pid_t pid) {
    return std::find(known.begin(), known.end(), pid) != known.end();
  };
  for (const ProcessStat& process : processes) {
    if (is_known(process.pid)) family.push_back(process);
  }
  for (bool found = true; found;) {
    found = false;
    for (const ProcessStat& process : processes) {
      if (is_known(process.pid) || !is_known(process.parent)) continue;
      family.push_back(process);
      known.push_back(process.pid);
      found = true;
    }
  }
  return family;
}

std::uint64_t written_bytes_of(pid_t pid) {
  std::istringstream in(read_file("/proc/" + std::to_string(pid) + "/io"));
  std::string key;
  std::uint64_t value = 0;
  while (in >> key >> value) {
    if (key == "write_bytes:") return value;
  }
  return 0;
}

}  // namespace

bool parse_process_stat(std::string_view line, ProcessStat& ret_stat) {
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return false;
  const auto pid = std::from_chars(line.data(), line.data() + line.size(), ret_stat.pid);
  if (pid.ec != std::errc{}) return false;

  // Fields from the third on (proc(5)): state ppid ... utime(14) stime cutime cstime ... rss(24).
  std::istringstream in{std::string(line.substr(name_end + 1))};
  std::vector<std::string> fields{std::istream_iterator<std::string>(in), {}};
  constexpr std::size_t first_field = 3;
  const auto number = [&fields](std::size_t field) -> std::uint64_t {
    return std::strtoull(fields[field - first_field].c_str(), nullptr, 10);
  };
  if (fields.size() < 24 - first_field + 1) return false;
  ret_stat.parent = static_cast<pid_t>(number(4));
  ret_stat.user_ticks = number(14) + number(16);
  ret_stat.sys_ticks = number(15) + number(17);
  ret_stat.rss_pages = number(24);
  return true;
}

ProcessUsage read_process_usage(std::span<const pid_t> pids) {
  ProcessUsage usage;
  if (pids.empty()) return usage;
  const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const ProcessStat& process : family_of(pids, all_processes())) {
    usage.user_s += static_cast<double>(process.user_ticks) / ticks_per_s;
    usage.sys_s += static_cast<double>(process.sys_ticks) / ticks_per_s;
    usage.rss_bytes += process.rss_pages * page_bytes;
    usage.written_bytes += written_bytes_of(process.pid);
    ++usage.process_count;
  }
  return usage;
}

}  // namespace tenon::load
