#include <cstring>
#include <map>

#include "host/tables/host_tables.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

using host::Instance;

// Copies of the host tables with something behind their end, as a newer host has.
const void* grown_interface(const tenon_host* host_side, const char* id) {
  constexpr std::size_t appended = 16;
  static std::map<std::string, std::vector<std::uint64_t>> copies;
  const void* table = host::get_host_interface(host_side, id);
  if (!table) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  auto& copy = copies[id];
  if (!copy.empty()) return copy.data();
  copy.assign(size / sizeof(std::uint64_t) + appended, 0xdeadbeefdeadbeef);  // a call through it crashes
  std::memcpy(copy.data(), table, size);
  size += appended * sizeof(std::uint64_t);
  std::memcpy(copy.data(), &size, sizeof size);
  return copy.data();
}

// Only what the descriptor asks for, as a host has that offers nothing else.
const void* sparse_interface(const tenon_host* host_side, const char* id) {
  return id && host::instance_of(host_side).requires_table(id) ? host::get_host_interface(host_side, id)
                                                               : nullptr;
}

Finding check_future_host(CheckHost& check_host, Instance& instance) {
  instance.pose_as(grown_interface, TENON_ABI_LEVEL + 1'000);
  if (const Status s = start(instance); !s) return fail(s.error().message);
  const Status s = run_workers(check_host, instance);
  instance.deactivate();
  return s ? pass() : fail(s.error().message);
}

Finding check_past_host(CheckHost& check_host, Instance& instance) {
  instance.pose_as(sparse_interface, TENON_ABI_LEVEL);
  if (const Status s = start(instance); !s)
    return fail("does not start without host tables that its requires_host does not list: " +
                s.error().message);
  const Status s = run_workers(check_host, instance);
  instance.deactivate();
  return s ? pass() : fail(s.error().message);
}

}  // namespace

std::vector<Check> compat_checks() {
  const std::vector<std::string_view> working{"lifecycle.workers"};
  return {
      {"compat.future-host", "it works on a host of a higher level whose tables are larger",
       "compare levels with >=, and copy no more of a table than you know of it", working,
       on_instances(check_future_host)},
      {"compat.past-host", "it works on a host that has only the tables of its requires_host",
       "list in requires_host what it can't do without, and look at the others for null", working,
       on_instances(check_past_host)},
  };
}

}  // namespace tenon::tools
