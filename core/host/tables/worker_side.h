#pragma once

#include <tenon/draft/reactor.h>
#include <tenon/draft/timer.h>

#include "base/reactor.h"
#include "host/tables/slot_map.h"

namespace tenon::host {

class Instance;
struct WorkerSide;

// A descriptor that a plugin watches.
struct PluginWatch {
  Instance* instance = nullptr;
  tenon_fd_fn fn = nullptr;
  void* user = nullptr;
  FdToken token{};
};

// A timer that a plugin runs.
struct PluginTimer {
  Instance* instance = nullptr;
  WorkerSide* side = nullptr;
  std::uint64_t key = 0;
  tenon_timer_fn fn = nullptr;
  void* user = nullptr;
  TimerToken token{};
};

// What one instance has on one worker. Touched on that worker only.
struct alignas(64) WorkerSide {
  bool started = false;
  void* context = nullptr;  // the plugin's own
  SlotMap<PluginWatch> watches;
  SlotMap<PluginTimer> timers;
};

}  // namespace tenon::host
