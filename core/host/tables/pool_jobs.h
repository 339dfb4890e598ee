#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tenon::host {

// Counts the jobs of one plugin that the pool has taken and not finished. Any thread.
class PoolJobs {
 public:
  static constexpr std::uint32_t open_max = 4096;

  // False: too many.
  bool enter() {
    const std::lock_guard lock(mutex_);
    if (open_ >= open_max) return false;
    ++open_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) none_.notify_all();
  }
  // Blocks until no job is open.
  void wait() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [&] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::uint32_t open_ = 0;
};

}  // namespace tenon::host
