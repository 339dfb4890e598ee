#pragma once

#include <cstdint>
#include <string>

#include "kv/range_record.h"
#include "store/disk/engine.h"

namespace tenon::store {

// Deletes what an engine holds of a range, but for its record, in steps, so that nobody waits for a large
// one. To be begun anew behind a crash. REQUIRES: nobody else reads or writes the range's keys meanwhile.
class StateDrop {
 public:
  // The engine outlives it. Keys outside of the descriptor stay, and so do all items with `keeps_items`.
  StateDrop(Engine& engine, const kv::RangeId& range, const kv::Descriptor& descriptor, bool keeps_items);

  // True: done. As clear_step().
  Result<bool> step();

 private:
  enum class Phase : std::uint8_t { install, state, sources, staging, done };
  Result<bool> walk();

  Engine& engine_;
  const kv::Descriptor descriptor_;
  const bool keeps_items_;
  const std::string prefix_;
  const std::string prefix_end_;
  Phase phase_ = Phase::install;
  std::string next_;
};

}  // namespace tenon::store
