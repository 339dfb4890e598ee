#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/watch/breadcrumb.h"

namespace tenon::host {

// A worker that has been inside one call of a plugin for too long.
struct StuckWorker {
  std::uint32_t worker = 0;
  std::string instance;
  std::int64_t for_ns = 0;  // at least
};

// Finds workers that hang inside a plugin, from outside: workers write breadcrumbs, tick() compares them.
// Costs the workers nothing beyond the breadcrumb.
//
// watch() and unwatch(): on the worker itself; tick(): one thread, while no worker is in watch() or unwatch()
// of the same index. Each stuck call is reported once.
class Watchdog {
 public:
  Watchdog(std::uint32_t worker_count, std::int64_t limit_ns);

  void watch(std::uint32_t worker);
  void unwatch(std::uint32_t worker);

  // To be called every limit_ns or so. Never blocks.
  std::vector<StuckWorker> tick(MonoNs now);

 private:
  struct Seen {
    std::atomic<const Breadcrumb*> crumb{nullptr};
    const PluginTag* plugin = nullptr;
    std::uint64_t entry_count = 0;
    MonoNs since = 0;
    bool reported = false;
  };

  std::vector<Seen> workers_;
  std::int64_t limit_ns_;
};

}  // namespace tenon::host
