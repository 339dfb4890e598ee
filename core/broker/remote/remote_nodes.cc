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

void RemoteNodes::on_peer_down(kv::NodeId node) {
  own_.on_peer_down(node);
  wanted_.forget(node);
  asks_.on_peer_down(node);
}

void RemoteNodes::on_message(kv::NodeId from, RemoteMessage kind, std::string&& body) {
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
      return on_deliveries(std::move(body));
    case RemoteMessage::claims:
      return on_claims(from, body);
    case RemoteMessage::asked:
      return asks_.on_question(from, body);
    case RemoteMessage::answered:
      return asks_.on_answer(from, body);
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

// Sessions with an inbox are not meant: their range knows who holds them.
void RemoteNodes::on_claims(kv::NodeId from, std::string_view body) {
  const auto message = read_remote<RemoteClaims>(body);
  if (!message) return;
  RemoteClaims newer;
  for (const RemoteClaim& claim : message->claims) {
    clock_.see(claim.stamp);
    const auto here = clients_.find_stamped(claim.client_id);
    // One that is not in yet will have a higher stamp, and say so.
    if (!here || here->stamp == 0) continue;
    // Who owns the id: whoever is here already, or says so by refusing.
    const std::string& owner = claim.refuses ? claim.user : here->user;
    const bool is_another_users = !owner.empty() && here->user != claim.user;
    const bool is_newer = here->stamp > claim.stamp;
    if (claim.refuses) {
      // A refusal of an earlier connection may come late.
      if (is_newer && is_another_users)
        shards_[0]->on_link(here->holder, [](Link& link) { link.leave_to_user_elsewhere(); });
    } else if (is_another_users || is_newer) {
      newer.claims.push_back({claim.client_id, here->stamp, here->user, is_another_users && !is_newer});
    } else {
      shards_[0]->on_link(here->holder, [](Link& link) { link.give_way_to_other_node(); });
    }
  }
  if (!newer.claims.empty()) port_->send(from, RemoteMessage::claims, write_remote(newer));
}

void RemoteNodes::on_deliveries(std::string&& body) {
  const DeliveriesReader reader(body);
  Shard* shard = shards_[reader.worker() % shards_.size()].get();
  shard->post_from_node(std::move(body));
}

}  // namespace tenon::broker
