#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/reactor.h"
#include "base/task_queue.h"
#include "support/manual_clock.h"

namespace tenon::host::test {

// A reactor that does nothing until a test makes a descriptor ready or time pass.
class FakeReactor final : public Reactor {
 public:
  explicit FakeReactor(const Clock& clock) : clock_(clock) {}

  Result<FdToken> add_fd(int fd, std::uint32_t events, FdFn fn, void* user) override {
    if (fd < 0) return Error{Errc::invalid, "bad descriptor"};
    watches_.push_back({static_cast<FdToken>(++last_), fd, events, fn, user});
    return watches_.back().token;
  }
  Status modify_fd(FdToken token, std::uint32_t events) override {
    for (Watch& w : watches_)
      if (w.token == token) w.events = events;
    return {};
  }
  void remove_fd(FdToken token) override {
    std::erase_if(watches_, [&](const Watch& w) { return w.token == token; });
  }
  TimerToken start_timer(std::int64_t delay_ns, TimerFn fn, void* user) override {
    timers_.push_back({static_cast<TimerToken>(++last_), clock_.mono_ns() + delay_ns, fn, user});
    return timers_.back().token;
  }
  bool cancel_timer(TimerToken token) override {
    return std::erase_if(timers_, [&](const Timer& t) { return t.token == token; }) > 0;
  }

  // Reports `events` for each watch of the descriptor.
  void make_ready(int fd, std::uint32_t events) {
    const std::vector<Watch> now = watches_;
    for (const Watch& w : now)
      if (w.fd == fd) w.fn(w.user, events);
  }
  void fire_due() {
    for (bool again = true; again;) {
      const auto due = std::find_if(timers_.begin(), timers_.end(),
                                    [&](const Timer& t) { return t.due <= clock_.mono_ns(); });
      again = due != timers_.end();
      if (!again) return;
      const Timer timer = *due;
      timers_.erase(due);
      timer.fn(timer.user);
    }
  }
  std::size_t watch_count() const { return watches_.size(); }
  std::size_t timer_count() const { return timers_.size(); }
  std::uint32_t events_of(int fd) const {
    for (const Watch& w : watches_)
      if (w.fd == fd) return w.events;
    return 0;
  }

 private:
  struct Watch {
    FdToken token;
    int fd;
    std::uint32_t events;
    FdFn fn;
    void* user;
  };
  struct Timer {
    TimerToken token;
    MonoNs due;
    TimerFn fn;
    void* user;
  };

  const Clock& clock_;
  std::uint64_t last_ = 0;
  std::vector<Watch> watches_;
  std::vector<Timer> timers_;
};

// Threads that a test plays by hand: everything runs on the test's own thread, when it says so.
class FakeExecutor final : public Executor {
 public:
  FakeExecutor(std::uint32_t worker_count, const Clock& clock) {
    for (std::uint32_t i = 0; i < worker_count; ++i) workers_.push_back(std::make_unique<FakeWorker>(clock));
  }

  std::uint32_t worker_count() const override { return static_cast<std::uint32_t>(workers_.size()); }
  void post(std::uint32_t worker, Task* task) override {
    ++post_count;
    workers_[worker]->queue.push(task);
  }
  void post_control(Task* task) override {
    ++post_count;
    control_.push(task);
  }
  bool post_blocking(Task* task) override {
    if (pool_is_full) return false;
    pool_.push(task);
    return true;
  }
  std::uint32_t current_worker() const override { return current_; }
  Reactor& current_reactor() override { return workers_[current_]->reactor; }

  // Does `work` as if on that worker.
  template <class Work>
  auto on_worker(std::uint32_t worker, Work&& work) {
    const std::uint32_t before = std::exchange(current_, worker);
    struct Restore {
      std::uint32_t& current;
      std::uint32_t before;
      ~Restore() { current = before; }
    } restore{current_, before};
    return work();
  }
  // One turn of a worker's loop: what was posted, then timers that are due.
  void run_worker(std::uint32_t worker) {
    on_worker(worker, [&] {
      workers_[worker]->queue.run_all();
      workers_[worker]->reactor.fire_due();
    });
  }
  void run_control() { control_.run_all(); }
  unsigned run_pool() { return pool_.run_all(); }
  void drop_pool() { pool_.drop_all(); }
  FakeReactor& reactor(std::uint32_t worker) { return workers_[worker]->reactor; }

  unsigned post_count = 0;
  bool pool_is_full = false;

 private:
  struct FakeWorker {
    explicit FakeWorker(const Clock& clock) : reactor(clock) {}
    TaskQueue queue;
    FakeReactor reactor;
  };

  std::vector<std::unique_ptr<FakeWorker>> workers_;
  TaskQueue control_;
  TaskQueue pool_;
  std::uint32_t current_ = no_worker;
};

}  // namespace tenon::host::test
