#include "host/watch/watchdog.h"

#include "base/assert.h"

namespace tenon::host {

Watchdog::Watchdog(std::uint32_t worker_count, std::int64_t limit_ns)
    : workers_(worker_count), limit_ns_(limit_ns) {}

void Watchdog::watch(std::uint32_t worker) {
  TENON_BUG(worker < workers_.size(), "watchdog: no such worker");
  workers_[worker].crumb.store(&this_thread_breadcrumb(), std::memory_order_release);
}

void Watchdog::unwatch(std::uint32_t worker) {
  TENON_BUG(worker < workers_.size(), "watchdog: no such worker");
  workers_[worker].crumb.store(nullptr, std::memory_order_release);
}

std::vector<StuckWorker> Watchdog::tick(MonoNs now) {
  std::vector<StuckWorker> stuck;
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    Seen& seen = workers_[i];
    const Breadcrumb* crumb = seen.crumb.load(std::memory_order_acquire);
    if (!crumb) continue;
    const PluginTag* plugin = crumb->plugin.load(std::memory_order_relaxed);
    const std::uint64_t entry_count = crumb->entry_count.load(std::memory_order_relaxed);
    if (plugin != seen.plugin || entry_count != seen.entry_count) {
      seen.plugin = plugin;
      seen.entry_count = entry_count;
      seen.since = now;
      seen.reported = false;
      continue;
    }
    if (!plugin || seen.reported || now - seen.since < limit_ns_) continue;
    seen.reported = true;
    stuck.push_back({i, plugin->instance, now - seen.since});
  }
  return stuck;
}

}  // namespace tenon::host
