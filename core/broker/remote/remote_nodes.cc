#include "broker/remote/remote_nodes.h"

#include <utility>

#include "broker/link/link.h"
#include "broker/shard.h"

namespace tenon::broker {

void RemoteNodes::connect(std::span<const std::unique_ptr<Shard>> shards, RemotePort& port) {
  shards_ = shards;
  port_ = &port;
  own_.start(port);
  for (const auto& shard : shards) shard->connect_nodes(port);
}

void RemoteNodes::tick(MonoNs now_ns) {
  own_.tick(now_ns);
  asks_.tick(now_ns);
  claims_.tick(now_ns);
  tell_missed_claims();
}

void RemoteNodes::on_peer_up(kv::NodeId node) {
  own_.on_peer_up(node);
  asks_.on_peer_up(node);
  claims_.on_peer_up(node);
  tell_missed_claims();
}

void RemoteNodes::tell_missed_claims() {
  if (own_.is_alone()) return;
  claims_.tell_missed({[this](kv::NodeId to) { return port_->congested(to); },
                       [this](kv::NodeId to, RemoteClaims&& claims) {
                         port_->send(to, RemoteMessage::claims, write_remote(claims));
                       }});
}

void RemoteNodes::on_peer_down(kv::NodeId node) {
  claims_.on_peer_down(node);
  own_.on_peer_down(node);
  wanted_.forget(node);
  asks_.on_peer_down(node);
}

void RemoteNodes::on_message(kv::NodeId from, RemoteMessage kind, std::string&& body, Receipt&& receipt) {
  if (!port_) return;
  switch (kind) {
    case RemoteMessage::routes:
      return on_routes(from, body);
    case RemoteMessage::routes_known:
      if (const auto known = read_remote<RoutesKnown>(body)) own_.on_known(from, known->sequence);
      return;
    case RemoteMessage::routes_wanted:
      return own_.on_wanted(from);
    case RemoteMessage::messages:
      return on_deliveries(std::move(body), std::move(receipt));
    case RemoteMessage::claims:
      return on_claims(from, body);
    case RemoteMessage::asked:
      return asks_.on_question(from, body);
    case RemoteMessage::answered:
      return asks_.on_answer(from, body);
    case RemoteMessage::wills_refused:
    case RemoteMessage::wills_shown:
      return on_wills(kind, std::move(body));
  }
}

void RemoteNodes::on_routes(kv::NodeId from, std::string_view body) {
  const auto message = read_remote<RoutesMessage>(body);
  if (!message) return;
  const PeerRoutes::Taken taken = wanted_.take(from, *message);
  if (taken == PeerRoutes::Taken::known)
    port_->send(from, RemoteMessage::routes_known, write_remote(RoutesKnown{message->sequence}));
  else if (taken == PeerRoutes::Taken::missing)
    port_->send(from, RemoteMessage::routes_wanted, {});
}

void RemoteNodes::on_claims(kv::NodeId from, std::string_view body) {
  const auto message = read_remote<RemoteClaims>(body);
  if (!message) return;
  const ClaimDesk::Verdict verdict = claims_.take(*message);
  for (const ConnectionAddress& link : verdict.leave)
    shards_[0]->on_link(link, [](Link& one) { one.leave_to_user_elsewhere(); });
  for (const ConnectionAddress& link : verdict.give_way)
    shards_[0]->on_link(link, [](Link& one) { one.give_way_to_other_node(); });
  if (!verdict.answer.claims.empty()) port_->send(from, RemoteMessage::claims, write_remote(verdict.answer));
}

void RemoteNodes::on_wills(RemoteMessage kind, std::string&& body) {
  Shard* shard = shards_[0].get();
  shard->worker().post(make_task([shard, kind, body = std::move(body)] {
    const auto told = read_remote<RemoteWills>(body);
    if (!told) return;
    shard->enter();
    const UnixMs now_ms = shard->time().unix_ms;
    for (const auto& [number, epoch] : told->wills)
      if (kind == RemoteMessage::wills_refused)
        shard->tables().will_permits.refuse({number, epoch}, now_ms);
      else
        shard->tables().waiting_wills.was_published({number, epoch}, now_ms);
  }));
}

void RemoteNodes::on_deliveries(std::string&& body, Receipt&& receipt) {
  const DeliveriesReader reader(body);
  Shard* shard = shards_[reader.way() % shards_.size()].get();
  shard->post_from_node(std::move(body), std::move(receipt));
}

}  // namespace tenon::broker
