#include "driver/member.h"

#include <algorithm>
#include <string>
#include <utility>

#include <tenon/failure.hpp>

#include "algorithm/parts/random.h"

namespace tenon::raft {
namespace {

Options options_of(const MemberContext& context, const tenon_replication_open& node, tenon_group_id id) {
  Options options = algorithm_options(context.options);
  options.self = context.self;
  options.seed = node.seed;
  for (const std::uint64_t part : {node.node, id.range, id.incarnation})
    options.seed = Random(options.seed ^ part).next();
  options.group_salt = Random(id.range ^ id.incarnation).next();
  return options;
}

bool votes_alone(const tenon_membership& membership, NodeId self) {
  return membership.voter_count == 1 && membership.outgoing_count == 0 &&
         NodeId{membership.voters[0]} == self;
}

}  // namespace

Member::Member(MemberContext& context, MemberOwner& owner, const tenon_replication_open& node,
               const tenon_group_open& open)
    : context_(context),
      owner_(owner),
      id_(open.id),
      user_(open.group_user),
      reader_(*node.log, node.journal, open.id),
      opening_(plan_opening(open, context.self, reader_)),
      group_(options_of(context, node, open.id), opening_.start, reader_) {
  if (!group_.poisoned().empty()) throw sdk::Failure(TENON_E_INVALID, std::string(group_.poisoned()));
  soft_ = group_.status().soft;
  told_role_ = role_as(soft_);
  for (const NodeId peer : context_.down) group_.peer_liveness(peer, Liveness::down);
  // Who votes alone has nobody to wait for.
  if (votes_alone(*open.membership, context_.self)) group_.campaign();
  settle();
  if (opening_.first_write) context_.schedule.touch(*this);
}

Member::~Member() {
  context_.schedule.forget(*this);
  if (told_role_.role == TENON_ROLE_LEADER) context_.counters.groups_leading.add(-1);
  if (told_poison_) --context_.poisoned_count;
}

// ---- Inputs

// Puts the member where its state belongs.
void Member::settle() {
  if (group_.has_ready() || (!sound() && !told_poison_)) context_.schedule.touch(*this);
  context_.schedule.set_awake(*this, sound() && (!group_.quiesced() || change_.pending()));
}

void Member::take_cut() {
  if (!reader_.refresh_base()) return;
  reader_.set_configuration(group_.meta_at(reader_.base().index).configuration);
  group_.compacted();
}

void Member::step(Message message) {
  if (message.type == MessageType::snapshot) {
    offered_epoch_ = std::max(offered_epoch_, message.snapshot.configuration.epoch);
    // The leader's host sends the state itself; until it is here, this member votes as ever. An offer of what
    // it has already is answered.
    if (message.snapshot.index > group_.commit()) return;
  }
  input([&] { group_.step(std::move(message)); });
}

void Member::tick() {
  input([&] {
    group_.tick();
    const PluginOptions& options = context_.options;
    const MembershipChange::Patience patience{options.ticks(options.change_stall_ms),
                                              options.ticks(options.change_absent_ms)};
    if (change_.tick(group_, context_.down, snapshots_sending_, patience))
      context_.log.write(TENON_LOG_WARN, "raft.change_given_up",
                         "new voters make no progress, or are not there", id_, group_.term());
  });
}

void Member::persisted(const WritePart& part) {
  input([&] {
    if (part.beginning != Beginning::unchanged) reader_.durable();
    if (part.number > 0) group_.persisted(part.number);
    if (part.beginning != Beginning::installed || !installing_) return;
    const SnapshotMeta meta = std::exchange(installing_, std::nullopt)->meta;
    reader_.use_journal(meta);
    group_.snapshot_installed(meta);
    context_.counters.snapshots_installed.add();
  });
}

void Member::peer_state(NodeId peer, Liveness liveness) {
  input([&] {
    if (liveness == Liveness::down) group_.unreachable(peer);
    group_.peer_liveness(peer, liveness);
  });
}

void Member::fail(std::string_view reason) {
  if (sound()) failure_ = reason;
  settle();
}

}  // namespace tenon::raft
