#include "broker/link.h"
#include "broker/link_replay.h"

// Messages from the client, and messages to it.

namespace tenon::broker {

namespace events = observe::events;
using mqtt::ReasonCode;

std::optional<ReasonCode> Link::publish(const session::MessageView& message, session::PublishToken) {
  metrics().publish_received[static_cast<std::size_t>(message.qos)].add(shard_.index());
  if (permset_.stale() && !refresh_permissions()) return ReasonCode::not_authorized;
  routing::TopicCache::Entry& entry = shard_.receivers_of(message.topic);
  if (entry.stamp != checked_stamp_ || checked_epoch_ != permission_epoch_ || checked_qos_ != message.qos ||
      message.retain) {
    checked_allowed_ = permset_.check(host::Action::publish, message.topic,
                                      static_cast<std::uint8_t>(message.qos), message.retain);
    // A verdict for a retained message says nothing of others.
    checked_stamp_ = message.retain ? 0 : entry.stamp;
    checked_epoch_ = permission_epoch_;
    checked_qos_ = message.qos;
  }
  if (!checked_allowed_) return refuse_publish(message);
  ReasonCode code = ReasonCode::success;
  session::Publication publication(message);
  if (message.retain) {
    code = keep_retained(publication);
    // What subscribed before the message was stored is matched; what subscribes later finds it stored.
    shard_.refresh(entry);
  }
  // Held: a client that is sent away while the message is routed may leave a will, and that one may take this
  // place in the cache.
  const Ref<routing::MatchSet> set = entry.set;
  if (!set->empty())
    shard_.route(publication, set);
  else if (code == ReasonCode::success)
    code = ReasonCode::no_matching_subscribers;
  return code;
}

ReasonCode Link::keep_retained(session::Publication& publication) {
  if (tables().retained.put(publication.shared()) != service::RetainStore::Put::full)
    return ReasonCode::success;
  metrics().retained_refused.add(shard_.index());
  shard_.context().log.write(events::routing_retained_refused,
                             "the limit mqtt.retained_count_max is reached; the message was not stored",
                             {{"client_id", connection_.client_id()}, {"topic", publication.view().topic}});
  return ReasonCode::quota_exceeded;
}

ReasonCode Link::refuse_publish(const session::MessageView& message) {
  metrics().publish_denied.add(shard_.index());
  shard_.context().log.write(events::auth_access_denied, "a publish was refused",
                             {{"client_id", connection_.client_id()}, {"topic", message.topic}});
  // 3.x has no code to tell it by: the message is acknowledged and goes nowhere [MQTT-3.3.5-2] of 3.1.1.
  return ReasonCode::not_authorized;
}

bool Link::deliver(session::Publication& publication, const routing::MatchSet& set,
                   const routing::Receiver& receiver) {
  const session::MessageView& message = publication.view();
  if (!connection_.live() || (permset_.stale() && !refresh_permissions())) {
    metrics().dropped_no_session.add(shard_.index());
    return false;
  }
  if (receiver.no_local && receiver.key == message.source) return true;  // [MQTT-3.8.3-3]
  if (receiver.verdict_epoch != permission_epoch_) {
    receiver.verdict_epoch = permission_epoch_;
    receiver.asked = receiver.allowed = 0;
  }
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(message.qos));
  if ((receiver.asked & bit) == 0) {
    receiver.asked = static_cast<std::uint8_t>(receiver.asked | bit);
    if (permset_.check(host::Action::receive, message.topic, static_cast<std::uint8_t>(message.qos), false))
      receiver.allowed = static_cast<std::uint8_t>(receiver.allowed | bit);
  }
  if ((receiver.allowed & bit) == 0) {
    dropped(session::DropCause::not_authorized, message.qos);
    return false;
  }
  const session::ShowAs show{mqtt::min(message.qos, receiver.qos),
                             receiver.retain_as_published && message.retain, set.ids(receiver)};
  metrics().publish_sent[static_cast<std::size_t>(show.qos)].add(shard_.index());
  connection_.deliver(publication, show);
  shard_.mark(*this);
  return true;
}

void Link::on_inbox_ready() {
  connection_.on_inbox_ready();
  if (rare_ && rare_->replay) continue_replay();
  shard_.mark(*this);
}

template <class Fn>
void Link::with_inbox(Fn&& fn) {
  tables().inboxes.with(inbox_, fn);
}

void Link::fetch(std::uint64_t position, std::size_t count_max, std::vector<session::InboxItem>& items) {
  if (permset_.stale() && !refresh_permissions()) return;
  const std::size_t first = items.size();
  with_inbox([&](InboxStore& store) { store.fetch(inbox_, inbox_epoch_, position, count_max, items); });
  // What the client may not see (any more) is treated as if it had acknowledged it. It stays in the list,
  // without its message, when it has a number: the connection counts on.
  for (std::size_t i = first; i < items.size(); ++i) {
    session::InboxItem& item = items[i];
    if (!item.message) continue;
    const auto view = item.message->view();
    if (permset_.check(host::Action::receive, view.topic, static_cast<std::uint8_t>(view.qos), item.retain)) {
      metrics().publish_sent[static_cast<std::size_t>(item.qos)].add(shard_.index());
      continue;
    }
    dropped(session::DropCause::not_authorized, item.qos);
    item.message = nullptr;
    item.state = session::InboxItem::State::withheld;
  }
}

void Link::sent(std::uint64_t position) {
  with_inbox([&](InboxStore& store) { store.sent(inbox_, inbox_epoch_, position); });
}
void Link::acknowledge(std::uint64_t number) {
  with_inbox([&](InboxStore& store) { store.acknowledge(inbox_, inbox_epoch_, number); });
}
void Link::release(std::uint64_t number) {
  with_inbox([&](InboxStore& store) { store.release(inbox_, inbox_epoch_, number); });
}
void Link::remember_received(mqtt::PacketId id) {
  with_inbox([&](InboxStore& store) { store.remember_received(inbox_, inbox_epoch_, id); });
}
void Link::forget_received(mqtt::PacketId id) {
  with_inbox([&](InboxStore& store) { store.forget_received(inbox_, inbox_epoch_, id); });
}

void Link::dropped(session::DropCause cause, mqtt::QoS qos) {
  metrics().dropped[static_cast<std::size_t>(cause)].add(shard_.index());
  // QoS 0 may be lost without a word to anybody; the counter tells. Of the others one record a second and
  // client: a client that is too slow loses many.
  if (qos == mqtt::QoS::at_most_once || cause == session::DropCause::expired) return;
  MonoNs& last = rare().drop_logged_ns;
  if (last != 0 && shard_.time().mono_ns - last < ns_per_s) return;
  last = shard_.time().mono_ns;
  static constexpr std::string_view names[] = {"output_full", "queue_full", "too_large", "expired",
                                               "not_authorized"};
  shard_.context().log.write(
      events::session_message_dropped, "a message was not delivered",
      {{"client_id", connection_.client_id()}, {"cause", names[static_cast<std::size_t>(cause)]}});
}

}  // namespace tenon::broker
