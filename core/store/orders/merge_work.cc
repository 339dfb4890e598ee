#include "store/orders/merge_work.h"

#include <algorithm>

namespace tenon::store {

namespace {

// For all members to say that they are there, and then to have frozen the neighbour. Publishers wait
// meanwhile, but not for longer than publish.timeout_s.
constexpr std::int64_t look_patience_ns = 3 * ns_per_s;
constexpr std::int64_t freeze_patience_ns = 5 * ns_per_s;

std::vector<NodeId> all_of(const kv::Members& members) {
  std::vector<NodeId> nodes = members.voters;
  nodes.insert(nodes.end(), members.learners.begin(), members.learners.end());
  return nodes;
}

bool are_same(kv::Members a, kv::Members b) {
  for (std::vector<NodeId>* nodes : {&a.voters, &a.learners, &b.voters, &b.learners})
    std::sort(nodes->begin(), nodes->end());
  return a == b;
}

}  // namespace

std::optional<Answer> MergeWork::step(OrderPorts& replica, MonoNs now_ns) {
  if (answer_) return end(replica);
  if (phase_ == Phase::merge || phase_ == Phase::call_off) return std::nullopt;
  if (!replica.leads() || (phase_ != Phase::begin && !replica.wanted_merge()))
    return order_not_leader(replica);
  switch (phase_) {
    case Phase::begin:
      return begin(replica, now_ns);
    case Phase::look:
      return look(replica, now_ns);
    default:
      return freeze(replica, now_ns);
  }
}

std::optional<Answer> MergeWork::begin(OrderPorts& replica, MonoNs now_ns) {
  const kv::Descriptor& own = replica.range().descriptor();
  if (own.end.empty()) return order_refused("the range is the last of its store: it has no right neighbour");
  if (!own.members.outgoing.empty()) return order_refused("the range's members are changing");
  if (replica.range().is_provisional()) return order_refused_provisional();
  if (!replica.members_know(kv::Command::Kind::merge))
    return Answer{AnswerCode::unsupported, replica.leader(), "a node is of an older version", 0, {}};
  phase_ = Phase::look;
  give_up_ns_ = now_ns + look_patience_ns;
  MergeWish wish;
  wish.right = what_.right;
  wish.right_epoch = what_.expected;
  replica.want_merge(std::move(wish));
  return std::nullopt;
}

std::string MergeWork::lacking(OrderPorts& replica) const {
  std::string nodes;
  for (const NodeId node : all_of(replica.range().descriptor().members))
    if (!replica.wanted_merge()->ready.contains(node)) nodes += (nodes.empty() ? "" : ", ") + describe(node);
  return nodes;
}

std::optional<Answer> MergeWork::give_up(OrderPorts& replica, std::string why) {
  replica.want_merge(std::nullopt);
  return order_refused(std::move(why));
}

std::optional<Answer> MergeWork::look(OrderPorts& replica, MonoNs now_ns) {
  const kv::Descriptor& own = replica.range().descriptor();
  const MergeWish& wish = *replica.wanted_merge();
  if (own.epoch != order_.expected) return give_up(replica, "the range has changed meanwhile");
  bool is_known = true;
  std::string epoch;
  for (const auto& [node, record] : wish.ready) {
    if (record.descriptor.begin != own.end)
      return give_up(replica, right_text() + " is not the right neighbour of this one");
    if (record.base) {
      replica.want_merge(std::nullopt);
      return order_refused_provisional();
    }
    if (record.descriptor.epoch == what_.expected && record.descriptor.members.outgoing.empty()) {
      if (!are_same(record.descriptor.members, own.members))
        return give_up(
            replica,
            right_text() + " has other members than this one; an order `members` for either comes first");
      continue;
    }
    is_known = false;
    epoch = describe(record.descriptor.epoch);
  }
  const std::string missing = lacking(replica);
  if (missing.empty() && is_known) {
    MergeWish next = wish;
    next.ready.clear();
    next.may_freeze = true;
    replica.want_merge(std::move(next));
    phase_ = Phase::freeze;
    give_up_ns_ = now_ns + freeze_patience_ns;
    return std::nullopt;
  }
  if (now_ns < give_up_ns_) return std::nullopt;
  if (!missing.empty())
    return give_up(replica, "not all members are there, or have both ranges in full: " + missing);
  return give_up(replica, right_text() + " has the epoch " + epoch + ", not " + describe(what_.expected));
}

std::optional<Answer> MergeWork::freeze(OrderPorts& replica, MonoNs now_ns) {
  const kv::Descriptor& own = replica.range().descriptor();
  if (own.epoch != order_.expected) {
    call_off(replica, "the range has changed meanwhile");
    return std::nullopt;
  }
  const MergeWish& wish = *replica.wanted_merge();
  const std::string missing = lacking(replica);
  if (missing.empty()) {
    kv::MergeCommand merge;
    merge.expected = order_.expected;
    merge.right = what_.right;
    merge.descriptor = wish.ready.begin()->second.descriptor;
    for (const auto& [node, record] : wish.ready) {
      if (record.descriptor != merge.descriptor || record.descriptor.epoch != what_.expected) {
        call_off(replica, right_text() + " has changed meanwhile");
        return std::nullopt;
      }
      merge.last_stamp_ms = std::max(merge.last_stamp_ms, record.last_stamp_ms);
      merge.absorbed = record.merges.absorbed();
      merge.has_forgotten = record.merges.forgotten_before != 0;
    }
    phase_ = Phase::merge;
    kv::Command command;
    command.kind = kv::Command::Kind::merge;
    const std::string text = encode(merge);
    command.text = text;
    replica.command(command);
    return std::nullopt;
  }
  if (now_ns >= give_up_ns_) call_off(replica, right_text() + " could not be frozen in time at " + missing);
  return std::nullopt;
}

void MergeWork::call_off(OrderPorts& replica, std::string why) {
  phase_ = Phase::call_off;
  why_ = std::move(why);
  kv::Command command;
  command.kind = kv::Command::Kind::call_off;
  const std::string text = encode(kv::CallOffCommand{what_.right, order_.expected.boundary});
  command.text = text;
  replica.command(command);
}

std::optional<Answer> MergeWork::end(OrderPorts& replica) {
  if (replica.leads()) replica.want_merge(std::nullopt);
  if (phase_ == Phase::call_off) return order_refused(why_ + "; it was called off");
  switch (answer_->code) {
    case AnswerCode::done:
      return order_done(right_text() + " is part of it");
    case AnswerCode::refused:
      return order_refused("the range has changed meanwhile");
    case AnswerCode::unsupported:
      return Answer{*answer_};
    default:
      return order_not_leader(replica);
  }
}

}  // namespace tenon::store
