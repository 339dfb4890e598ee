#pragma once

#include <string>

#include "store/orders/middle_search.h"
#include "store/orders/order_work.h"

namespace tenon::store {

// Cuts a range in two: chooses the key if it has none, and commits the split. The number of the new range is
// made of the order's, which is random: no other range has it, and the next leader would give the same.
class SplitWork final : public OrderWork {
 public:
  SplitWork(const Order& order, const SplitRange& what)
      : order_(order), by_load_(what.by_load), key_(what.key) {}

  std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) override;
  void on_command(Answer&& answer) override { answer_ = std::move(answer); }

 private:
  std::optional<Answer> look_for_key(OrderPorts& replica, MonoNs now_ns);
  std::optional<Answer> propose(OrderPorts& replica);
  std::optional<Answer> end(OrderPorts& replica) const;
  kv::RangeId child() const;

  const Order order_;
  const bool by_load_;
  std::string key_;
  MiddleSearch search_;
  bool is_proposed_ = false;
  std::optional<Answer> answer_;  // to the command
};

}  // namespace tenon::store
