#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kv/range.h"

namespace tenon::store {

// Looks for the place at which a range holds as many bytes below as above, a few items at a time, so that
// nobody waits for a large range. What is written meanwhile shifts it a little. Pure; one thread.
class MiddleSearch {
 public:
  // Looks further. True: it is over. Failure: the items can't be read.
  Result<bool> step(const kv::Range& range);
  // REQUIRES: over. Empty: the range can't be split in any place.
  const std::string& key() const { return key_; }

 private:
  Status weigh(const kv::Range& range);
  Status find(const kv::Range& range);

  enum class Phase : std::uint8_t { weigh, find, over };
  Phase phase_ = Phase::weigh;
  std::string next_;  // where the walk goes on
  std::uint64_t bytes_ = 0;
  std::uint64_t half_ = 0;
  std::string key_;
};

}  // namespace tenon::store
