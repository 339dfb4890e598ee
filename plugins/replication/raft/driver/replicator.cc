#include "driver/replicator.h"

#include <algorithm>
#include <exception>
#include <string>

#include "wire/message_codec.h"

namespace tenon::raft {
namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::uint32_t call_gap_ms = 50;  // of a host that is well

tenon_replication_open checked(const tenon_replication_open& open) {
  if (open.node == 0 || open.env == nullptr || open.log == nullptr || open.journal == nullptr)
    throw sdk::Failure(TENON_E_INVALID, "a node id, an env and a journal are needed");
  return open;
}

}  // namespace

Replicator::Replicator(const Setup& setup, const tenon_replication_open& open)
    : open_(checked(open)),
      counters_(setup.counters),
      health_(setup.health),
      context_{NodeId{open.node},
               Env(open.env, open.user),
               setup.options,
               setup.counters,
               RoleLog(setup.log),
               {},
               {},
               0} {}

Replicator::~Replicator() = default;

Member* Replicator::group_open(const tenon_group_open& open) {
  const Key key{open.id.range, open.id.incarnation};
  if (members_.contains(key)) throw sdk::Failure(TENON_E_EXISTS, "the group is open");
  MemberOwner& owner = *this;
  auto made = std::make_unique<Member>(context_, owner, open_, open);
  Member* const member = made.get();
  members_.emplace(key, std::move(made));
  counters_.groups.set(static_cast<std::int64_t>(members_.size()));
  return member;
}

void Replicator::close(Member& member) {
  const auto found = members_.find({member.id().range, member.id().incarnation});
  if (found == members_.end() || found->second.get() != &member) return;
  writes_.forget(member);
  context_.schedule.forget(member);
  member.mark_closed();
  if (in_turn_) closed_in_turn_.push_back(std::move(found->second));
  members_.erase(found);
  counters_.groups.set(static_cast<std::int64_t>(members_.size()));
}

// ---- Inputs

void Replicator::step_v(std::span<const tenon_peer_message> messages) {
  counters_.received.add(static_cast<std::int64_t>(messages.size()));
  for (const tenon_peer_message& message : messages) step(message);
}

void Replicator::step(const tenon_peer_message& message) {
  const auto found = members_.find({message.group.range, message.group.incarnation});
  if (found == members_.end()) return counters_.refused_no_group.add();
  Message decoded;
  const char* wrong = decode_message(sdk::text_of(message.payload), &decoded);
  if (wrong == nullptr && (message.node == 0 || message.node == open_.node))
    wrong = "the message comes from nobody else";
  if (wrong != nullptr) {
    counters_.refused_malformed.add();
    return context_.log.write(TENON_LOG_WARN, "raft.message_refused", "a message does not hold together",
                              message.group, 0, wrong);
  }
  decoded.from = NodeId{message.node};
  decoded.to = context_.self;
  decoded.incarnation = message.group.incarnation;
  found->second->step(std::move(decoded));
}

// A process that was held up must not take that for silence of its peers: what time it missed does not count,
// but for what a host may leave between its calls. With leases it does, as others may rely on their end.
std::uint32_t Replicator::elapsed_ticks(std::int64_t now_mono_ns) {
  const std::int64_t tick_ns = context_.options.tick_ms * ms_ns;
  if (!std::exchange(ticked_, true)) last_tick_ns_ = now_mono_ns - tick_ns;
  const std::int64_t ticks = (now_mono_ns - last_tick_ns_) / tick_ns;
  if (ticks <= 0) return 0;
  last_tick_ns_ += ticks * tick_ns;
  const std::int64_t ticks_max = context_.options.ticks(
      context_.options.lease_reads ? context_.options.election_timeout_ms : call_gap_ms);
  return static_cast<std::uint32_t>(std::min(ticks, ticks_max));
}

void Replicator::tick(std::int64_t now_mono_ns) {
  context_.log.tick(now_mono_ns);
  for (std::uint32_t left = elapsed_ticks(now_mono_ns); left > 0; --left) {
    // From the end: a member that falls asleep gives its place to the last one.
    const std::vector<Member*>& awake = context_.schedule.awake();
    for (std::size_t i = awake.size(); i > 0; --i) awake[i - 1]->tick();
  }
}

void Replicator::persisted(std::uint64_t sequence) {
  for (const WritePart& part : writes_.take(sequence))
    if (part.member != nullptr) part.member->persisted(part);
}

void Replicator::peer_state(std::uint64_t node, std::uint32_t state) {
  const NodeId peer{node};
  const Liveness liveness = state == TENON_PEER_UP ? Liveness::up : Liveness::down;
  if (liveness == Liveness::up)
    context_.down.erase(peer);
  else
    context_.down.insert(peer);
  for (const auto& [key, member] : members_) member->peer_state(peer, liveness);
}

// ---- A turn

std::uint32_t Replicator::turn() {
  const std::vector<Member*> due = context_.schedule.take_due();
  in_turn_ = true;
  flush(collect(due));
  finish(due);
  in_turn_ = false;
  closed_in_turn_.clear();
  report();
  return context_.schedule.has_due() ? 1 : 0;
}

std::vector<WritePart> Replicator::collect(const std::vector<Member*>& due) {
  std::vector<WritePart> parts;
  for (Member* member : due) {
    try {
      const WritePart part = member->collect(output_);
      if (part.number > 0 || part.beginning != Beginning::unchanged) parts.push_back(part);
    } catch (const std::exception& e) {
      // Part of what it wanted is lost, so it must not go on.
      member->fail(e.what());
    }
  }
  return parts;
}

void Replicator::flush(std::vector<WritePart> parts) {
  if (output_.has_writes()) {
    writes_.add(output_.flush_writes(context_.env), std::move(parts));
    counters_.writes.add();
  }
  if (const std::size_t count = output_.message_count()) {
    output_.flush_messages(context_.env);
    counters_.sent.add(static_cast<std::int64_t>(count));
  }
}

void Replicator::finish(const std::vector<Member*>& due) {
  for (Member* member : due) {
    const auto is_it = [&](const std::unique_ptr<Member>& closed) { return closed.get() == member; };
    if (std::any_of(closed_in_turn_.begin(), closed_in_turn_.end(), is_it)) continue;
    try {
      member->finish();
    } catch (const std::exception& e) {
      member->fail(e.what());
    }
  }
}

void Replicator::report() {
  counters_.groups_awake.set(static_cast<std::int64_t>(context_.schedule.awake().size()));
  if (context_.poisoned_count == reported_poisoned_) return;
  reported_poisoned_ = context_.poisoned_count;
  if (reported_poisoned_ == 0) return health_.ok();
  health_.degraded(std::to_string(reported_poisoned_) + " groups can't go on and wait to be rebuilt");
}

}  // namespace tenon::raft
