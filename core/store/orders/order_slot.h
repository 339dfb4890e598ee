#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/orders/order_work.h"
#include "store/replica/replica_ports.h"

namespace tenon::store {

// The orders of one replica: at most one is under way. Pure; one thread.
class OrderSlot {
 public:
  // Both outlive it.
  OrderSlot(OrderPorts& replica, ReplicaPorts& ports) : replica_(replica), ports_(ports) {}

  // An order, as encode() made it; answered through the ports, now or later. REQUIRES: the replica leads.
  // One that is under way already, or was the last one, and is asked again is answered as if it had been
  // asked once. Another one is refused while one is under way.
  void give(std::string_view text, const ReplyTo& to, MonoNs now_ns);
  // Goes on with the one under way. With each tick.
  void step(MonoNs now_ns);
  // The answer to a command of the work's.
  void on_command(Answer&& answer) {
    if (work_) work_->on_command(std::move(answer));
  }
  // The replica can't go on.
  void end();

  bool is_open() const { return work_ != nullptr; }
  // "transfer to ..."; empty: nothing is under way.
  std::string under_way() const { return work_ ? describe(order_) : std::string(); }

 private:
  void begin(Order&& order, const ReplyTo& to);
  void finish(Answer&& answer);

  OrderPorts& replica_;
  ReplicaPorts& ports_;
  std::unique_ptr<OrderWork> work_;
  Order order_;  // under way, or the last one
  ReplyTo asker_;
  MonoNs now_ns_ = 0;   // of the last call
  Answer last_answer_;  // to order_, once it is over
};

}  // namespace tenon::store
