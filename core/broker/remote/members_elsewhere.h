#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace tenon::broker {

// Stored sessions that are members of shared subscriptions, and whose clients are at other nodes as those
// say, by their inbox numbers. Any thread.
class MembersElsewhere {
 public:
  // Each is taken back by a remove(): two nodes may say so of one session, while its client moves.
  void add(std::uint64_t number) {
    const std::unique_lock lock(mutex_);
    ++counts_[number];
    size_.store(counts_.size(), std::memory_order_release);
  }
  void remove(std::uint64_t number) {
    const std::unique_lock lock(mutex_);
    const auto at = counts_.find(number);
    if (at == counts_.end()) return;
    if (--at->second == 0) counts_.erase(at);
    size_.store(counts_.size(), std::memory_order_release);
  }
  // Waits for nobody while there is none.
  bool has(std::uint64_t number) const {
    if (size_.load(std::memory_order_acquire) == 0) return false;
    const std::shared_lock lock(mutex_);
    return counts_.contains(number);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t> counts_;
  std::atomic<std::size_t> size_ = 0;  // of counts_
};

}  // namespace tenon::broker
