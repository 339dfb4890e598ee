#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

#include "node/events/observers.h"

namespace tenon::node {

// One plugin of kind events, its queue and what its thread does.
class Observers::Observer {
 public:
  // All outlive it.
  Observer(host::Instance& instance, observe::Log& log, std::size_t queue_bytes_max);

  const std::string& name() const { return instance_.name(); }
  broker::EventQueue& queue() { return queue_; }
  // What it says; takes over what of that is of batches. The control thread.
  Result<broker::EventWishes> ask_for_wishes();
  // Until the queue is closed and empty, or given up. A thread of its own.
  void run();

  // Events. Any thread.
  std::uint64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
  std::uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

  std::thread thread;  // the control thread's

 private:
  void give(const broker::EventQueue::Batch& batch);

  host::Instance& instance_;
  observe::Log& log_;
  broker::EventQueue queue_;
  std::uint64_t untold_ = 0;  // events that it has not had, nor heard of; its thread's
  std::atomic<std::size_t> batch_count_max_{batch_count_max};
  std::atomic<std::int64_t> linger_ms_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
};

}  // namespace tenon::node
