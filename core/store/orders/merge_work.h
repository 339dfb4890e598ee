#pragma once

#include <optional>
#include <string>

#include "store/orders/order_work.h"

namespace tenon::store {

// Has the range absorb its right neighbour: finds all members of both there, has the neighbour frozen, and
// commits the merge once all members hold it so. What does not come to its end in time is called off, which
// is committed, too. Nothing is frozen while a member is away.
class MergeWork final : public OrderWork {
 public:
  MergeWork(const Order& order, const MergeRanges& what) : order_(order), what_(what) {}

  std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) override;
  void on_command(Answer&& answer) override { answer_ = std::move(answer); }

 private:
  enum class Phase : std::uint8_t { begin, look, freeze, merge, call_off };

  std::optional<Answer> begin(OrderPorts& replica, MonoNs now_ns);
  std::optional<Answer> look(OrderPorts& replica, MonoNs now_ns);
  std::optional<Answer> freeze(OrderPorts& replica, MonoNs now_ns);
  std::optional<Answer> end(OrderPorts& replica);
  std::optional<Answer> give_up(OrderPorts& replica, std::string why);
  void call_off(OrderPorts& replica, std::string why);
  std::string lacking(OrderPorts& replica) const;
  std::string right_text() const { return "range " + std::to_string(what_.right.number); }

  const Order order_;
  const MergeRanges what_;
  Phase phase_ = Phase::begin;
  MonoNs give_up_ns_ = 0;
  std::string why_;               // it is called off
  std::optional<Answer> answer_;  // to the command
};

}  // namespace tenon::store
