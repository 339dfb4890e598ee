#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/task_queue.h"
#include "runtime/epoll_reactor.h"
#include "runtime/loop_recorder.h"
#include "runtime/loop_stats.h"

namespace tenon::runtime {

// Called at the end of every turn of a worker's loop.
using TurnFn = void (*)(void* user);

// One event loop, and the thread that runs it.
//
// A turn is: wait (only when there is nothing to do), run the tasks that were queued when the turn began,
// fire due timers, call back for the descriptors found ready (a bounded number; the rest has its place in the
// next turn), then call the turn hooks. Everything but post(), stop() and stats() belongs to the thread
// inside run(); before run() it belongs to whoever made the worker. As a Reactor, delays of its timers count
// from now_ns().
class Worker final : public EpollReactor {
 public:
  // Makes the loop; no thread yet. `index` is what Executor::current_worker() will answer inside.
  // busy: the system gives no more descriptors.
  static Result<std::unique_ptr<Worker>> create(std::uint32_t index);
  // REQUIRES: run() is not active. Drops tasks that are still queued.
  ~Worker() override;

  std::uint32_t index() const { return index_; }

  // The worker that the calling thread runs, or null. Any thread.
  static Worker* current();

  // Queues a task for a later turn; see Executor::post. From the worker's own thread it costs no system call;
  // from others one, and only when the loop may be asleep. Any thread.
  void post(Task* task);

  // Adds a function that is called after all events and tasks of a turn, before the loop may sleep: the place
  // to flush what the turn has collected. Hooks are called in the order of adding. When a hook or anything
  // else posted to this worker, asked for a turn, or left events uncollected, the loop does not sleep. A hook
  // stays until the worker ends or it is removed.
  void add_turn_hook(TurnFn fn, void* user);
  // Not from a hook.
  void remove_turn_hook(TurnFn fn, void* user);
  // The next turn begins without sleeping.
  void request_turn() { turn_requested_ = true; }

  // Makes the calling thread this worker until stop(). Then the turn under way ends with its hooks, and tasks
  // still queued are dropped on this thread. May be called again afterwards.
  void run();
  // One turn that waits at most `wait_ns_max`, as part of run() or, in a test, instead of it.
  void run_turn(std::int64_t wait_ns_max);
  // Lets run() return soon. Any thread.
  void stop();

  // What the loop has done so far. Any thread; the figures may be a turn apart from each other.
  LoopStats stats() const { return recorder_.read(); }

 private:
  struct Hook {
    TurnFn fn;
    void* user;
  };

  Worker(std::uint32_t index, Descriptors descriptors);
  bool has_work() const { return turn_requested_ || !local_.empty(); }
  void collect_now();
  void collect_asleep(std::int64_t wait_ns_max);
  void wake_if_asleep();

  const std::uint32_t index_;
  bool turn_requested_ = false;
  TaskQueue local_;  // posted by this worker to itself
  std::vector<Hook> hooks_;
  LoopRecorder recorder_;

  // Shared with other threads; on a cache line of its own, as what two threads write in one line costs each
  // twice as much (build/tests/bench/cells_bench). Requires that nothing of the loop's own follows.
  alignas(64) TaskQueue queue_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace tenon::runtime
