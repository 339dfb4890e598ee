#pragma once

#include <cstdint>

#include "base/task.h"

namespace tenon {

class Reactor;

// Where work is done. Any thread, unless said otherwise.
class Executor {
 public:
  virtual ~Executor() = default;

  virtual std::uint32_t worker_count() const = 0;
  // Queues a task for a worker; it runs in a later turn of that worker's loop, in the order of posting per
  // poster.
  virtual void post(std::uint32_t worker, Task* task) = 0;
  // Queues a task for the control thread.
  virtual void post_control(Task* task) = 0;
  // Queues work that may block. False: the pool is full or stopping; the task stays the caller's.
  virtual bool post_blocking(Task* task) = 0;

  // The index of the worker that the calling thread is, or no_worker.
  static constexpr std::uint32_t no_worker = UINT32_MAX;
  virtual std::uint32_t current_worker() const = 0;
  // The reactor of the calling thread. REQUIRES: current_worker() != no_worker.
  virtual Reactor& current_reactor() = 0;
};

}  // namespace tenon
