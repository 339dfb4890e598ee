#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kv/range.h"

namespace tenon::store {

// One number for all that a replica holds, so that replicas which have applied the same entries can be
// compared. The items are walked through a few at a time; when something was applied meanwhile, the walk
// begins anew. Of nodes with the same byte order and release. Pure; one thread.
class StateDigest {
 public:
  static constexpr std::size_t items_per_step = 128;
  static constexpr int walks_max = 4;

  // Looks further; true: there is more to be looked at. busy: the range is written to all the time. Other
  // failures: its items can't be read. Not to be called behind one of them, or behind false.
  // REQUIRES: the same range each time.
  Result<bool> step(const kv::Range& range);
  // The last entry that was applied, and what the state came to. REQUIRES: step() has returned false.
  std::uint64_t applied() const { return *applied_; }
  std::uint64_t value() const { return value_; }

 private:
  std::optional<std::uint64_t> applied_;  // when the walk began
  int walks_ = 0;
  std::string next_;
  std::uint64_t value_ = 0;
};

}  // namespace tenon::store
