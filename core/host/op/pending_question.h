#pragma once

#include <tenon/abi/async.h>

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/reactor.h"
#include "host/op/operation.h"

namespace tenon::host {

class Instance;

// What one plugin is asked: what it may read and write until it closes the operation. Belongs to the worker
// that asks, but for on_completed().
class PluginQuestion : public Operation {
 public:
  // The calls of the plugin, as its table has them; what it throws comes through.
  virtual tenon_status ask(void* worker_context, tenon_op op) = 0;
  virtual tenon_status cancel(void* worker_context, tenon_op op) = 0;
  // Nobody waits any more; the plugin may still hold on to this.
  virtual void detach() = 0;
};

// Asks one plugin at a time on behalf of one waiter, who may have to wait, until a deadline. Belongs to one
// worker.
class PendingQuestion {
 public:
  // What the plugin has said at once. The question lives as long as this.
  struct Said {
    tenon_status status = TENON_OK;
    std::unique_ptr<Operation> question;
  };
  // TENON_E_BUSY: the plugin has too many open, and was not asked; its question is gone. Empty: the end of
  // the question comes later; wait_until() is to follow. REQUIRES: nothing is waited for; `instance` outlives
  // the wait.
  std::optional<Said> ask(Instance& instance, std::unique_ptr<PluginQuestion> question);
  void wait_until(MonoNs deadline, TimerFn on_deadline, void* user);

  // The question has ended. To be called from its on_closed().
  void ended();
  // To be called from `on_deadline`: lets go of the question and tells the plugin. False: it is completed
  // already, and its end is on its way.
  bool give_up_late();
  // Nobody waits any more, whatever becomes of it.
  void cancel();

 private:
  bool give_up();
  void stop_timer();

  Instance* instance_ = nullptr;
  PluginQuestion* question_ = nullptr;  // owned by the plugin's operations; null: nothing is waited for
  tenon_op op_ = 0;
  bool timer_runs_ = false;
  TimerToken timer_{};
};

}  // namespace tenon::host
