#pragma once

#include "store/orders/order_work.h"

namespace tenon::store {

// Has the range consist of others: done once it does; refused when it makes no sense, or does not come to its
// end in time, as when a node that is to be in it is away. What was done by then stays.
class MembersWork final : public OrderWork {
 public:
  explicit MembersWork(const ChangeMembers& what);

  std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) override;

  // The answer, if the range consists of these.
  std::optional<Answer> answer_if_there(const kv::Members& now) const;

 private:
  bool makes_sense() const;

  kv::Members target_;
  MonoNs give_up_ns_ = 0;  // 0: not begun
};

}  // namespace tenon::store
