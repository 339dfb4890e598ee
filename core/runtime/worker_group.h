#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/executor.h"
#include "base/result.h"
#include "runtime/control_loop.h"
#include "runtime/pool.h"
#include "runtime/worker.h"

namespace tenon::runtime {

constexpr std::uint32_t worker_count_max = 1024;

struct WorkerGroupOptions {
  std::uint32_t worker_count = 1;  // 1..worker_count_max
  BlockingPoolOptions pool;
};

// All threads of the broker: N workers, the control loop, the blocking pool; the Executor of everything else.
//
// Life: create, add hooks to the workers, start, control().run() on the main thread, stop, destroy. Calls
// tagged [control] come from the thread that made the group.
class WorkerGroup final : public Executor {
 public:
  // busy: the system gives no more descriptors.
  static Result<std::unique_ptr<WorkerGroup>> create(const WorkerGroupOptions& options);
  // stop()s. Tasks that were posted after the end of their worker are dropped here.
  ~WorkerGroup() override;

  // Makes the worker threads, named tenon-w0 ... All signals are blocked in them. io: the system gives no
  // more threads; none runs then. [control]
  Status start();

  // Worker `index`. What of it may be called where: see Worker.
  Worker& worker(std::uint32_t index);
  ControlLoop& control();
  BlockingPool& pool();

  // Runs `fn` once on each worker, all at the same time, and returns when all have. REQUIRES: started, not
  // stopped. [control]
  void run_on_each(const std::function<void(Worker&)>& fn);

  // Ends everything, in this order: the pool refuses work and finishes what it has; `last` runs on each
  // worker; the workers end their turn, drop what is still queued, and are joined. May be repeated. [control]
  void stop(const std::function<void(Worker&)>& last = {});

  // Executor.
  std::uint32_t worker_count() const override;
  void post(std::uint32_t worker, Task* task) override;
  void post_control(Task* task) override;
  bool post_blocking(Task* task) override;
  std::uint32_t current_worker() const override;
  Reactor& current_reactor() override;

 private:
  struct Impl;
  explicit WorkerGroup(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::runtime
