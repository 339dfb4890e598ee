#include "host/invalidations.h"

#include <utility>

namespace tenon::host {

void Invalidations::add(Invalidation one) {
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = count_.load(std::memory_order_relaxed);
    if (ring_.size() < remembered_max)
      ring_.push_back(one);
    else
      ring_[number % remembered_max] = one;
    count_.store(number + 1, std::memory_order_release);
  }
  if (listener_) listener_(one);
}

bool Invalidations::concerns(std::uint64_t seen, std::string_view username,
                             std::string_view client_id) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t last = count_.load(std::memory_order_relaxed);
  if (last - seen > ring_.size()) return true;
  for (std::uint64_t n = seen; n < last; ++n) {
    const Invalidation& one = ring_[n % remembered_max];
    if (one.scope == InvalidScope::all) return true;
    if (one.value == (one.scope == InvalidScope::user ? username : client_id)) return true;
  }
  return false;
}

}  // namespace tenon::host
