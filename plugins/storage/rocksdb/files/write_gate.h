#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace tenon::storage_rocksdb {

// Whether the files of an engine may still be changed. It closes with the first write or sync that fails for
// another reason than a full device, and never opens again: what the device has after that is not known. Also
// counts what was done to the files. Any thread.
class WriteGate {
 public:
  // The first reason counts.
  void latch(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (!is_latched_.load(std::memory_order_relaxed)) reason_ = std::move(reason);
    is_latched_.store(true, std::memory_order_release);
  }
  bool is_latched() const { return is_latched_.load(std::memory_order_acquire); }
  std::string reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
  }

  void count_bytes(std::int64_t more) { disk_bytes_.fetch_add(more, std::memory_order_relaxed); }
  void count_sync() { sync_count_.fetch_add(1, std::memory_order_relaxed); }
  // Held by the engine's files.
  std::int64_t disk_bytes() const { return disk_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t sync_count() const { return sync_count_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  std::string reason_;
  std::atomic<bool> is_latched_{false};
  std::atomic<std::int64_t> disk_bytes_{0};
  std::atomic<std::uint64_t> sync_count_{0};
};

}  // namespace tenon::storage_rocksdb
