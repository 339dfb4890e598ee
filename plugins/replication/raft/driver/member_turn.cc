// What a member does in a turn.

#include <algorithm>
#include <iterator>
#include <utility>

#include <tenon/bytes.hpp>

#include "driver/member.h"
#include "driver/membership.h"
#include "wire/hard_state_codec.h"

namespace tenon::raft {
namespace {

constexpr int cuts_in_a_row_max = 8;

std::uint32_t role_of(const Group& group, Role role, NodeId self) {
  switch (role) {
    case Role::leader:
      return TENON_ROLE_LEADER;
    case Role::candidate:
    case Role::pre_candidate:
      return TENON_ROLE_CANDIDATE;
    case Role::follower:
      break;
  }
  return group.configuration().is_voter(self) ? TENON_ROLE_FOLLOWER : TENON_ROLE_LEARNER;
}

bool same(const tenon_role& a, const tenon_role& b) {
  return a.role == b.role && a.term == b.term && a.leader == b.leader && a.ready_index == b.ready_index;
}

}  // namespace

// ---- What is written and sent

WritePart Member::collect(TurnOutput& out) {
  WritePart part{this, 0, Beginning::unchanged};
  if (!sound()) return part;
  if (opening_.first_write) write_first(out, part);
  advance_change();
  while (sound() && group_.has_ready()) take_ready(out, part);
  if (installing_ && !installing_->written) write_install(out, part);
  return part;
}

void Member::advance_change() {
  try {
    change_.advance(group_);
  } catch (const LogCut&) {
    take_cut();
  }
}

void Member::write_first(TurnOutput& out, WritePart& part) {
  FirstWrite first = std::move(*opening_.first_write);
  opening_.first_write.reset();
  const std::string hard_state = encode_hard_state({first.hard, group_.configuration().epoch});
  if (first.set_base)
    out.write_from(id_, {first.base.index, first.base.term}, std::move(first.entries), hard_state);
  else
    out.write(id_, std::move(first.entries), hard_state);
  part.beginning = Beginning::first;
}

// Everything that the group wants written is in `out` before, and belongs to the log that ends here.
void Member::write_install(TurnOutput& out, WritePart& part) {
  installing_->written = true;
  const SnapshotMeta& meta = installing_->meta;
  const tenon_log_point base{meta.index, meta.term};
  const HardState hard = hard_state_at(group_.status().hard, base);
  out.write_from(id_, base, {}, encode_hard_state({hard, meta.configuration.epoch}));
  part.beginning = Beginning::installed;
}

std::string Member::hard_state_bytes(const HardState& hard) const {
  return encode_hard_state({hard, group_.configuration().epoch});
}

Ready Member::next_ready() {
  for (int cuts = 0; cuts < cuts_in_a_row_max; ++cuts) {
    try {
      return group_.ready();
    } catch (const LogCut&) {
      take_cut();
    }
  }
  fail("the log is cut while it is read");
  return {};
}

void Member::take_ready(TurnOutput& out, WritePart& part) {
  Ready ready = next_ready();
  for (const Entry& entry : ready.entries)
    if (entry.kind == EntryKind::noop && entry.term == group_.term() && group_.leading())
      ready_index_ = entry.index;
  if (ready.write > 0) {
    part.number = ready.write;
    out.write(id_, std::move(ready.entries),
              ready.hard_state ? hard_state_bytes(*ready.hard_state) : std::string());
  }
  take_messages(std::move(ready.messages), out);
  if (!installing_) std::move(ready.committed.begin(), ready.committed.end(), std::back_inserter(to_apply_));
  reads_.insert(reads_.end(), ready.reads.begin(), ready.reads.end());
  if (ready.is_disk_slow) {
    context_.counters.slow_disks.add();
    context_.log.write(
        TENON_LOG_WARN, "raft.disk_slow",
        "the disk of this node is slower than those of others, one of which is to lead the group", id_,
        group_.term());
  }
  if (!ready.soft_state) return;
  soft_ = *ready.soft_state;
  if (soft_.role == Role::leader)
    for (const NodeId peer : context_.down) group_.peer_liveness(peer, Liveness::down);
}

void Member::take_messages(std::vector<Message> messages, TurnOutput& out) {
  for (const Message& message : messages) {
    out.send(id_, message);
    if (message.type != MessageType::snapshot) continue;
    const auto is_known = [&](const std::vector<NodeId>& nodes) {
      return std::find(nodes.begin(), nodes.end(), message.to) != nodes.end();
    };
    if (!is_known(snapshots_sending_) && !is_known(snapshots_wanted_))
      snapshots_wanted_.push_back(message.to);
  }
}

// ---- What the host is told

void Member::finish() {
  for (const auto part : {&Member::tell_role, &Member::apply, &Member::answer_reads,
                          &Member::ask_for_snapshots, &Member::tell_poison}) {
    (this->*part)();
    if (closed_) return;
  }
  settle();
}

tenon_role Member::role_as(const SoftState& soft) const {
  tenon_role role{};
  role.struct_size = sizeof role;
  role.role = role_of(group_, soft.role, context_.self);
  role.term = soft.term;
  role.leader = static_cast<std::uint64_t>(soft.leader);
  role.ready_index = role.role == TENON_ROLE_LEADER ? ready_index_ : 0;
  return role;
}

void Member::tell_role() {
  const tenon_role now = role_as(soft_);
  if (!sound() || same(now, told_role_)) return;
  log_role(now);
  told_role_ = now;
  context_.env->role_changed(user_, &now);
}

void Member::log_role(const tenon_role& role) {
  const bool led = told_role_.role == TENON_ROLE_LEADER;
  const bool leads = role.role == TENON_ROLE_LEADER;
  context_.counters.groups_leading.add((leads ? 1 : 0) - (led ? 1 : 0));
  if (leads && (!led || role.term != told_role_.term)) {
    context_.counters.elections.add();
    context_.log.write(TENON_LOG_INFO, "raft.leader_elected", "this node leads the group", id_, role.term);
  } else if (led && !leads) {
    context_.log.write(TENON_LOG_INFO, "raft.leader_stepped_down", "this node leads the group no more", id_,
                       role.term);
  }
}

void Member::apply() {
  if (!sound() || to_apply_.empty()) return;
  std::vector<Entry> entries = std::exchange(to_apply_, {});
  std::vector<Membership> memberships;
  std::vector<tenon_membership> views(entries.size());
  std::vector<tenon_committed> committed;
  committed.reserve(entries.size());
  memberships.reserve(entries.size());
  for (const Entry& entry : entries) {
    tenon_committed& one = committed.emplace_back();
    one.at = {entry.index, entry.term};
    one.type = static_cast<std::uint32_t>(entry.kind);
    if (entry.kind != EntryKind::configuration) {
      one.data = sdk::abi(entry.payload.view());
      continue;
    }
    const std::optional<Configuration> configuration = decode_configuration(entry.payload.view());
    if (!configuration) return fail("a committed configuration can't be read");
    tenon_membership& view = views[committed.size() - 1];
    view = memberships.emplace_back(*configuration).view();
    one.membership = &view;
  }
  const tenon_status status = context_.env->apply(user_, committed.data(), committed.size());
  if (closed_) return;
  if (status == TENON_AGAIN) {
    context_.counters.apply_waits.add();
    if (!installing_) to_apply_ = std::move(entries);
    return context_.schedule.touch(*this);
  }
  if (status != TENON_OK)
    return fail("the state could not apply entries, with status " + std::to_string(status));
  context_.counters.applied.add(static_cast<std::int64_t>(entries.size()));
  if (!installing_) input([&] { group_.applied(entries.back().index); });
}

void Member::answer_reads() {
  for (const ReadResult& read : std::exchange(reads_, {})) {
    const bool ready = read.status == ReadStatus::ready;
    context_.env->read_ready(user_, read.context, ready ? TENON_OK : TENON_E_STATE, ready ? read.index : 0);
    if (closed_) return;
  }
}

void Member::ask_for_snapshots() {
  for (const NodeId node : std::exchange(snapshots_wanted_, {})) {
    snapshots_sending_.push_back(node);
    context_.counters.snapshots_wanted.add();
    context_.env->snapshot_wanted(user_, static_cast<std::uint64_t>(node));
    if (closed_) return;
  }
}

void Member::tell_poison() {
  if (sound() || told_poison_) return;
  told_poison_ = true;
  ++context_.poisoned_count;
  context_.counters.poisoned.add();
  const std::string reason(failure_.empty() ? group_.poisoned() : failure_);
  context_.log.write(TENON_LOG_ERROR, "raft.group_poisoned", "an invariant of the group does not hold", id_,
                     group_.term(), reason);
  context_.env->poisoned(user_, sdk::abi(std::string_view(reason)));
}

}  // namespace tenon::raft
