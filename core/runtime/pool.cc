#include "runtime/pool.h"

#include <string>
#include <utility>

#include "runtime/thread.h"

namespace tenon::runtime {

BlockingPool::BlockingPool(const BlockingPoolOptions& options) : options_(options) {}

BlockingPool::~BlockingPool() {
  stop();
}

bool BlockingPool::post(Task* task) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= options_.queue_max) return false;
  // A thread that was woken for an earlier task still counts as idle, hence the comparison with the queue.
  const bool all_taken = idle_count_ <= queue_.size();
  if (all_taken && threads_.size() < options_.threads_max && !start_one_more() && threads_.empty())
    return false;
  queue_.push_back(task);
  wanted_.notify_one();
  return true;
}

bool BlockingPool::start_one_more() {
  auto made = start_thread("tenon-p" + std::to_string(threads_.size()), [this] { serve(); });
  if (!made) return false;
  threads_.push_back(std::move(made).value());
  return true;
}

void BlockingPool::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (queue_.empty() && !stopping_) {
      ++idle_count_;
      wanted_.wait(lock);
      --idle_count_;
    }
    if (queue_.empty()) return;
    Task* task = queue_.front();
    queue_.pop_front();
    lock.unlock();
    task->run();
    lock.lock();
  }
}

void BlockingPool::stop() {
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ending.swap(threads_);
  }
  wanted_.notify_all();
  for (auto& thread : ending) thread.join();
}

std::uint32_t BlockingPool::queued_count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(queue_.size());
}

}  // namespace tenon::runtime
