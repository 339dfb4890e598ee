#include "broker/remote/own_routes.h"

#include <algorithm>
#include <utility>

#include "base/text/topic_syntax.h"

namespace tenon::broker {

namespace {

// Of filters in one message with all routes.
constexpr std::size_t part_bytes_max = 256 * 1024;
// A node that takes no note for so long is told everything again.
constexpr std::int64_t patience_ns = 5 * ns_per_s;
// So many changes may wait for a node in any case.
constexpr std::size_t waiting_min = 1024;

}  // namespace

void OwnRoutes::start(RemotePort& port) {
  const std::lock_guard lock(mutex_);
  port_ = &port;
  started_.store(true, std::memory_order_release);
}

RemoteRoute OwnRoutes::route_of(std::string_view filter, const Count& count) {
  const bool is_shared = split_filter(filter).sharing != Sharing::none;
  return {filter,
          count.none() ? 0
          : is_shared  ? std::max(count.all, 1U)
                       : 1,
          !count.none() && count.all == 0};
}

void OwnRoutes::change(std::string_view filter, Wants wants, int step) {
  if (!started_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  const auto at = filters_.try_emplace(std::string(filter)).first;
  Count& count = at->second;
  const RemoteRoute before = route_of(filter, count);
  std::uint32_t& number = wants == Wants::all ? count.all : count.only_qos0;
  number += static_cast<std::uint32_t>(step);
  const RemoteRoute now = route_of(filter, count);
  if (count.none()) filters_.erase(at);
  if (before.members == now.members && before.only_qos0 == now.only_qos0) return;
  ++sequence_;
  if (peers_.empty()) return;
  const std::string body = write_remote(RoutesMessage{sequence_, false, false, false, {now}});
  for (auto& [node, peer] : peers_) send(node, peer, std::string(body));
}

void OwnRoutes::send(kv::NodeId node, Peer& peer, std::string&& body) {
  if (peer.wants_all) return push(node, peer);
  peer.waiting.push_back(std::move(body));
  push(node, peer);
  if (peer.waiting.size() <= waiting_min + filters_.size()) return;
  peer.waiting.clear();
  peer.wants_all = true;
}

void OwnRoutes::push(kv::NodeId node, Peer& peer) {
  if (peer.wants_all && !port_->congested(node)) return send_all(node, peer);
  while (!peer.waiting.empty() && !port_->congested(node)) {
    port_->send(node, RemoteMessage::routes, std::move(peer.waiting.front()));
    peer.waiting.pop_front();
  }
}

void OwnRoutes::send_all(kv::NodeId node, Peer& peer) {
  // All that there is covers what waits.
  peer.waiting.clear();
  peer.wants_all = false;
  RoutesMessage part;
  part.sequence = sequence_;
  part.is_whole = part.is_first = true;
  std::size_t bytes = 0;
  const auto send_part = [&] {
    send(node, peer, write_remote(part));
    part.before_count += part.routes.size();
    part.routes.clear();
    part.is_first = false;
    bytes = 0;
  };
  for (const auto& [filter, count] : filters_) {
    part.routes.push_back(route_of(filter, count));
    bytes += filter.size() + sizeof(RemoteRoute);
    if (bytes >= part_bytes_max) send_part();
  }
  part.is_last = true;
  send_part();
}

bool OwnRoutes::is_known(std::uint64_t sequence) const {
  return std::all_of(peers_.begin(), peers_.end(),
                     [&](const auto& peer) { return peer.second.known >= sequence; });
}

bool OwnRoutes::when_known(std::function<void()> then) {
  if (!started_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(mutex_);
  if (is_known(sequence_)) return true;
  waiters_.push_back({sequence_, std::move(then)});
  return false;
}

std::vector<OwnRoutes::Waiter> OwnRoutes::take_ready() {
  std::vector<Waiter> ready;
  const auto end = std::find_if(waiters_.begin(), waiters_.end(),
                                [&](const Waiter& waiter) { return !is_known(waiter.sequence); });
  ready.assign(std::make_move_iterator(waiters_.begin()), std::make_move_iterator(end));
  waiters_.erase(waiters_.begin(), end);
  return ready;
}

void OwnRoutes::run(std::vector<Waiter>&& ready) {
  for (const Waiter& waiter : ready) waiter.then();
}

void OwnRoutes::send_to_all(RemoteMessage kind, std::string_view body) {
  const std::lock_guard lock(mutex_);
  for (const auto& peer : peers_) port_->send(peer.first, kind, std::string(body));
}

void OwnRoutes::on_peer_up(kv::NodeId node) {
  const std::lock_guard lock(mutex_);
  if (!port_) return;
  Peer& peer = peers_[node];
  peer = {};
  send_all(node, peer);
}

void OwnRoutes::on_peer_down(kv::NodeId node) {
  std::vector<Waiter> ready;
  {
    const std::lock_guard lock(mutex_);
    peers_.erase(node);
    ready = take_ready();
  }
  run(std::move(ready));
}

void OwnRoutes::on_known(kv::NodeId node, std::uint64_t sequence) {
  std::vector<Waiter> ready;
  {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(node);
    if (peer == peers_.end()) return;
    peer->second.known = std::max(peer->second.known, std::min(sequence, sequence_));
    push(node, peer->second);
    ready = take_ready();
  }
  run(std::move(ready));
}

void OwnRoutes::on_wanted(kv::NodeId node) {
  const std::lock_guard lock(mutex_);
  const auto peer = peers_.find(node);
  if (peer != peers_.end()) send_all(node, peer->second);
}

void OwnRoutes::tick(MonoNs now_ns) {
  const std::lock_guard lock(mutex_);
  for (auto& [node, peer] : peers_) {
    push(node, peer);
    if (peer.wants_all || !peer.waiting.empty() || peer.known == sequence_ ||
        peer.known != std::exchange(peer.seen, peer.known)) {
      peer.stalled_since_ns = now_ns;
    } else if (now_ns - peer.stalled_since_ns >= patience_ns) {
      peer.stalled_since_ns = now_ns;
      send_all(node, peer);
    }
  }
}

std::size_t OwnRoutes::filter_count() const {
  const std::lock_guard lock(mutex_);
  return filters_.size();
}

}  // namespace tenon::broker
