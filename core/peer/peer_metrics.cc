#include "peer/peer_metrics.h"

#include <optional>
#include <string_view>

#include "observe/metrics/table.h"

namespace tenon::peer {

namespace {

namespace metrics = observe::metrics;

constexpr std::string_view cause_names[] = {"no_link", "queue_full", "too_large", "link_lost"};
static_assert(std::size(cause_names) == cluster::drop_cause_count);

}  // namespace

Result<PeerMetrics> PeerMetrics::declare(observe::MetricRegistry& registry) {
  PeerMetrics m;
  std::optional<Error> failure;
  const auto take = [&failure](auto& handle, auto declared) {
    if (declared.ok())
      handle = *declared;
    else if (!failure)
      failure = declared.error();
  };
  take(m.links, registry.gauge(metrics::peer_links));
  take(m.queue_bytes, registry.gauge(metrics::peer_queue_bytes));
  take(m.received_bytes, registry.counter(metrics::peer_received_bytes));
  take(m.sent_bytes, registry.counter(metrics::peer_sent_bytes));
  take(m.received_messages, registry.counter(metrics::peer_received_messages));
  take(m.sent_messages, registry.counter(metrics::peer_sent_messages));
  for (const cluster::LanePlan& plan : cluster::lane_plans) {
    PeerMetrics::OfLane& lane = m.lanes[cluster::index_of(plan.lane)];
    take(lane.queue_bytes, registry.gauge(metrics::peer_lane_queue_bytes, {plan.name}));
    if (plan.window_bytes == 0) continue;
    take(lane.credit_bytes, registry.gauge(metrics::peer_lane_credit_bytes, {plan.name}));
    take(lane.stalls, registry.counter(metrics::peer_lane_stalls, {plan.name}));
  }
  for (std::size_t i = 0; i < m.dropped.size(); ++i)
    take(m.dropped[i], registry.counter(metrics::peer_dropped_messages, {cause_names[i]}));
  for (const cluster::LinkEnd end : cluster::all_link_ends) {
    const std::size_t index = static_cast<std::size_t>(end) - 1;
    if (cluster::is_refusal(end))
      take(m.refused[index], registry.counter(metrics::peer_refused_links, {to_string(end)}));
    take(m.ended[index], registry.counter(metrics::peer_ended_links, {to_string(end)}));
  }
  if (failure) return *failure;
  return m;
}

}  // namespace tenon::peer
