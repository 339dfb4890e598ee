#include <algorithm>

#include "broker/link/link.h"
#include "broker/operate/departures.h"
#include "broker/shard.h"
#include "routing/offer_order.h"

// Messages to and from other nodes that touch no range.

namespace tenon::broker {

using routing::Presence;

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

void Shard::when_departed(const service::inbox::Holder& former, std::function<void()> then) {
  ++open_departures_;
  auto back = [this, then = std::move(then)] {
    worker_.post(make_task([this, then] {
      enter();
      --open_departures_;
      then();
    }));
  };
  if (former.node == kv::NodeId{context_.node_id}) return end_own(former, std::move(back));
  Shard& home = *shards_[0];
  home.worker_.post(
      make_task([&home, former, back = std::move(back)] { ask_departure(home, former, back); }));
}

// One that is not there, or of an earlier start, has ended.
void Shard::end_own(const service::inbox::Holder& holder, std::function<void()> then) {
  const auto address = routing::address_of(session::ReceiverKey{holder.connection});
  if (holder.incarnation != context_.start_number || address.worker >= shards_.size()) return then();
  Shard* target = shards_[address.worker];
  target->worker_.post(make_task([target, address, then = std::move(then)]() mutable {
    target->enter();
    target->end_link(address, std::move(then));
  }));
}

void Shard::end_link(const ConnectionAddress& address, std::function<void()> then) {
  Link* link = find(address);
  if (link && link->is_live()) return link->end_for_newer(std::move(then));
  if (link) link->take_over();
  if (open_attaches_.wait(address, then, time_.mono_ns)) return;
  when_all_is_out(address, [this, then = std::move(then)]() mutable { behind_requests(std::move(then)); });
}

void Shard::flush_remote() {
  remote_.flush();
  if (claims_.claims.empty()) return;
  tables().remote.own().send_to_all(RemoteMessage::claims, write_remote(claims_));
  claims_.claims.clear();
}

void Shard::send_to_nodes(const session::Publication& publication, RemoteTargets&& targets,
                          std::uint8_t passes, const std::optional<RemoteWill>& will) {
  const NodeSlots& nodes = tables().remote.slots();
  const bool may_be_lost = publication.view().qos == mqtt::QoS::at_most_once;
  const std::size_t lost_count = targets.remove([&](routing::NodeSlot slot) {
    const Pressure pressure = nodes.pressure(slot);
    if (pressure != Pressure::none) held_publishers_.note(slot);
    return pressure == Pressure::full && may_be_lost;
  });
  if (lost_count > 0) context_.metrics.dropped_slow_node.add(index(), lost_count);
  if (targets.empty()) return;
  context_.metrics.node_messages_sent.add(index(), targets.size());
  // The will of a connection without a session comes from its number, and stays behind what came before it.
  const session::ReceiverKey source = publication.view().source;
  const bool is_by_sender = !routing::is_inbox(source) && publication.sender() != session::ReceiverKey::none;
  remote_.add(publication.view(), is_by_sender ? publication.sender() : source, std::move(targets), passes,
              will);
}

void Shard::post_from_node(std::string&& body, Receipt&& receipt) {
  waiting_bytes_.fetch_add(body.size(), std::memory_order_relaxed);
  worker_.post(make_task([this, body = std::move(body), receipt = std::move(receipt)] {
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
    // Before it is matched: who subscribes later finds it here. (INV-R2)
    if (delivery->to_subscribers && delivery->message.view.retain) show_sent_retained(publication);
    const Ref<routing::MatchSet> set = receivers_of(delivery->message.view.topic).set;
    if (delivery->to_subscribers && is_news(*delivery)) deliver_to_own(publication, set);
    // Its last member here may have gone while the message was on its way.
    for (const std::uint64_t digest : delivery->groups)
      if (!deliver_to_own_member(publication, set, digest)) pass_on_again(publication, digest, *delivery);
  }
}

// Whoever leads the range of a will publishes it, and so may the next one who does.
bool Shard::is_news(const RemoteDelivery& delivery) {
  return !delivery.will ||
         tables().waiting_wills.reach_own({delivery.will->number, delivery.will->epoch}, time_.unix_ms);
}

// Nodes that have both lost their last members may each take the other for one that has some: what goes on
// between them must not keep the news of it from coming through.
void Shard::pass_on_again(session::Publication& publication, std::uint64_t digest,
                          const RemoteDelivery& delivery) {
  constexpr std::uint8_t passes_max = 4;
  if (delivery.passes >= passes_max) return context_.metrics.dropped_no_session.add(index());
  pass_on_now({publication.shared(), digest}, nullptr, static_cast<std::uint8_t>(delivery.passes + 1));
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
    if (mqtt::min(publication.view().qos, receiver.all.qos) != mqtt::QoS::at_most_once) continue;
    const auto known = tables().inboxes.find(routing::inbox_number(receiver.key));
    if (known.connection != session::ReceiverKey::none) (void)find_inbox(publication, set, receiver);
  }
}

// A connection of this node, or a stored session that is connected here and to get the message past its
// inbox.
bool Shard::takes_from_node(const routing::Receiver& member, mqtt::QoS qos) {
  if (routing::is_node(member.key)) return false;
  if (!routing::is_inbox(member.key)) return true;
  return mqtt::min(qos, member.all.qos) == mqtt::QoS::at_most_once &&
         tables().inboxes.find(routing::inbox_number(member.key)).connection != session::ReceiverKey::none;
}

bool Shard::deliver_to_own_member(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                  std::uint64_t digest) {
  for (const auto& group : set->groups()) {
    if (group.digest != digest) continue;
    const session::MessageView& message = publication.view();
    const auto takes = [&](const routing::Receiver& member) { return takes_from_node(member, message.qos); };
    if (std::ranges::none_of(group.members, takes)) break;
    const std::size_t first = turns_.pick(
        group, context_.spread, message.source, message.topic,
        [&](const routing::Receiver& member) { return takes(member) ? Presence::here : Presence::away; });
    routing::OfferOrder order(group.members.size(), first);
    while (const auto index = order.next()) {
      const routing::Receiver& member = group.members[*index];
      if (!takes(member)) continue;
      if (routing::is_inbox(member.key)) {
        (void)find_inbox(publication, set, member);  // past its inbox
        return true;
      }
      const bool may_be_lost = message.qos == mqtt::QoS::at_most_once;
      if (!may_be_lost && is_turned_down(publication, group, member)) {
        if (order.put_off(routing::OfferOrder::PutOff::full)) continue;
        if (keep_for_stored_member(publication, set, group)) return true;
      }
      if (offer_to_connection(publication, set, member)) return true;
    }
    return true;
  }
  return false;
}

}  // namespace tenon::broker
