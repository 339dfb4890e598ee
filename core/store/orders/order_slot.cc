#include "store/orders/order_slot.h"

namespace tenon::store {

void OrderSlot::give(std::string_view text, const ReplyTo& to, MonoNs now_ns) {
  now_ns_ = now_ns;
  auto order = decode_order(text);
  if (!order.ok()) {
    const bool is_newer = order.error().code == Errc::unsupported;
    return ports_.answer(to, {is_newer ? AnswerCode::unsupported : AnswerCode::refused,
                              NodeId::none,
                              order.error().message,
                              0,
                              {}});
  }
  if (*order == order_) {
    if (!work_) return ports_.answer(to, Answer(last_answer_));
    asker_ = to;
    return;
  }
  if (work_) return ports_.answer(to, order_refused("another order is under way: " + under_way()));
  begin(std::move(order).value(), to);
}

void OrderSlot::begin(Order&& order, const ReplyTo& to) {
  const kv::Epoch& epoch = replica_.range().descriptor().epoch;
  // One that its leader carried out and could not answer any more.
  if (auto answer = answer_if_done(order, replica_.range().record()))
    return ports_.answer(to, std::move(*answer));
  if (order.expected != epoch)
    return ports_.answer(to, {AnswerCode::stale,
                              NodeId::none,
                              "the range's epoch is " + describe(epoch) + ", not " + describe(order.expected),
                              0,
                              {}});
  order_ = std::move(order);
  asker_ = to;
  work_ = make_order_work(order_);
  // What needs no more than this does not stand in the way of the next order.
  step(now_ns_);
}

void OrderSlot::step(MonoNs now_ns) {
  now_ns_ = now_ns;
  if (!work_) return;
  if (auto answer = work_->step(replica_, now_ns)) finish(std::move(*answer));
}

void OrderSlot::end() {
  if (work_) finish(order_not_leader(replica_));
}

void OrderSlot::finish(Answer&& answer) {
  work_.reset();
  last_answer_ = std::move(answer);
  // The next leader decides anew, and so does this one if it is asked again.
  if (last_answer_.code == AnswerCode::not_leader) order_ = {};
  ports_.answer(asker_, Answer(last_answer_));
}

}  // namespace tenon::store
