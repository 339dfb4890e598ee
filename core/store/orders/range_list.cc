#include "store/orders/range_list.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace tenon::store {

namespace {

void add_replica(RangeView& view, const Replica& replica) {
  view.has_replica = true;
  // One that was opened empty has nothing but the bounds.
  if (!replica.is_blank()) view.descriptor = replica.range().descriptor();
  view.leader = replica.leader();
  view.leads = replica.leads();
  view.failed = replica.failed();
  view.installing = replica.installing();
  view.applied = replica.range().applied().index;
  view.flushed = replica.range().flushed().index;
  view.memory_bytes = replica.range().memory_bytes();
  constexpr auto window_s = static_cast<std::uint64_t>(load_window_ns / ns_per_s);
  const kv::LoadWindow::Load load = replica.load_now();
  view.commands_per_s = load.commands / window_s;
  view.bytes_per_s = load.bytes / window_s;
  view.order = replica.orders().under_way();
  if (const auto& base = replica.range().record().base) view.missing = base->missing;
  tenon_group_status status{};
  if (!replica.status(status)) return;
  view.quiescent = status.quiescent != 0;
  view.term = status.role.term;
  view.committed = status.committed;
  // It may have heard of a newer term in this turn, which it does not lead in.
  view.leads = view.leads && status.role.role == TENON_ROLE_LEADER;
  if (!view.leads) return;
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count))
    view.members.push_back({NodeId{peer.node}, peer.match_index, peer.needs_snapshot != 0});
}

}  // namespace

std::vector<RangeView> list_ranges(const Keeper& keeper, const RangeSizes& sizes) {
  std::vector<RangeView> views;
  keeper.ranges().each([&](const kv::RangeTable::Entry& entry) {
    RangeView& view = views.emplace_back();
    view.id = entry.id;
    view.descriptor = entry.descriptor;
    view.leader = keeper.client().leader_of(entry.id);
    if (const Replica* replica = keeper.replicas().find(entry.id)) add_replica(view, *replica);
    view.is_provisional = kv::is_provisional(view.id, view.descriptor.epoch);
    view.is_kept = keeper.recoveries().keeps(entry.id);
    if (view.leads) {
      view.size_bytes = sizes.bytes(entry.id);
      view.largest_group = sizes.largest_group(entry.id);
    }
  });
  std::sort(views.begin(), views.end(), [](const RangeView& a, const RangeView& b) {
    return std::tie(a.descriptor.store, a.descriptor.begin, a.id) <
           std::tie(b.descriptor.store, b.descriptor.begin, b.id);
  });
  return views;
}

}  // namespace tenon::store
