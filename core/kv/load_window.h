#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tenon::kv {

// What a range had to do of late, and at which keys: from this a planner decides whether and where to split
// it. Counts in slots of time, of which the oldest falls out; keeps a bounded sample of keys. Pure: the same
// calls with the same seed give the same answers. One thread at a time.
class LoadWindow {
 public:
  static constexpr std::size_t slot_count = 8;
  static constexpr std::size_t slot_samples_max = 64;
  // The cost of a command beside its bytes, in bytes.
  static constexpr std::uint64_t command_cost_bytes = 256;

  // `slot_ns` > 0: the window is slot_count of them.
  LoadWindow(MonoNs slot_ns, std::uint64_t seed);

  // A command of this size at this key. A time before the newest one counts as that.
  void add(MonoNs now_ns, std::string_view key, std::uint64_t bytes);
  // Keys from `end` on are another range's by now: what they cost is forgotten, as far as the sample tells.
  void keep_below(std::string_view end);

  struct Load {
    std::uint64_t commands = 0;
    std::uint64_t bytes = 0;
  };
  // Of the whole window that ends with the slot of `now_ns`.
  Load load(MonoNs now_ns) const;
  // The key below which about half of the cost arose: the weighted median of the sample. Empty: there is no
  // key that has a part of the cost on either side.
  std::optional<std::string> median_key(MonoNs now_ns) const;

 private:
  struct Sample {
    std::string key;
    std::uint64_t cost = 0;  // of all commands since the sample before
  };
  struct Slot {
    std::int64_t number = -1;  // of the slots since the clock's beginning; -1: never used
    Load load;
    std::vector<Sample> samples;
    // One sample for as much cost, in the mean: a dear command is the likelier to be one.
    std::uint64_t stride = command_cost_bytes;
    std::uint64_t next_cost = 1;  // at which the next sample is taken
    std::uint64_t cost = 0;       // since the last one
  };

  Slot& slot_at(MonoNs now_ns);
  bool is_within(const Slot& slot, MonoNs now_ns) const;
  // Every second sample goes, its cost to its neighbour.
  void thin_out(Slot& slot);
  // In the mean `stride`, so that no rhythm of the commands meets that of the sample.
  std::uint64_t random_step(std::uint64_t stride);

  const MonoNs slot_ns_;
  std::uint64_t random_;
  std::int64_t newest_ = 0;
  std::array<Slot, slot_count> slots_;
};

}  // namespace tenon::kv
