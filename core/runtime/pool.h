#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/task.h"

namespace tenon::runtime {

struct BlockingPoolOptions {
  std::uint32_t threads_max = 4;   // made when there is work for them; 1 or more
  std::uint32_t queue_max = 4096;  // tasks that wait for a thread
};

// Threads for work that may block or computes long. Any thread, unless said otherwise.
class BlockingPool {
 public:
  explicit BlockingPool(const BlockingPoolOptions& options);
  // stop()s.
  ~BlockingPool();

  // Queues a task, oldest first; it runs on some pool thread. False: the queue is full, the pool is stopping,
  // or no thread can be made; the task stays the caller's.
  bool post(Task* task);

  // Refuses new tasks, runs all that were accepted, ends the threads. Not from a pool thread. May be
  // repeated.
  void stop();

  // Tasks that wait for a thread.
  std::uint32_t queued_count() const;

 private:
  bool start_one_more();
  void serve();

  const BlockingPoolOptions options_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wanted_;
  std::deque<Task*> queue_;
  std::vector<std::thread> threads_;
  std::uint32_t idle_count_ = 0;
  bool stopping_ = false;
};

}  // namespace tenon::runtime
