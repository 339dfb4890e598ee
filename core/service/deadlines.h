#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "topic/pool.h"

namespace tenon::service {

// The next deadline of each owner that has one, such as a session or a topic: a heap by time, and a hash
// table by key into it. 24 to 43 bytes an owner besides its key, which is a block of its own.
//
// Pure; not thread-safe. Invariant: heap_ is a min-heap, and slot s is at heap_[slots_[s].heap_at].
class Deadlines {
 public:
  // `hash_seed` is secret and random; nothing but speed depends on it.
  explicit Deadlines(std::uint64_t hash_seed) : hash_seed_(hash_seed) {}
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Replaces the deadline of the key.
  void set(std::string_view key, UnixMs at_ms);
  // A missing one is no error.
  void erase(std::string_view key);
  void clear();

  // Appends at most `count_max` keys whose deadline is at or before `now_ms`, in no order but the same one
  // each time. They are views until the next change.
  void due(UnixMs now_ms, std::size_t count_max, std::vector<std::string_view>& ret_keys) const;

  std::size_t size() const { return heap_.size(); }
  std::size_t memory_bytes() const;

 private:
  using SlotId = std::uint32_t;
  static constexpr SlotId no_slot = UINT32_MAX;
  struct Slot {
    UnixMs at_ms = 0;
    std::unique_ptr<char[]> key;
    std::uint32_t key_bytes = 0;
    std::uint32_t heap_at = 0;
  };

  std::string_view key_of(SlotId slot) const { return {slots_[slot].key.get(), slots_[slot].key_bytes}; }
  // Where in table_ the key is, or would be.
  std::size_t find(std::string_view key) const;
  std::size_t home(std::string_view key) const;
  void grow();
  void close_gap(std::size_t at);
  void place(std::size_t heap_at, SlotId slot);
  void sift_up(std::size_t heap_at);
  void sift_down(std::size_t heap_at);

  std::uint64_t hash_seed_;
  topic::Pool<Slot> slots_;
  std::vector<SlotId> heap_;
  std::vector<SlotId> table_;  // open addressing, linear; a power of two, at most 3/4 full
  std::size_t key_bytes_ = 0;
};

}  // namespace tenon::service
