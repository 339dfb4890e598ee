#pragma once

#include <atomic>
#include <cstdint>

namespace tenon::host {

// What a crash report says of a plugin. Plain pointers to null-terminated texts of the instance: a signal
// handler reads them.
struct PluginTag {
  const char* instance = "";
  const char* plugin_id = "";
  const char* version = "";
  const char* file = "";
};

// Says which plugin the thread is in. Written by its own thread only, with plain stores; read by the watchdog
// from another thread, and by the signal handler.
struct Breadcrumb {
  std::atomic<const PluginTag*> plugin{nullptr};
  std::atomic<std::uint64_t> entry_count{0};  // tells two calls of the same plugin apart
};

Breadcrumb& this_thread_breadcrumb();

// Stands around each call into a plugin. Restores what was there before: plugins may be nested (a transport
// calls the host, which calls an auth plugin).
class PluginScope {
 public:
  explicit PluginScope(const PluginTag& tag) : PluginScope(&tag) {}
  ~PluginScope() { crumb_.plugin.store(previous_, std::memory_order_relaxed); }
  PluginScope(const PluginScope&) = delete;
  PluginScope& operator=(const PluginScope&) = delete;

 protected:
  explicit PluginScope(const PluginTag* tag)
      : crumb_(this_thread_breadcrumb()), previous_(crumb_.plugin.load(std::memory_order_relaxed)) {
    crumb_.entry_count.store(crumb_.entry_count.load(std::memory_order_relaxed) + 1,
                             std::memory_order_relaxed);
    crumb_.plugin.store(tag, std::memory_order_relaxed);
  }

 private:
  Breadcrumb& crumb_;
  const PluginTag* previous_;
};

// Stands at the head of a function that a plugin calls back and that does the core's own work (the events of
// a transport): what fails in there is not the plugin's fault.
class CoreScope : public PluginScope {
 public:
  CoreScope() : PluginScope(static_cast<const PluginTag*>(nullptr)) {}
};

}  // namespace tenon::host
