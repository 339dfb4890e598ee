#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/reactor.h"
#include "base/task.h"
#include "runtime/loop_stats.h"

namespace tenon::runtime {

// Called at the end of every turn of a worker's loop.
using TurnFn = void (*)(void* user);

// One event loop, and the thread that runs it.
//
// A turn is: wait (only when there is nothing to do), fire due timers, run the tasks that were queued when
// the turn began, call back for the descriptors found ready (a bounded number; the rest has its place in the
// next turn), then call the turn hooks. Everything but post(), stop(), wake-ups and stats() belongs to the
// thread inside run(); before run() it belongs to whoever made the worker.
class Worker final : public Reactor {
 public:
  // Makes the loop; no thread yet. Failure to get its descriptors from the system is an error of start of the
  // group. `index` is what Executor::current_worker() will answer inside.
  static Result<std::unique_ptr<Worker>> create(std::uint32_t index);
  // REQUIRES: run() is not active. Drops tasks that are still queued.
  ~Worker() override;

  std::uint32_t index() const;

  // The worker that the calling thread runs, or null. Any thread.
  static Worker* current();

  // Queues a task for a later turn; see Executor::post. From the worker's own thread it costs no system call;
  // from others one, and only when the loop may be asleep. Any thread.
  void post(Task* task);

  // The monotonic time at which this turn began.
  MonoNs now_ns() const;

  // Adds a function that is called after all events and tasks of a turn, before the loop may sleep: the place
  // to flush what the turn has collected. Hooks are called in the order of adding. When a hook or anything
  // else posted to this worker, started a turn by request_turn(), or left events uncollected, the loop does
  // not sleep. A hook stays until the worker ends.
  void add_turn_hook(TurnFn fn, void* user);
  // The next turn begins without sleeping.
  void request_turn();

  // Reactor. Delays of timers count from now_ns().
  Result<FdToken> add_fd(int fd, std::uint32_t events, FdFn fn, void* user) override;
  Status modify_fd(FdToken token, std::uint32_t events) override;
  void remove_fd(FdToken token) override;
  TimerToken start_timer(std::int64_t delay_ns, TimerFn fn, void* user) override;
  bool cancel_timer(TimerToken token) override;

  // Makes the calling thread this worker until stop(). Then the turn under way ends with its hooks, and tasks
  // still queued are dropped on this thread.
  void run();
  // One turn that waits at most `wait_ns_max`; for tests and for loops that are driven from outside.
  void run_turn(std::int64_t wait_ns_max);
  // Lets run() return soon. Any thread.
  void stop();

  // What the loop has done so far. Any thread; figures of one instant may differ by a turn.
  LoopStats stats() const;

 private:
  struct Impl;
  explicit Worker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::runtime
