#include "algorithm/group.h"

#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/invariant.h"

namespace tenon::raft {

template <typename Call>
bool Group::guarded(Call&& call) {
  if (!poison_.empty()) return false;
  try {
    call(*core_);
    return true;
  } catch (const Broken& broken) {
    poison_ = broken.reason;
    return false;
  }
}

Group::Group(const Options& options, const Start& start, const LogReader& log)
    : poison_(why_invalid(options)) {
  if (!poison_.empty()) return;
  try {
    core_ = std::make_unique<Core>(options, start, log);
  } catch (const Broken& broken) {
    poison_ = broken.reason;
  }
}

Group::~Group() = default;
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;

StepStatus Group::step(Message message) {
  StepStatus status = StepStatus::poisoned;
  guarded([&](Core& core) { status = core.step(message); });
  return poison_.empty() ? status : StepStatus::poisoned;
}

void Group::tick() {
  guarded([](Core& core) { core.tick(); });
}

ProposeResult Group::propose(std::span<const Payload> payloads) {
  ProposeResult result;
  if (!guarded([&](Core& core) { result = core.propose(payloads); })) result.status = ProposeStatus::poisoned;
  return result;
}

ProposeResult Group::propose_change(const Configuration& target) {
  ProposeResult result;
  if (!guarded([&](Core& core) { result = core.propose_change(target); }))
    result.status = ProposeStatus::poisoned;
  return result;
}

TransferStatus Group::transfer_leader(NodeId to) {
  TransferStatus status = TransferStatus::poisoned;
  return guarded([&](Core& core) { status = core.transfer_leader(to); }) ? status : TransferStatus::poisoned;
}

void Group::read_index(std::uint64_t context) {
  guarded([&](Core& core) { core.read_index(context); });
}

void Group::campaign() {
  guarded([](Core& core) { core.campaign(); });
}

std::optional<Index> Group::conclude() {
  std::optional<Index> end;
  return guarded([&](Core& core) { end = core.conclude(); }) ? end : std::nullopt;
}

void Group::persisted(WriteNumber write) {
  guarded([&](Core& core) { core.persisted(write); });
}

void Group::applied(Index index) {
  guarded([&](Core& core) { core.applied(index); });
}

bool Group::begin_install(const SnapshotMeta& meta) {
  bool begun = false;
  return guarded([&](Core& core) { begun = core.begin_install(meta); }) && begun;
}

void Group::snapshot_installed(const SnapshotMeta& installed) {
  guarded([&](Core& core) { core.snapshot_installed(installed); });
}

void Group::snapshot_failed() {
  guarded([](Core& core) { core.snapshot_failed(); });
}

void Group::snapshot_send_failed(NodeId peer) {
  guarded([&](Core& core) { core.snapshot_send_failed(peer); });
}

void Group::compacted() {
  guarded([](Core& core) { core.compacted(); });
}

void Group::unreachable(NodeId peer) {
  guarded([&](Core& core) { core.unreachable(peer); });
}

void Group::peer_liveness(NodeId peer, Liveness liveness) {
  guarded([&](Core& core) { core.peer_liveness(peer, liveness); });
}

void Group::wake() {
  guarded([](Core& core) { core.wake(); });
}

bool Group::has_ready() const {
  return poison_.empty() && core_->has_ready();
}

Ready Group::ready() {
  Ready ready;
  return guarded([&](Core& core) { ready = core.ready(); }) ? std::move(ready) : Ready{};
}

std::string_view Group::poisoned() const {
  return poison_;
}
bool Group::quiesced() const {
  return core_ && core_->soft_state().quiesced;
}
bool Group::leading() const {
  return poison_.empty() && core_->soft_state().role == Role::leader;
}
Term Group::term() const {
  return core_ ? core_->soft_state().term : 0;
}
NodeId Group::leader() const {
  return core_ ? core_->soft_state().leader : NodeId::none;
}
Index Group::commit() const {
  return core_ ? core_->log().commit() : 0;
}
Index Group::applied() const {
  return core_ ? core_->log().applied() : 0;
}
Index Group::last_index() const {
  return core_ ? core_->log().last() : 0;
}
Status Group::status() const {
  return core_ ? core_->status() : Status{};
}

const Configuration& Group::configuration() const {
  static const Configuration unknown;
  return core_ ? core_->configuration() : unknown;
}

bool Group::caught_up(NodeId node) const {
  return poison_.empty() && core_->caught_up(node);
}

SnapshotMeta Group::meta_at(Index index) {
  SnapshotMeta meta;
  guarded([&](Core& core) { meta = core.meta_at(index); });
  return meta;
}

std::size_t Group::memory_bytes() const {
  return sizeof(Group) + (core_ ? core_->memory_bytes() : 0);
}

}  // namespace tenon::raft
