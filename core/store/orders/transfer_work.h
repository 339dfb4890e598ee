#pragma once

#include "store/orders/order_work.h"

namespace tenon::store {

// Hands the lead to another voter: done once that one is known to lead; refused when it did not take the lead
// in time, which it does not when it lags or is out of reach.
class TransferWork final : public OrderWork {
 public:
  explicit TransferWork(const TransferLeader& what) : to_(what.to) {}

  std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) override;

 private:
  std::optional<Answer> begin(OrderPorts& replica, MonoNs now_ns);

  const NodeId to_;
  MonoNs give_up_ns_ = 0;  // 0: not asked for
  bool is_begun_ = false;  // the group took it
};

}  // namespace tenon::store
