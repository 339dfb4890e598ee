#include "support/storage_suite/history.h"

#include <algorithm>

namespace tenon::test {

bool History::write(TestEngine& engine, const Batch& batch, std::uint32_t durability) {
  Contents next = states_[taken_];
  next.apply(batch);
  const bool is_taken = engine.write(batch, durability) == TENON_OK;
  if (is_taken) states_.resize(taken_ + 1);
  states_.push_back(std::move(next));
  if (!is_taken) return false;
  ++taken_;
  if (durability >= TENON_DURABLE_PROC) survives_kill_ = taken_;
  if (durability >= TENON_DURABLE_DISK) survives_power_loss_ = taken_;
  return true;
}

bool History::sync(TestEngine& engine) {
  if (engine.sync() != TENON_OK) return false;
  survives_kill_ = survives_power_loss_ = taken_;
  return true;
}

bool History::explains(const Contents& found, std::size_t first) const {
  return std::find(states_.begin() + static_cast<std::ptrdiff_t>(first), states_.end(), found) !=
         states_.end();
}

}  // namespace tenon::test
