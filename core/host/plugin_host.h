#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/instance.h"
#include "host/plugin_spec.h"
#include "host/ports.h"

namespace tenon::host {

// All plugins of the process: loads the files that conf.d names, makes the instances, and leads them through
// their life.
//
//   load (control thread, before any other thread)  ->  activate  ->  start_worker on each worker  -> running
//   ->  quiesce  ->  stop_worker on each worker  ->  deactivate  ->  destructor
//
// Fails closed: when one of the plugins can't be used, load or activate fails with one line that says which
// and what to do, and nothing runs. Files are never unloaded.
class PluginHost final : private Neighbours {
 public:
  static Result<std::unique_ptr<PluginHost>> load(std::vector<PluginSpec> specs, const LoadPolicy& policy,
                                                  const HostServices& services);
  // Destroys the instances, last one first. REQUIRES: deactivated, if ever activated; no worker runs.
  ~PluginHost() override;

  // In the order of the specs. On failure those that were activated are deactivated again. Control thread.
  Status activate();
  // For all instances, on the worker itself. On failure those that were started are stopped again.
  Status start_worker(std::uint32_t worker);
  void stop_worker(std::uint32_t worker);
  // Asks all instances to finish what they do; `done` is called once, on the control thread, when all have:
  // at once, later, or, when a plugin never does, not at all: wait for a bounded time and go on. Control
  // thread.
  void quiesce(std::function<void()> done);
  // Last one first. Waits for jobs that plugins have in the blocking pool. Control thread.
  void deactivate();

  // Null when there is none. Any thread.
  Instance* find(Kind kind, std::string_view name) const;
  std::vector<Instance*> instances() const;

 private:
  PluginHost() = default;
  Instance* find_transport(std::string_view name) const override;
  Instance* find_raw(const tenon_plugin* raw) const override;

  std::vector<std::unique_ptr<Instance>> instances_;
};

}  // namespace tenon::host
