#include "runtime/worker_group.h"

#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "runtime/process/process.h"
#include "runtime/thread.h"

namespace tenon::runtime {

struct WorkerGroup::Impl {
  explicit Impl(const BlockingPoolOptions& pool_options) : pool(pool_options) {}

  std::unique_ptr<ControlLoop> control;
  std::vector<std::unique_ptr<Worker>> workers;
  BlockingPool pool;
  std::vector<std::thread> threads;  // one per worker between start and stop
  bool stopped = false;

  bool owns(const Worker* worker) const {
    return worker && worker->index() < workers.size() && workers[worker->index()].get() == worker;
  }
  void end_workers() {
    for (auto& worker : workers) worker->stop();
    for (auto& thread : threads) thread.join();
    threads.clear();
  }
};

Result<std::unique_ptr<WorkerGroup>> WorkerGroup::create(const WorkerGroupOptions& options) {
  TENON_BUG(options.worker_count >= 1 && options.worker_count <= worker_count_max, "1 to 1024 workers");
  auto impl = std::make_unique<Impl>(options.pool);
  auto control = ControlLoop::create();
  if (!control) return control.error();
  impl->control = std::move(control).value();
  for (std::uint32_t i = 0; i < options.worker_count; ++i) {
    auto worker = Worker::create(i);
    if (!worker) return worker.error();
    impl->workers.push_back(std::move(worker).value());
  }
  return std::unique_ptr<WorkerGroup>(new WorkerGroup(std::move(impl)));
}

WorkerGroup::WorkerGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WorkerGroup::~WorkerGroup() {
  stop();
}

Status WorkerGroup::start() {
  TENON_BUG(impl_->threads.empty() && !impl_->stopped, "a group of workers is started once");
  ignore_sigpipe();
  for (auto& worker : impl_->workers) {
    auto thread = start_thread("tenon-w" + std::to_string(worker->index()), [&worker] { worker->run(); });
    if (!thread) {
      impl_->end_workers();
      return thread.error();
    }
    impl_->threads.push_back(std::move(thread).value());
  }
  return {};
}

Worker& WorkerGroup::worker(std::uint32_t index) {
  return *impl_->workers.at(index);
}
ControlLoop& WorkerGroup::control() {
  return *impl_->control;
}
BlockingPool& WorkerGroup::pool() {
  return impl_->pool;
}

void WorkerGroup::run_on_each(const std::function<void(Worker&)>& fn) {
  TENON_BUG(!impl_->threads.empty(), "run_on_each outside of start and stop");
  std::latch done(static_cast<std::ptrdiff_t>(impl_->workers.size()));
  for (auto& worker : impl_->workers) {
    worker->post(make_task([&fn, &done, &worker] {
      fn(*worker);
      done.count_down();
    }));
  }
  done.wait();
}

void WorkerGroup::stop(const std::function<void(Worker&)>& last) {
  if (impl_->stopped) return;
  impl_->stopped = true;
  impl_->pool.stop();
  if (impl_->threads.empty()) return;
  if (last) run_on_each(last);
  impl_->end_workers();
}

std::uint32_t WorkerGroup::worker_count() const {
  return static_cast<std::uint32_t>(impl_->workers.size());
}

void WorkerGroup::post(std::uint32_t worker, Task* task) {
  impl_->workers[worker]->post(task);
}

void WorkerGroup::post_control(Task* task) {
  impl_->control->post(task);
}

bool WorkerGroup::post_blocking(Task* task) {
  return impl_->pool.post(task);
}

std::uint32_t WorkerGroup::current_worker() const {
  const Worker* worker = Worker::current();
  return impl_->owns(worker) ? worker->index() : no_worker;
}

Reactor& WorkerGroup::current_reactor() {
  Worker* worker = Worker::current();
  TENON_BUG(impl_->owns(worker), "current_reactor outside of a worker");
  return *worker;
}

}  // namespace tenon::runtime
