#pragma once

#include <functional>
#include <memory>

#include "base/reactor.h"
#include "base/result.h"
#include "base/task.h"

namespace tenon::runtime {

// The event loop of the control thread: signals, and whatever belongs to no worker. It runs where run() is
// called, which is the main thread of the broker.
class ControlLoop {
 public:
  static Result<std::unique_ptr<ControlLoop>> create();
  // REQUIRES: run() is not active. Drops tasks that are still queued.
  ~ControlLoop();

  // From now on SIGTERM and SIGINT call `on_stop` and SIGHUP calls `on_reload`, on the control thread, as
  // often as they come (signals of one kind that arrive together count once). SIGPIPE is ignored in the whole
  // process. [control] or before run()
  Status watch_signals(std::function<void()> on_stop, std::function<void()> on_reload);

  // Queues a task for the control thread, in the order of posting per poster. Any thread.
  void post(Task* task);

  // Descriptors and timers on the control thread. [control] or before run()
  Reactor& reactor();

  // Serves until quit(). May be called again afterwards.
  void run();
  // Lets run() return soon. Any thread.
  void quit();

 private:
  struct Impl;
  explicit ControlLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::runtime
