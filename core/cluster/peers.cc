#include "cluster/peers.h"

#include <algorithm>

namespace tenon::cluster {

Peers::Peers(NodeId self, const DialPauses& pauses, Random& random)
    : self_(self), pauses_(pauses), random_(random) {}

void Peers::add_seed(const Endpoint& endpoint, MonoNs now) {
  Dial& dial = dials_[endpoint];
  dial.seed = true;
  dial.next_ns = now;
}

bool Peers::learn(NodeId node, const Endpoint& address, MonoNs now) {
  if (node == self_) return false;
  const auto [known, added] = addresses_.try_emplace(node, address);
  const bool moved = !added && known->second != address;
  if (moved) {
    const auto before = dials_.find(known->second);
    if (before != dials_.end() && !before->second.seed && !before->second.busy) dials_.erase(before);
    known->second = address;
  }
  const auto [dial, is_new] = dials_.try_emplace(address);
  dial->second.leads_to = node;
  dial->second.seen_ns = now;
  if (is_new) dial->second.next_ns = now;
  return added || moved;
}

std::vector<NodeId> Peers::nodes_at(const Endpoint& address) const {
  std::vector<NodeId> nodes;
  for (const auto& [node, known] : addresses_)
    if (known == address) nodes.push_back(node);
  return nodes;
}

const Endpoint* Peers::address_of(NodeId node) const {
  const auto found = addresses_.find(node);
  return found == addresses_.end() ? nullptr : &found->second;
}

std::vector<Endpoint> Peers::due(MonoNs now, const IsLinked& is_linked) {
  std::vector<Endpoint> endpoints;
  for (auto& [endpoint, dial] : dials_) {
    const bool linked = dial.leads_to != NodeId::none && dial.leads_to != self_ && is_linked(dial.leads_to);
    if (linked) dial.seen_ns = now;
    if (linked || dial.busy || now < dial.next_ns) continue;
    dial.busy = true;
    endpoints.push_back(endpoint);
  }
  forget(now, is_linked);
  return endpoints;
}

void Peers::led_to(const Endpoint& endpoint, NodeId node) {
  const auto found = dials_.find(endpoint);
  if (found != dials_.end()) found->second.leads_to = node;
}

void Peers::dial_ended(const Endpoint& endpoint, bool worked, MonoNs now) {
  const auto found = dials_.find(endpoint);
  if (found == dials_.end()) return;
  Dial& dial = found->second;
  dial.busy = false;
  dial.failure_count = worked ? 0 : dial.failure_count + 1;
  const bool itself = dial.leads_to == self_;
  dial.next_ns = now + (itself ? pauses_.itself_ns : pause_ns(dial.failure_count));
}

std::int64_t Peers::pause_ns(std::uint32_t failure_count) {
  constexpr std::uint32_t doublings_max = 20;
  const std::uint32_t doublings = std::min(failure_count > 0 ? failure_count - 1 : 0, doublings_max);
  const std::int64_t longest = std::min(pauses_.first_ns << doublings, pauses_.last_ns);
  const auto half = static_cast<std::uint64_t>(longest / 2);
  return longest - static_cast<std::int64_t>(random_.next() % (half + 1));
}

void Peers::forget(MonoNs now, const IsLinked& is_linked) {
  std::erase_if(addresses_, [&](const auto& entry) {
    const auto dial = dials_.find(entry.second);
    if (dial == dials_.end()) return !is_linked(entry.first);
    const bool old = now - dial->second.seen_ns > pauses_.forget_ns;
    return old && !dial->second.seed && !dial->second.busy && !is_linked(entry.first);
  });
  std::erase_if(dials_, [&](const auto& entry) {
    const Dial& dial = entry.second;
    return !dial.seed && !dial.busy && !addresses_.contains(dial.leads_to);
  });
}

}  // namespace tenon::cluster
