#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tenon::storage_memory {

// Bytes that the records and nodes of one engine hold, what only snapshots still see included. Changed by the
// engine's thread, read by any.
class MemoryMeter {
 public:
  void add(std::size_t bytes) { change(bytes); }
  void remove(std::size_t bytes) { change(std::size_t{0} - bytes); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // There is one writer, so that a plain load and store do.
  void change(std::size_t delta) {
    bytes_.store(bytes_.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace tenon::storage_memory
