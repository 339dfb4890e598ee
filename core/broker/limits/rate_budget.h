#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tenon::broker {

// What may be spent at a constant rate, and in one go as much as comes in one second. It may be overdrawn by
// one spending; whoever spends waits until the debt is paid. So the rate holds in the long run whatever the
// pieces are. Pure; not thread-safe.
class RateBudget {
 public:
  // `per_s` 0: no limit.
  explicit RateBudget(std::uint64_t per_s = 0) : per_s_(per_s) {}

  void spend(std::uint64_t amount, MonoNs now_ns) {
    if (per_s_ == 0) return;
    paid_until_ns_ = std::max(paid_until_ns_, now_ns - ns_per_s);
    const auto whole_s = static_cast<std::int64_t>(amount / per_s_);
    paid_until_ns_ += whole_s * ns_per_s + rest_ns(amount % per_s_);
  }
  // How long until it is paid for; 0: nothing is owed.
  std::int64_t debt_ns(MonoNs now_ns) const {
    return per_s_ == 0 ? 0 : std::max<std::int64_t>(paid_until_ns_ - now_ns, 0);
  }

 private:
  // REQUIRES: rest < per_s_.
  std::int64_t rest_ns(std::uint64_t rest) const {
    constexpr std::uint64_t product_max = INT64_MAX / ns_per_s;
    if (rest <= product_max) return static_cast<std::int64_t>(rest * ns_per_s / per_s_);
    return static_cast<std::int64_t>(rest / 1000 * ns_per_s / (per_s_ / 1000));
  }

  std::uint64_t per_s_;
  MonoNs paid_until_ns_ = INT64_MIN / 2;
};

}  // namespace tenon::broker
