#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::broker {

// What room a tenant has for the subscriptions of one packet, by what was known when the packet came. Pure.
class SubscriptionRoom {
 public:
  // `limit`: 0: there is none. `taken`: of the whole tenant. `own`: those of the session, sorted; outlives
  // this.
  SubscriptionRoom(std::uint64_t limit, std::uint64_t taken, std::span<const std::string> own)
      : limit_(limit), taken_(taken), own_(own) {}

  // False: there is no room for it. One that is the session's already takes none.
  bool admit(std::string_view filter) {
    if (limit_ == 0 || std::binary_search(own_.begin(), own_.end(), filter)) return true;
    if (taken_ >= limit_) return false;
    ++taken_;
    return true;
  }

 private:
  const std::uint64_t limit_;
  std::uint64_t taken_;
  const std::span<const std::string> own_;
};

}  // namespace tenon::broker
