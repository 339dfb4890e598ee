// What the host asks of a member.

#include <algorithm>
#include <utility>

#include <tenon/bytes.hpp>

#include "driver/member.h"
#include "driver/membership.h"

namespace tenon::raft {

tenon_status Member::propose(tenon_bytes data, tenon_log_point* ret_at) {
  ProposeResult result;
  result.status = ProposeStatus::poisoned;
  // What waits to be applied counts as uncommitted: else a state that is behind would make this grow without
  // end.
  if (to_apply_.size() > 0 && group_.leading())
    result.status = ProposeStatus::overloaded;
  else
    input([&] {
      const Payload payload = Payload::copy(sdk::text_of(data));
      result = group_.propose({&payload, 1});
    });
  if (result.status == ProposeStatus::accepted) {
    context_.counters.proposals.add();
    *ret_at = {result.first, result.term};
    return TENON_OK;
  }
  if (result.status != ProposeStatus::overloaded) return TENON_E_STATE;
  context_.counters.proposals_refused.add();
  return TENON_E_BUSY;
}

tenon_status Member::read_index(std::uint64_t context) {
  if (!sound()) return TENON_E_STATE;
  input([&] { group_.read_index(context); });
  return TENON_OK;
}

tenon_status Member::change(const tenon_membership& target) {
  const std::optional<Configuration> configuration = configuration_of(target);
  if (!configuration) return TENON_E_INVALID;
  tenon_status status = TENON_E_STATE;
  input([&] { status = change_.begin(group_, *configuration); });
  return status;
}

tenon_status Member::transfer(std::uint64_t to) {
  TransferStatus status = TransferStatus::poisoned;
  input([&] { status = group_.transfer_leader(NodeId{to}); });
  switch (status) {
    case TransferStatus::started:
      return TENON_OK;
    case TransferStatus::no_voter:
      return TENON_E_INVALID;
    case TransferStatus::pending:
      return TENON_E_BUSY;
    case TransferStatus::lagging:
      return TENON_E_TIMEOUT;
    case TransferStatus::not_leader:
    case TransferStatus::poisoned:
      break;
  }
  return TENON_E_STATE;
}

void Member::campaign() {
  if (sound()) input([&] { group_.campaign(); });
}

void Member::snapshot_sent(std::uint64_t to, tenon_status status, std::uint64_t) {
  const NodeId node{to};
  std::erase(snapshots_sending_, node);
  // A member that has the state says so itself.
  if (status != TENON_OK) input([&] { group_.snapshot_send_failed(node); });
}

tenon_status Member::snapshot_installed(tenon_log_point at, const tenon_membership& membership) {
  std::optional<Configuration> configuration = configuration_of(membership);
  if (!configuration || configuration->empty() || at.index == 0 || at.term == 0) return TENON_E_INVALID;
  if (!sound() || installing_) return TENON_E_STATE;
  configuration->epoch = std::max(offered_epoch_, group_.configuration().epoch);
  const SnapshotMeta meta{at.index, at.term, std::move(*configuration)};
  bool begun = false;
  input([&] { begun = group_.begin_install(meta); });
  if (!begun) return sound() ? TENON_E_STALE : TENON_E_STATE;
  installing_ = Installing{meta};
  to_apply_.clear();  // the new state holds it
  context_.schedule.touch(*this);
  return TENON_OK;
}

tenon_status Member::conclude(tenon_log_point* ret_end) {
  if (!sound() || installing_ || !reader_.is_durable()) return TENON_E_STATE;
  std::optional<Index> end;
  input([&] { end = group_.conclude(); });
  if (!end) return TENON_E_STATE;
  *ret_end = {*end, group_.status().last_term};
  return TENON_OK;
}

tenon_status Member::status(tenon_group_status* ret_status) {
  const Status now = group_.status();
  status_peers_.clear();
  for (const PeerStatus& peer : now.peers)
    status_peers_.push_back({static_cast<std::uint64_t>(peer.node), peer.match, peer.voter ? 1u : 0u,
                             peer.state == ProgressState::snapshot ? 1u : 0u});
  ret_status->quiescent = now.soft.quiesced ? 1 : 0;
  ret_status->role = role_as(now.soft);
  ret_status->last = {now.last, now.last_term};
  ret_status->committed = now.hard.commit;
  ret_status->applied = now.applied;
  ret_status->peers = status_peers_.data();
  ret_status->peer_count = static_cast<std::uint32_t>(status_peers_.size());
  ret_status->change_pending = change_.pending() || configuration_in_motion(group_) ? 1 : 0;
  ret_status->uncommitted_bytes = now.uncommitted_bytes;
  return TENON_OK;
}

}  // namespace tenon::raft
