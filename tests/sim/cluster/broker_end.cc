#include "sim/cluster/broker_end.h"

#include <utility>

#include "broker/remote/remote_wire.h"

namespace tenon::sim {
namespace {

constexpr std::int64_t to_worker_ns = 5000;

broker::ConnectionAddress address_of(std::uint64_t number) {
  return {0, static_cast<std::uint32_t>(number), 1};
}

}  // namespace

BrokerEnd::BrokerEnd(World& world, const NetworkEnd& end, const NodeClock& clock, kv::NodeId self, Send send,
                     ConnectionEvents& events, const Mistakes& mistakes)
    : world_(world), end_(end), clock_(clock), send_(std::move(send)), events_(events), mistakes_(mistakes) {
  claims_.clock().set_node(static_cast<std::uint64_t>(self));
  tick();
}

void BrokerEnd::after(std::int64_t delay_ns, std::function<void()> what) {
  world_.events().after(delay_ns, [gone = std::weak_ptr<bool>(here_), what = std::move(what)] {
    if (!gone.expired()) what();
  });
}

void BrokerEnd::tick() {
  if (!end_.is_paused()) claims_.tick(clock_.mono_ns());
  after(ns_per_s, [this] { tick(); });
}

// The system takes what comes while the process is paused, which finds it when it goes on.
void BrokerEnd::run(std::function<void()> what) {
  if (!end_.is_paused() && held_.empty()) return what();
  held_.push_back(std::move(what));
  if (held_.size() == 1) look_at_held();
}

void BrokerEnd::look_at_held() {
  if (end_.is_paused()) return after(50 * ns_per_ms, [this] { look_at_held(); });
  for (const auto& what : std::exchange(held_, {})) what();
}

void BrokerEnd::connect(const std::string& client_id, std::uint64_t number) {
  run([this, client_id, number] {
    connections_[number].client_id = client_id;
    const auto claim = clients_.claim(client_id, address_of(number));
    if (claim.granted) return go_live(number);
    if (claim.holder) take_over_later(*claim.holder);
    if (claim.superseded) take_over_later(*claim.superseded);
  });
}

void BrokerEnd::close(std::uint64_t number) {
  run([this, number] {
    if (connections_.contains(number)) release(number);
  });
}

bool BrokerEnd::is_live(std::uint64_t number) const {
  const auto found = connections_.find(number);
  return found != connections_.end() && found->second.is_live;
}

void BrokerEnd::go_live(std::uint64_t number) {
  Connection& connection = connections_.at(number);
  connection.is_live = true;
  const std::uint64_t stamp = claims_.clock().make(clock_.unix_ms());
  clients_.stamp(connection.client_id, address_of(number), stamp);
  events_.on_live(number);
  const std::string body =
      broker::write_remote(broker::RemoteClaims{{{connection.client_id, stamp, {}, false}}});
  for (const kv::NodeId peer : peers_) send_(peer, std::string(body));
}

void BrokerEnd::take_over_later(const broker::ConnectionAddress& who) {
  after(to_worker_ns, [this, number = std::uint64_t{who.slot}] { take_over(number); });
}

void BrokerEnd::take_over(std::uint64_t number) {
  if (!connections_.contains(number)) return;
  events_.on_taken_over(number);
  release(number);
}

void BrokerEnd::release(std::uint64_t number) {
  const std::string client_id = connections_.at(number).client_id;
  connections_.erase(number);
  const auto next = clients_.release(client_id, address_of(number));
  if (!next) return;
  after(to_worker_ns, [this, granted = std::uint64_t{next->slot}] {
    if (connections_.contains(granted)) go_live(granted);
  });
}

void BrokerEnd::on_peer(kv::NodeId node, bool is_up) {
  if (!is_up) {
    peers_.erase(node);
    return claims_.on_peer_down(node);
  }
  peers_.insert(node);
  if (mistakes_.tells_no_missed) return;
  claims_.on_peer_up(node);
  claims_.tell_missed(
      {[](kv::NodeId) { return false; },
       [this](kv::NodeId to, broker::RemoteClaims&& claims) { send_(to, broker::write_remote(claims)); }});
}

void BrokerEnd::on_claims(kv::NodeId from, const std::string& body) {
  const auto claims = broker::read_remote<broker::RemoteClaims>(body);
  if (!claims) return world_.fail("a node's claims do not hold together");
  const broker::ClaimDesk::Verdict verdict = claims_.take(*claims);
  if (!mistakes_.keeps_older)
    for (const broker::ConnectionAddress& who : verdict.give_way) take_over_later(who);
  if (!verdict.answer.claims.empty()) send_(from, broker::write_remote(verdict.answer));
}

}  // namespace tenon::sim
