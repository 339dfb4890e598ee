#include "store/orders/transfer_work.h"

#include <algorithm>

namespace tenon::store {

namespace {

// Longer than the plugin tries.
constexpr std::int64_t patience_ns = 5 * ns_per_s;

}  // namespace

std::optional<Answer> TransferWork::step(OrderPorts& replica, MonoNs now_ns) {
  if (replica.leader() == to_) return order_done(describe(to_) + " leads");
  if (give_up_ns_ == 0) give_up_ns_ = now_ns + patience_ns;
  if (!is_begun_) return begin(replica, now_ns);
  if (!replica.leads() && replica.leader() != NodeId::none)
    return order_refused(describe(replica.leader()) + " was elected meanwhile");
  if (now_ns < give_up_ns_) return std::nullopt;
  return order_refused(describe(to_) + " did not take the lead in time");
}

std::optional<Answer> TransferWork::begin(OrderPorts& replica, MonoNs now_ns) {
  const auto& voters = replica.range().descriptor().members.voters;
  if (std::find(voters.begin(), voters.end(), to_) == voters.end())
    return order_refused(describe(to_) + " is no voter of the range");
  const tenon_status status = replica.transfer(to_);
  if (!replica.leads()) return order_not_leader(replica);
  // Another transfer is under way, and there may be one after the other.
  if (status == TENON_E_BUSY && now_ns < give_up_ns_) return std::nullopt;
  if (status == TENON_E_TIMEOUT)
    return order_refused(describe(to_) + " does not keep up with what is committed");
  if (status != TENON_OK) return order_refused(describe(to_) + " can't take the lead now");
  give_up_ns_ = now_ns + patience_ns;
  is_begun_ = true;
  return std::nullopt;
}

}  // namespace tenon::store
