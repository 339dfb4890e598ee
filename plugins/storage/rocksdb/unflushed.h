#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

namespace tenon::storage_rocksdb {

// How many bytes of writes are in memory only, and so will still need room on the device. Any thread.
class Unflushed {
 public:
  // Writes of so many bytes were taken; `sequence` is that of the last one, and grows.
  void add(std::uint64_t sequence, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
    if (marks_.empty() || marks_.back().bytes >= mark_bytes) marks_.push_back({0, 0});
    marks_.back().sequence = sequence;
    marks_.back().bytes += bytes;
  }
  // Everything up to `sequence` is in tables.
  void remove_to(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    while (!marks_.empty() && marks_.front().sequence <= sequence) {
      bytes_ -= marks_.front().bytes;
      marks_.pop_front();
    }
  }
  std::uint64_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Mark {
    std::uint64_t sequence;
    std::uint64_t bytes;
  };
  // Writes are counted together up to this size.
  static constexpr std::uint64_t mark_bytes = 64 * 1024;

  mutable std::mutex mutex_;
  std::deque<Mark> marks_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tenon::storage_rocksdb
