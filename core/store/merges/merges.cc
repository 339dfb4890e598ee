#include "store/merges/merges.h"

#include <vector>

#include "store/members/plan.h"

namespace tenon::store {

namespace {

using Kind = MergeMessage::Kind;

constexpr std::int64_t prepare_interval_ns = 100 * ns_per_ms;
constexpr std::int64_t look_interval_ns = 500 * ns_per_ms;

// Null unless it can be relied on.
Replica* usable(Replica* replica) {
  return replica && !replica->failed() && !replica->installing() && !replica->is_blank() ? replica : nullptr;
}

}  // namespace

Merges::Merges(NodeId self, Replicas& replicas, OwnReplicas& own, PeerPort& peers)
    : self_(self), replicas_(replicas), own_(own), peers_(peers) {}

void Merges::send(NodeId to, const MergeMessage& message) {
  if (to == self_) return on_message(self_, message);
  peers_.send(to, PeerMessage::merge, write_merge_message(message));
}

void Merges::on_peer(NodeId node, bool up) {
  if (up)
    up_.insert(node);
  else
    up_.erase(node);
}

void Merges::on_message(NodeId from, const MergeMessage& message) {
  switch (message.kind) {
    case Kind::prepare:
      return on_prepare(from, message);
    case Kind::ready:
      return on_ready(from, message);
    case Kind::ask:
      return on_ask(from, message);
    case Kind::fate:
      Replica* right = usable(replicas_.replica(message.right));
      if (right && right->range().record().frozen == kv::Frozen{message.left, message.epoch})
        end(*right, message.is_absorbed);
      return;
  }
}

void Merges::tick(MonoNs now_ns) {
  if (now_ns - prepared_ns_ >= prepare_interval_ns) {
    prepared_ns_ = now_ns;
    replicas_.each_awake([this](const Replica& replica) {
      if (replica.leads() && !replica.failed() && replica.wanted_merge())
        prepare(replica, *replica.wanted_merge());
    });
  }
  if (now_ns - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns;
  look_after_frozen();
}

void Merges::prepare(const Replica& left, const MergeWish& wish) {
  const kv::Descriptor& descriptor = left.range().descriptor();
  MergeMessage message;
  message.kind = Kind::prepare;
  message.left = left.id();
  message.epoch = descriptor.epoch.boundary;
  message.right = wish.right;
  message.right_epoch = wish.right_epoch;
  message.may_freeze = wish.may_freeze;
  for (const std::vector<NodeId>* nodes : {&descriptor.members.voters, &descriptor.members.learners})
    for (const NodeId node : *nodes) send(node, message);
}

// What this node says here holds for good: the right range, once it is frozen on the disk, stays so until it
// is known that the left one has called it off, and that one's epoch is another then.
void Merges::on_prepare(NodeId from, const MergeMessage& message) {
  Replica* left = usable(replicas_.replica(message.left));
  Replica* right = usable(replicas_.replica(message.right));
  if (!left || !right || &left->engine() != &right->engine()) return;
  if (left->range().descriptor().epoch.boundary != message.epoch) return;
  if (message.may_freeze) {
    const kv::Frozen frozen{message.left, message.epoch};
    if (right->range().record().frozen != frozen) {
      (void)right->freeze({frozen, message.right_epoch});
      return;
    }
    // With what the left one absorbed before.
    if (!replicas_.make_durable(*right) || left->has_absorbed()) return;
  }
  MergeMessage ready = message;
  ready.kind = Kind::ready;
  ready.record = kv::encode(right->range().record());
  send(from, ready);
}

void Merges::on_ready(NodeId from, const MergeMessage& message) {
  Replica* left = usable(replicas_.replica(message.left));
  auto record = kv::decode_range_record(message.record);
  if (!left || !left->leads() || !record.ok() || record->id != message.right) return;
  if (left->range().descriptor().epoch.boundary != message.epoch) return;
  left->merge_ready(from, message.may_freeze, std::move(*record));
}

std::optional<bool> Merges::fate_of(const RangeId& right, const kv::Frozen& frozen) const {
  std::optional<bool> fate;
  replicas_.each([&](const Replica& replica) {
    if (replica.failed() || replica.installing()) return;
    const kv::MergeNotes& notes = replica.range().record().merges;
    // What is not known of one that is gone may have been forgotten.
    const bool is_left_gone = notes.has_absorbed(frozen.into) && notes.forgotten_before == 0;
    const bool is_left = replica.id() == frozen.into;
    if (notes.has_absorbed(right))
      fate = true;
    else if (!fate && (is_left_gone || (is_left && notes.has_called_off(right, frozen.epoch))))
      fate = false;
  });
  return fate;
}

void Merges::on_ask(NodeId from, const MergeMessage& message) {
  const kv::Frozen frozen{message.left, message.epoch};
  if (const auto fate = fate_of(message.right, frozen)) {
    MergeMessage answer = message;
    answer.kind = Kind::fate;
    answer.is_absorbed = *fate;
    return send(from, answer);
  }
  Replica* left = usable(replicas_.replica(message.left));
  if (!left || !left->leads()) return;
  const auto& wish = left->wanted_merge();
  const bool is_under_way =
      wish && wish->right == message.right && left->range().descriptor().epoch.boundary == message.epoch;
  if (!is_under_way) left->call_off({message.right, message.epoch});
}

void Merges::look_after_frozen() {
  own_.drop_lost([this](const RangeId& range, const kv::Descriptor&) { return fate_of(range, {}) == true; });
  std::vector<RangeId> frozen;
  replicas_.each([&](const Replica& replica) {
    if (replica.range().is_frozen()) frozen.push_back(replica.id());
  });
  for (const RangeId& range : frozen)
    if (Replica* right = usable(replicas_.replica(range))) look_after(*right);
}

void Merges::look_after(Replica& right) {
  const kv::Frozen frozen = *right.range().record().frozen;
  if (const auto fate = fate_of(right.id(), frozen)) return end(right, *fate);
  // The others hear of it by the logs of both.
  if (!right.leads() && usable(replicas_.replica(frozen.into))) return;
  MergeMessage message;
  message.kind = Kind::ask;
  message.left = frozen.into;
  message.epoch = frozen.epoch;
  message.right = right.id();
  const std::set<NodeId> others = up_;
  for (const NodeId node : others) send(node, message);
  on_ask(self_, message);
}

void Merges::end(Replica& right, bool is_absorbed) {
  const kv::Frozen frozen = *right.range().record().frozen;
  if (!is_absorbed) return right.thaw(frozen);
  // Where the left one is behind, it needs what is here.
  const Replica* left = usable(replicas_.replica(frozen.into));
  if (left && !left->range().record().merges.has_absorbed(right.id()) &&
      is_member(left->range().descriptor().members, self_))
    return;
  own_.drop_absorbed(right.id());
}

}  // namespace tenon::store
