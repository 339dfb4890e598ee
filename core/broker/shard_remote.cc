#include <vector>

#include "broker/shard.h"

// Messages to and from other nodes that touch no range.

namespace tenon::broker {

void Shard::connect_nodes(RemotePort& port) {
  remote_.set_port(&port);
}

void Shard::claim_client(std::string_view client_id, const ConnectionAddress& address,
                         std::string_view user) {
  RemoteNodes& nodes = tables().remote;
  if (nodes.own().is_alone()) return;
  const std::uint64_t stamp = nodes.claim_clock().make(time_.unix_ms);
  tables().clients.stamp(client_id, address, stamp);
  claims_.claims.push_back({std::string(client_id), stamp, std::string(user), false});
}

void Shard::flush_remote() {
  remote_.flush();
  if (claims_.claims.empty()) return;
  tables().remote.own().send_to_all(RemoteMessage::claims, write_remote(claims_));
  claims_.claims.clear();
}

void Shard::send_to_nodes(const session::Publication& publication, RemoteTargets&& targets) {
  if (targets.empty()) return;
  context_.metrics.node_messages_sent.add(index(), targets.size());
  remote_.add(publication.view(), std::move(targets));
}

void Shard::post_from_node(std::string&& body) {
  waiting_bytes_.fetch_add(body.size(), std::memory_order_relaxed);
  worker_.post(make_task([this, body = std::move(body)] {
    waiting_bytes_.fetch_sub(body.size(), std::memory_order_relaxed);
    deliver_from_node(body);
  }));
}

void Shard::deliver_from_node(std::string_view body) {
  enter();
  DeliveriesReader reader(body);
  while (const auto delivery = reader.next()) {
    if (!is_topic_name(delivery->message.view.topic)) continue;
    context_.metrics.node_messages_received.add(index());
    session::Publication publication(delivery->message.view);
    const Ref<routing::MatchSet> set = receivers_of(delivery->message.view.topic).set;
    if (delivery->to_subscribers) deliver_to_own(publication, set);
    for (const std::uint64_t digest : delivery->groups)
      if (!deliver_to_own_member(publication, set, digest)) context_.metrics.dropped_no_session.add(index());
  }
}

void Shard::publish_own(std::string_view topic, std::string_view payload) {
  enter();
  session::MessageView view;
  view.topic = topic;
  view.payload = as_bytes(payload);
  view.retain = true;
  if (tables().sys.has_same(view)) return;
  session::Publication publication(session::Message::make(view));
  tables().sys.show(publication.shared());
  const Ref<routing::MatchSet> set = receivers_of(topic).set;
  deliver_to_own(publication, set);
  for (const auto& group : set->groups()) (void)deliver_to_own_member(publication, set, group.digest);
  worker_.request_turn();
}

// To subscribers of this node; those with inboxes get from here what does not wait in them.
void Shard::deliver_to_own(session::Publication& publication, const Ref<routing::MatchSet>& set) {
  route_to_workers(publication, set);
  for (const auto& receiver : set->inboxes()) {
    if (mqtt::min(publication.view().qos, receiver.qos) != mqtt::QoS::at_most_once) continue;
    const auto known = tables().inboxes.find(routing::inbox_number(receiver.key));
    if (known.connection != session::ReceiverKey::none) (void)find_inbox(publication, set, receiver);
  }
}

bool Shard::deliver_to_own_member(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                  std::uint64_t digest) {
  for (const auto& group : set->groups()) {
    if (group.digest != digest) continue;
    std::vector<const routing::Receiver*> own;
    for (const auto& member : group.members)
      if (!routing::is_inbox(member.key) && !routing::is_node(member.key)) own.push_back(&member);
    if (own.empty()) break;
    const std::size_t first = pick_member(group, context_.spread, publication.view());
    for (std::size_t i = 0; i < own.size(); ++i)
      if (offer_to_connection(publication, set, *own[(first + i) % own.size()])) return true;
    return true;
  }
  return false;
}

}  // namespace tenon::broker
