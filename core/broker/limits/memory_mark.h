#pragma once

#include <atomic>
#include <cstdint>

namespace tenon::broker {

// Whether the process uses more memory than it should: then publishers are read slowly and connections
// accepted slowly, until it is below nine tenths of the mark. Any thread; note() by one thread at a time.
class MemoryMark {
 public:
  // 0: there is no mark.
  explicit MemoryMark(std::uint64_t high_bytes) : high_bytes_(high_bytes) {}

  // True: is_high() has changed.
  bool note(std::uint64_t resident_bytes) {
    const bool was_high = is_high();
    const std::uint64_t limit = was_high ? high_bytes_ / 10 * 9 : high_bytes_;
    const bool is_high_now = high_bytes_ != 0 && resident_bytes > limit;
    is_high_.store(is_high_now, std::memory_order_relaxed);
    return is_high_now != was_high;
  }
  bool is_high() const { return is_high_.load(std::memory_order_relaxed); }
  std::uint64_t high_bytes() const { return high_bytes_; }

 private:
  const std::uint64_t high_bytes_;
  std::atomic<bool> is_high_{false};
};

}  // namespace tenon::broker
