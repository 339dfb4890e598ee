#include "broker/remote/peer_routes.h"

#include <utility>
#include <vector>

#include "base/text/topic_syntax.h"

namespace tenon::broker {

routing::SubscriptionOptions PeerRoutes::options_of(const RemoteRoute& route) {
  routing::SubscriptionOptions options;
  options.subscription_id = route.members;
  options.qos = mqtt::QoS::exactly_once;
  options.no_local = route.only_qos0;
  options.retain_as_published = true;
  return options;
}

void PeerRoutes::put(kv::NodeId node, Routes& routes, const std::string& filter,
                     const routing::SubscriptionOptions& options) {
  if (const auto member = member_of(filter)) {
    if (routes.try_emplace(filter, options).second) members_.add(*member);
    return;
  }
  const SplitFilter split = split_filter(filter);
  if (!split.well_shaped || !is_topic_filter(split.pattern)) return;
  const auto [at, is_new] = routes.try_emplace(filter, options);
  if (!is_new && at->second == options) return;
  at->second = options;
  if (is_new) count_.fetch_add(1, std::memory_order_relaxed);
  subscriptions_.put(filter, routing::key_of(slots_.slot_of(node)), options);
}

void PeerRoutes::remove(kv::NodeId node, Routes& routes, std::string_view filter) {
  const auto at = routes.find(filter);
  if (at == routes.end()) return;
  routes.erase(at);
  if (const auto member = member_of(filter)) return members_.remove(*member);
  subscriptions_.remove(filter, routing::key_of(slots_.slot_of(node)));
  count_.fetch_sub(1, std::memory_order_relaxed);
}

PeerRoutes::Taken PeerRoutes::miss(Node& node) {
  node.incoming.reset();
  return std::exchange(node.has_asked, true) ? Taken::waiting : Taken::missing;
}

PeerRoutes::Taken PeerRoutes::take(kv::NodeId from, const RoutesMessage& message) {
  Node& node = nodes_[from];
  if (message.is_whole) return take_part(from, node, message);
  if (message.sequence <= node.sequence && node.is_whole) return Taken::known;
  if (!node.is_whole || message.sequence != node.sequence + message.routes.size()) return miss(node);
  for (const RemoteRoute& route : message.routes) {
    if (route.members == 0)
      remove(from, node.routes, route.filter);
    else
      put(from, node.routes, std::string(route.filter), options_of(route));
  }
  node.sequence = message.sequence;
  return Taken::known;
}

PeerRoutes::Taken PeerRoutes::take_part(kv::NodeId from, Node& node, const RoutesMessage& message) {
  if (message.is_first) node.incoming.emplace();
  if (!node.incoming) return miss(node);
  // A part may have got lost between others.
  if (message.before_count != 0 && message.before_count != node.incoming->size()) return miss(node);
  for (const RemoteRoute& route : message.routes)
    node.incoming->insert_or_assign(std::string(route.filter), options_of(route));
  if (!message.is_last) return Taken::part;
  replace(from, node, std::move(*node.incoming));
  node.incoming.reset();
  node.sequence = message.sequence;
  node.is_whole = true;
  node.has_asked = false;
  return Taken::known;
}

void PeerRoutes::replace(kv::NodeId from, Node& node, Routes&& wanted) {
  std::vector<std::string> gone;
  for (const auto& route : node.routes)
    if (!wanted.contains(route.first)) gone.push_back(route.first);
  for (const std::string& filter : gone) remove(from, node.routes, filter);
  for (const auto& [filter, options] : wanted) put(from, node.routes, filter, options);
}

void PeerRoutes::forget(kv::NodeId node) {
  const auto at = nodes_.find(node);
  if (at == nodes_.end()) return;
  replace(node, at->second, {});
  nodes_.erase(at);
}

}  // namespace tenon::broker
