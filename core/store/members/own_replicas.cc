#include "store/members/own_replicas.h"

#include <algorithm>

#include "kv/reshape/recovery.h"
#include "store/disk/engine_layout.h"
#include "store/members/plan.h"

namespace tenon::store {

namespace {

using Fate = MemberRow::Fate;
using Kind = MemberMessage::Kind;

constexpr std::int64_t look_interval_ns = ns_per_s;
constexpr std::int64_t tell_lost_interval_ns = 2 * ns_per_s;
// A range that this node is said to be a member of has not come for so long: it is not just about to.
constexpr std::int64_t unknown_patience_ns = 5 * ns_per_s;
constexpr std::int64_t unknown_forget_ns = 60 * ns_per_s;
// How often a replica asks whether it is a member still: without a leader, and with one.
constexpr std::int64_t ask_orphan_interval_ns = 5 * ns_per_s;
constexpr std::int64_t ask_interval_ns = 60 * ns_per_s;
constexpr std::int64_t engine_retry_ns = ns_per_s;

}  // namespace

OwnReplicas::OwnReplicas(NodeId self, Replicas& replicas, PeerPort& peers, OwnReplicasPorts& ports)
    : self_(self), replicas_(replicas), peers_(peers), ports_(ports) {}

Status OwnReplicas::load(Engine& engine) {
  std::optional<Error> failure;
  std::vector<std::pair<RangeId, MemberRow>> dropping;
  const Status walked = engine.scan(member_space, {}, {}, [&](std::string_view key, std::string_view value) {
    auto row = decode_member_row(value);
    const auto range = kv::range_of_key(key);
    if (row.ok() && range) {
      if (row->dropping) dropping.emplace_back(*range, *row);
      rows_.insert_or_assign(*range, std::move(*row));
    } else {
      failure = row.ok() ? Error{Errc::corrupt, "a member's row has a key that makes no sense"} : row.error();
    }
    return !failure;
  });
  if (!walked.ok()) return walked;
  if (failure) return Error{failure->code, engine.name() + ": " + failure->message};
  for (auto& [range, row] : dropping) {
    Work& work = works_[range];
    work.row = std::move(row);
    work.engine = &engine;
  }
  return {};
}

void OwnReplicas::send(NodeId to, const MemberMessage& message) {
  peers_.send(to, PeerMessage::members, write_member_message(message));
}

void OwnReplicas::on_peer(NodeId node, bool up) {
  if (up)
    up_.insert(node);
  else
    up_.erase(node);
}

void OwnReplicas::on_message(NodeId from, const MemberMessage& message) {
  switch (message.kind) {
    case Kind::open:
      return open(from, message);
    case Kind::gone:
      // What was outlived, senders take for absorbed; it is written down before it is deleted.
      if (message.epoch == UINT32_MAX && is_provisional(message.range)) return;
      return gone(message);
    case Kind::settled:
      return settled(message);
    case Kind::opened:
    case Kind::lost:
    case Kind::ask:
      return;
  }
}

bool OwnReplicas::is_provisional(const RangeId& range) const {
  const Replica* replica = replicas_.find(range);
  const auto lost = lost_.find(range);
  return (replica && replica->range().is_provisional()) ||
         (lost != lost_.end() && lost->second.record && lost->second.record->base);
}

std::int64_t OwnReplicas::last_outside(const RangeId& range) const {
  const auto row = rows_.find(range);
  return row == rows_.end() ? -1 : std::int64_t{row->second.epoch};
}

void OwnReplicas::open(NodeId from, const MemberMessage& message) {
  Engine* engine = ports_.engine_of(message.descriptor.store);
  if (!engine || works_.contains(message.range) || is_member(message.descriptor.members, self_)) return;
  const auto row = rows_.find(message.range);
  const bool is_open = row != rows_.end() && row->second.fate == Fate::open;
  const std::int64_t outside = last_outside(message.range);
  if (message.epoch < outside) return;
  const Replica* replica = replicas_.find(message.range);
  if (is_open && message.epoch == outside) {
    if (replica && !replica->failed()) tell_opened(from, message.range, row->second);
    return;
  }
  if (overlaps(message.range, message.descriptor)) return;
  MemberRow next{Fate::open, message.epoch, true, message.was_lost || is_lost(message.range),
                 message.descriptor};
  if (replica && replica->is_blank() && !replica->failed()) {
    // It has heard nothing yet that would have to be forgotten.
    next.dropping = false;
    next.was_lost = next.was_lost || (is_open && row->second.was_lost);
    if (Status kept = keep(*engine, message.range, next); !kept.ok()) return;
    return tell_opened(from, message.range, next);
  }
  begin(message.range, std::move(next), from);
}

// Another replica holds some of these keys.
bool OwnReplicas::is_held_elsewhere(const RangeId& range, const kv::Descriptor& descriptor) const {
  bool found = false;
  replicas_.each([&](const Replica& replica) {
    found = found || (replica.id() != range && kv::do_overlap(replica.range().descriptor(), descriptor));
  });
  return found;
}

// Another replica holds, or held until now, some of these keys: it is behind, and will let go of them.
bool OwnReplicas::overlaps(const RangeId& range, const kv::Descriptor& descriptor) const {
  bool found = is_held_elsewhere(range, descriptor);
  for (const auto& [id, work] : works_)
    found = found || (id != range && kv::do_overlap(work.row.descriptor, descriptor));
  for (const auto& [id, lost] : lost_)
    found = found || (id != range && lost.record && kv::do_overlap(lost.record->descriptor, descriptor));
  return found;
}

void OwnReplicas::gone(const MemberMessage& message) {
  if (std::int64_t{message.epoch} <= last_outside(message.range) || works_.contains(message.range)) return;
  const Replica* replica = replicas_.find(message.range);
  const auto lost = lost_.find(message.range);
  if (replica)
    begin(message.range, {Fate::gone, message.epoch, true, false, replica->range().descriptor()},
          NodeId::none);
  else if (lost != lost_.end() && lost->second.record)
    begin(message.range, {Fate::gone, message.epoch, true, false, lost->second.record->descriptor},
          NodeId::none);
  else
    lost_.erase(message.range);
}

void OwnReplicas::absorbed(const kv::EngineBatch::Absorbed& range, Engine& engine) {
  Work& work = works_[range.id];
  ports_.report(range.id,
                "another range, or a later incarnation of this one, has absorbed it; its replica is deleted");
  work.row = MemberRow::of_absorbed(range.descriptor, range.may_return);
  work.engine = &engine;
  rows_.insert_or_assign(range.id, work.row);
  lost_.erase(range.id);
}

void OwnReplicas::retire(const RangeId& range) {
  Replica* replica = replicas_.replica(range);
  replica->close();
  replica->retire();
  ports_.replica_closed(range);
}

void OwnReplicas::drop_absorbed(const RangeId& range) {
  gone({Kind::gone, range, UINT32_MAX});
}

// From a later epoch on than that at which the node is certain to have been a member, or to have been none.
void OwnReplicas::drop_for_now(const RangeId& range) {
  const Replica* replica = replicas_.find(range);
  if (!replica || works_.contains(range)) return;
  const kv::Descriptor& descriptor = replica->range().descriptor();
  const std::int64_t epoch = std::max<std::int64_t>(descriptor.epoch.members, last_outside(range));
  begin(range, {Fate::gone, static_cast<std::uint32_t>(epoch), true, false, descriptor}, NodeId::none);
}

void OwnReplicas::drop_lost(
    const std::function<bool(const RangeId& range, const kv::Descriptor& descriptor)>& is_over) {
  std::vector<RangeId> over;
  for (const auto& [range, lost] : lost_)
    if (is_over(range, lost.descriptor)) over.push_back(range);
  for (const RangeId& range : over) drop_absorbed(range);
}

void OwnReplicas::settled(const MemberMessage& message) {
  const auto row = rows_.find(message.range);
  if (row == rows_.end() || !row->second.was_lost || works_.contains(message.range)) return;
  Engine* engine = ports_.engine_of(row->second.descriptor.store);
  if (!engine) return;
  MemberRow now = row->second;
  now.was_lost = false;
  if (keep(*engine, message.range, now).ok()) ports_.report(message.range, "the replica is rebuilt");
}

Status OwnReplicas::keep(Engine& engine, const RangeId& range, const MemberRow& row) {
  const Status kept = engine.put(member_space, kv::range_key(range), encode(row));
  if (kept.ok())
    rows_.insert_or_assign(range, row);
  else
    ports_.report(range, "the engine does not take it: " + kept.error().message);
  return kept;
}

// From here on, what is there is of no use: a start goes on with the deletion.
void OwnReplicas::begin(const RangeId& range, MemberRow row, NodeId leader) {
  const Replica* replica = replicas_.find(range);
  Engine* engine = replica ? &replica->engine() : ports_.engine_of(row.descriptor.store);
  row.keeps_items = is_held_elsewhere(range, row.descriptor);
  if (!engine || !keep(*engine, range, row).ok()) return;
  ports_.report(range, row.fate == Fate::open ? "an empty replica takes the place of what is here"
                                              : "the node is no member any more; its replica is deleted");
  ports_.replica_closed(range);
  replicas_.remove(range);
  lost_.erase(range);
  Work& work = works_[range];
  work.row = std::move(row);
  work.engine = engine;
  work.leader = leader;
}

void OwnReplicas::take_log_away(const RangeId& range, Work& work) {
  tenon_log_write write{};
  write.group = {range.number, range.incarnation};
  write.flags = TENON_LOG_REMOVE;
  work.sequence = ports_.append({&write, 1});
}

bool OwnReplicas::turn() {
  bool more = false;
  if (now_ns_ < retry_ns_) return false;
  for (auto& [range, work] : works_) more = step(range, work) || more;
  std::erase_if(works_, [](const auto& entry) { return entry.second.done; });
  return more;
}

bool OwnReplicas::step(const RangeId& range, Work& work) {
  if (!work.engine) work.engine = ports_.engine_of(work.row.descriptor.store);
  Engine* engine = work.engine;
  if (!engine) return false;
  if (work.sequence == 0) take_log_away(range, work);
  if (persisted_ < work.sequence) return false;
  if (!work.drop) {
    // What was there may have held other keys than what is to be opened.
    kv::Descriptor held = work.row.descriptor;
    const auto record = engine->get(record_space, kv::range_key(range));
    if (record.ok() && *record)
      if (const auto old = kv::decode_range_record(**record); old.ok()) held = old->descriptor;
    work.drop.emplace(*engine, range, held, work.row.keeps_items);
  }
  const Result<bool> dropped = work.drop->step();
  if (!dropped.ok()) {
    try_later(range, work, dropped.error());
    return false;
  }
  if (!*dropped) return true;
  finish(range, work);
  return false;
}

void OwnReplicas::try_later(const RangeId& range, Work& work, const Error& error) {
  retry_ns_ = now_ns_ + engine_retry_ns;
  if (!std::exchange(work.is_stuck, true))
    ports_.report(range, "what was here can't be deleted yet: " + error.message);
}

void OwnReplicas::finish(const RangeId& range, Work& work) {
  Engine& engine = *work.engine;
  kv::RangeRecord record{range, work.row.descriptor, {}, 0};
  record.descriptor.members = {};
  MemberRow row = work.row;
  row.dropping = false;
  row.keeps_items = false;
  const bool opens = row.fate == Fate::open;
  const std::string key = kv::range_key(range);
  const std::string row_text = encode(row);
  const std::string record_text = kv::encode(record);
  const tenon_write writes[] = {{TENON_WRITE_PUT, member_space, to_abi(key), to_abi(row_text)},
                                {opens ? TENON_WRITE_PUT : TENON_WRITE_DELETE, record_space, to_abi(key),
                                 opens ? to_abi(record_text) : tenon_bytes{}}};
  Status written = engine.write(writes);
  if (written.ok()) written = engine.sync();
  if (!written.ok()) return try_later(range, work, written.error());
  work.done = true;
  rows_.insert_or_assign(range, row);
  if (!opens) return;
  if (const Status opened = ports_.open_replica(record, engine); !opened.ok())
    return ports_.report(range, "an empty replica can't be opened: " + opened.error().message);
  if (work.leader != NodeId::none) tell_opened(work.leader, range, row);
}

void OwnReplicas::tell_opened(NodeId to, const RangeId& range, const MemberRow& row) {
  send(to, {Kind::opened, range, row.epoch, row.was_lost});
}

void OwnReplicas::lost(const kv::RangeRecord& record) {
  if (works_.contains(record.id)) return;
  Lost& lost = lost_[record.id];
  lost.record = record;
  lost.descriptor = record.descriptor;
  if (votes_alone(record.descriptor.members))
    ports_.report(record.id,
                  "the replica can't be used and is the only one that votes: it is kept as it is, and takes "
                  "part in nothing");
  else
    ports_.report(record.id, "the replica can't be used: it is to be rebuilt from the other members");
}

bool OwnReplicas::votes_alone(const kv::Members& members) const {
  return members.voters == std::vector<NodeId>{self_} && members.outgoing.empty();
}

// What goes on from it here is over, and the node was not taken out meanwhile: it has lost what it had.
bool OwnReplicas::has_returned(const MemberRow& row, const kv::Descriptor& descriptor) const {
  return row.fate == Fate::gone && row.epoch != UINT32_MAX && descriptor.epoch.members >= row.epoch &&
         kv::era_of(descriptor.epoch) > kv::era_of(row.descriptor.epoch);
}

void OwnReplicas::on_hearsay(const RangeId& range, const kv::Descriptor& descriptor) {
  if (!ports_.engine_of(descriptor.store) || !is_member(descriptor.members, self_)) return;
  if (works_.contains(range) || replicas_.find(range)) return;
  if (const auto row = rows_.find(range); row != rows_.end() && !has_returned(row->second, descriptor))
    return;
  const auto [found, is_new] = lost_.try_emplace(range);
  Lost& lost = found->second;
  if (lost.record) return;
  if (is_new) lost.since_ns = now_ns_;
  lost.descriptor = descriptor;
  lost.heard_ns = now_ns_;
}

void OwnReplicas::tick(MonoNs now_ns) {
  now_ns_ = now_ns;
  if (now_ns - looked_ns_ < look_interval_ns) return;
  looked_ns_ = now_ns;
  tell_lost();
  ask_about_membership();
}

void OwnReplicas::tell_lost() {
  std::erase_if(lost_, [this](const auto& entry) {
    return !entry.second.record &&
           (now_ns_ - entry.second.heard_ns > unknown_forget_ns || replicas_.find(entry.first));
  });
  for (auto& [range, lost] : lost_) {
    if (now_ns_ - lost.told_ns < tell_lost_interval_ns || !ports_.engine_of(lost.descriptor.store)) continue;
    const MemberMessage message{Kind::lost, range, lost.record ? lost.record->descriptor.epoch.members : 0};
    // It may be about to come, by a split that this node has not applied.
    if (!lost.record && (now_ns_ - lost.since_ns < unknown_patience_ns || overlaps(range, lost.descriptor)))
      continue;
    lost.told_ns = now_ns_;
    // Who is a member by now may not be in the record.
    for (const NodeId node : up_) send(node, message);
  }
}

// A node that was away when it was taken out hears of it only when it asks.
void OwnReplicas::ask_about_membership() {
  replicas_.each([this](const Replica& replica) {
    if (replica.leads() || replica.failed() || works_.contains(replica.id())) return;
    const kv::Descriptor& descriptor = replica.range().descriptor();
    const auto row = rows_.find(replica.id());
    const bool was_lost = row != rows_.end() && row->second.was_lost;
    if (was_lost && replica.leader() != NodeId::none)
      tell_opened(replica.leader(), replica.id(), row->second);
    const bool is_orphan = replica.leader() == NodeId::none || !is_member(descriptor.members, self_);
    MonoNs& asked_ns = asked_[replica.id()];
    if (asked_ns == 0) asked_ns = now_ns_;
    if (now_ns_ - asked_ns < (is_orphan ? ask_orphan_interval_ns : ask_interval_ns)) return;
    asked_ns = now_ns_;
    // The leader that wanted it may be gone, and the next one knows nothing of what was lost.
    const bool waits_to_be_taken_in = was_lost && replica.is_blank() && replica.leader() == NodeId::none;
    for (const NodeId node : up_)
      if (waits_to_be_taken_in)
        tell_opened(node, replica.id(), row->second);
      else
        send(node, {Kind::ask, replica.id(), descriptor.epoch.members});
  });
}

}  // namespace tenon::store
