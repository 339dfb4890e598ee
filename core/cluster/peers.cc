#include "cluster/peers.h"

#include <algorithm>
#include <utility>

namespace tenon::cluster {

Peers::Peers(NodeId self, const DialPauses& pauses, Random& random)
    : self_(self), pauses_(pauses), random_(random) {}

void Peers::add_seed(const Endpoint& endpoint, MonoNs now) {
  Dial& dial = dials_[endpoint];
  dial.seed = true;
  dial.next_ns = dial.next_alone_ns = now;
}

void Peers::add_seed_name(const Endpoint& name, MonoNs now) {
  names_[name].next_ns = now;
}

// Whether each address of the name is known to lead somewhere: to a node that is linked, or to this one.
bool Peers::is_settled(const Name& name, const IsLinked& is_linked) const {
  return !name.addresses.empty() && std::ranges::all_of(name.addresses, [&](const Endpoint& address) {
    const auto dial = dials_.find(address);
    if (dial == dials_.end() || dial->second.leads_to == NodeId::none) return false;
    return dial->second.leads_to == self_ || is_linked(dial->second.leads_to);
  });
}

std::vector<Endpoint> Peers::due_names(MonoNs now, const IsLinked& is_linked) {
  std::vector<Endpoint> due;
  for (auto& [endpoint, name] : names_) {
    if (name.busy) continue;
    if (is_settled(name, is_linked)) {
      // Its addresses have changed their state behind the last lookup.
      if (std::exchange(name.lookup_count, 0) > 0) name.next_ns = now + pauses_.lookup_ns;
    } else if (name.lookup_count == 0) {
      name.next_ns = std::min(name.next_ns, now);
    }
    if (now < name.next_ns) continue;
    name.busy = true;
    due.push_back(endpoint);
  }
  return due;
}

void Peers::looked_up(const Endpoint& endpoint, const std::set<Endpoint>& addresses, MonoNs now) {
  const auto found = names_.find(endpoint);
  if (found == names_.end()) return;
  Name& name = found->second;
  name.busy = false;
  name.next_ns = now + pause_ns(++name.lookup_count);
  if (addresses.empty()) return;
  for (const Endpoint& address : addresses) {
    if (name.addresses.contains(address)) continue;
    const auto [dial, is_new] = dials_.try_emplace(address);
    ++dial->second.name_count;
    if (is_new) dial->second.next_ns = dial->second.next_alone_ns = now;
  }
  for (const Endpoint& address : name.addresses)
    if (const auto dial = dials_.find(address); !addresses.contains(address) && dial != dials_.end())
      --dial->second.name_count;
  name.addresses = addresses;
}

bool Peers::learn(NodeId node, const Endpoint& address, MonoNs now) {
  if (node == self_) return false;
  const auto [known, added] = addresses_.try_emplace(node, address);
  const bool moved = !added && known->second != address;
  if (moved) {
    const auto before = dials_.find(known->second);
    if (before != dials_.end() && !before->second.is_seed() && before->second.leads_to == node) {
      // forget() does, when the dial that is under way has ended.
      if (before->second.busy)
        before->second.leads_to = NodeId::none;
      else
        dials_.erase(before);
    }
    known->second = address;
  }
  const auto [dial, is_new] = dials_.try_emplace(address);
  dial->second.leads_to = node;
  dial->second.seen_ns = now;
  if (is_new) dial->second.next_ns = dial->second.next_alone_ns = now;
  return added || moved;
}

void Peers::forget(NodeId node) {
  addresses_.erase(node);
  for (auto& [endpoint, dial] : dials_)
    if (dial.leads_to == node) dial.leads_to = NodeId::none;
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
  const bool alone =
      std::ranges::none_of(addresses_, [&](const auto& entry) { return is_linked(entry.first); });
  for (auto& [endpoint, dial] : dials_) {
    const bool linked = dial.leads_to != NodeId::none && dial.leads_to != self_ && is_linked(dial.leads_to);
    if (linked) dial.seen_ns = now;
    // What a name has no more, and is no node's address either.
    if (!dial.is_seed() && !addresses_.contains(dial.leads_to)) continue;
    if (linked || dial.busy || now < (alone ? dial.next_alone_ns : dial.next_ns)) continue;
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
  dial.next_alone_ns = now + pause_ns(dial.failure_count);
  dial.next_ns = itself ? now + pauses_.itself_ns : dial.next_alone_ns;
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
    return old && !dial->second.is_seed() && !dial->second.busy && !is_linked(entry.first);
  });
  std::erase_if(dials_, [&](const auto& entry) {
    const Dial& dial = entry.second;
    return !dial.is_seed() && !dial.busy && !addresses_.contains(dial.leads_to);
  });
}

}  // namespace tenon::cluster
