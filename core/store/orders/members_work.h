#pragma once

#include <string>
#include <vector>

#include "store/orders/order_work.h"

namespace tenon::store {

// Has the range consist of others: done once it does; refused when it makes no sense, when a node that is to
// come in, or to vote from now on, is away for away_patience_ns, or when it does not come to its end in time.
// What was done by then stays.
class MembersWork final : public OrderWork {
 public:
  // A link that broke is up again before that. Whoever plans does so anew then: while the order is under way
  // the range takes no other.
  static constexpr std::int64_t away_patience_ns = 10 * ns_per_s;
  // A state may have to be sent to each that is new.
  static constexpr std::int64_t patience_ns = 300 * ns_per_s;

  explicit MembersWork(const ChangeMembers& what);

  std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) override;

  // The answer, if the range consists of these.
  std::optional<Answer> answer_if_there(const kv::Members& now) const;

 private:
  bool makes_sense() const;
  std::vector<NodeId> away(const OrderPorts& replica, const kv::Members& now) const;
  Answer give_up(OrderPorts& replica, std::string why) const;

  kv::Members target_;
  MonoNs give_up_ns_ = 0;     // 0: not begun
  MonoNs away_since_ns_ = 0;  // somebody who is needed; 0: nobody
};

}  // namespace tenon::store
