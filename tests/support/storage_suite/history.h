#pragma once

#include <cstdint>
#include <vector>

#include "support/storage_suite/test_engine.h"

namespace tenon::test {

// Writes batches one call at a time and remembers which states may be found after a crash.
class History {
 public:
  // The content before the first batch.
  explicit History(Contents start = {}) : states_{std::move(start)} {}

  // True when the engine took the batch. A batch that failed may be there after a crash, or not.
  bool write(TestEngine& engine, const Batch& batch, std::uint32_t durability);
  // True when the engine took it.
  bool sync(TestEngine& engine);

  // Whether what is found after the process was killed (power was lost) keeps every promise: a state between
  // two batches, and none older than what had to survive.
  bool explains_kill(const Contents& found) const { return explains(found, survives_kill_); }
  bool explains_power_loss(const Contents& found) const { return explains(found, survives_power_loss_); }

  const Contents& last() const { return states_[taken_]; }
  // Goes on from what was found.
  void restart(Contents found) { *this = History(std::move(found)); }

 private:
  bool explains(const Contents& found, std::size_t first) const;

  std::vector<Contents>
      states_;  // states_[n]: after n batches; behind those taken, with one that has failed since
  std::size_t taken_ = 0;
  std::size_t survives_kill_ = 0;
  std::size_t survives_power_loss_ = 0;
};

}  // namespace tenon::test
