#include "store/orders/split_opening.h"

#include "store/replica/replica.h"

namespace tenon::store {

namespace {

constexpr std::int64_t patience_ns = 5 * ns_per_s;

}  // namespace

bool NewLeaders::step(Replica* replica, Waiting& waiting, MonoNs now_ns) {
  if (waiting.give_up_ns == 0) waiting.give_up_ns = now_ns + patience_ns;
  if (!replica || replica->leader() != NodeId::none || now_ns >= waiting.give_up_ns) return true;
  if (now_ns < waiting.next_ns) return false;
  // Each attempt ends the one before, which may only have been slow.
  waiting.next_ns = now_ns + waiting.pause_ns;
  waiting.pause_ns *= 2;
  replica->campaign();
  return false;
}

}  // namespace tenon::store
