#include "store/orders/split_work.h"

#include "kv/reshape/recovery.h"
#include "kv/reshape/split.h"

namespace tenon::store {

std::optional<Answer> SplitWork::step(OrderPorts& replica, MonoNs now_ns) {
  if (answer_) return end(replica);
  if (is_proposed_) return std::nullopt;
  if (!replica.leads()) return order_not_leader(replica);
  return key_.empty() ? look_for_key(replica, now_ns) : propose(replica);
}

std::optional<Answer> SplitWork::look_for_key(OrderPorts& replica, MonoNs now_ns) {
  if (by_load_) {
    const auto median = replica.load().median_key(now_ns);
    if (!median) return order_refused("the range had too little to do of late, or all of it at one key");
    key_ = *median;
    return propose(replica);
  }
  const Result<bool> over = search_.step(replica.range());
  if (!over.ok()) return order_refused(over.error().message);
  if (!*over) return std::nullopt;
  key_ = search_.key();
  if (key_.empty()) return order_refused("the range holds nothing between which it could be split");
  return propose(replica);
}

std::optional<Answer> SplitWork::propose(OrderPorts& replica) {
  const kv::Descriptor& descriptor = replica.range().descriptor();
  if (key_ <= descriptor.begin || !descriptor.holds(key_))
    return order_refused("the key is not inside of the range, or is its first");
  if (!replica.range().machine().may_split_at(key_))
    return order_refused("what belongs together has keys on both sides of this one");
  if (!descriptor.members.outgoing.empty()) return order_refused("the range's members are changing");
  if (replica.range().is_provisional()) return order_refused_provisional();
  // It would be taken for a provisional one.
  if (kv::is_provisional(replica.range().id(), {descriptor.epoch.boundary + 1, 0}))
    return order_refused("the range was split and merged as often as it can be behind a recovery");
  is_proposed_ = true;
  kv::Command command;
  // Without it, the range is split all the same; what its senders ask for again after a merge may be answered
  // that nobody knows.
  const bool keeps = replica.members_know(kv::Command::Kind::split_keeping);
  command.kind = keeps ? kv::Command::Kind::split_keeping : kv::Command::Kind::split;
  const std::string text = encode(kv::SplitCommand{child(), order_.expected.boundary, key_});
  command.text = text;
  replica.command(command);
  return std::nullopt;
}

std::optional<Answer> SplitWork::end(OrderPorts& replica) const {
  switch (answer_->code) {
    case AnswerCode::done:
      return order_done("range " + std::to_string(child().number) + " holds what is behind the key");
    case AnswerCode::refused:
      return order_refused("the range has changed meanwhile");
    case AnswerCode::unsupported:
      return Answer{*answer_};
    default:
      return order_not_leader(replica);
  }
}

kv::RangeId SplitWork::child() const {
  return {order_.id | kv::split_off_bit, 1};
}

}  // namespace tenon::store
