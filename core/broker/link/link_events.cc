#include <tenon/draft/events.h>

#include "broker/link/link.h"
#include "broker/link/link_jobs.h"

// What observers are told of a link.

namespace tenon::broker {

using mqtt::ReasonCode;

namespace {

// The opposite of filter_with_prefix().
std::string without_prefix(std::string_view prefix, std::string filter) {
  const std::size_t at = prefix.empty() ? std::string::npos : filter.find(prefix);
  if (at != std::string::npos) filter.erase(at, prefix.size());
  return filter;
}

}  // namespace

Event Link::event_of(EventType type, const std::string& peer) const {
  Event event;
  event.type = type;
  event.unix_ms = shard_.time().unix_ms;
  event.tenant = tenant_->name();
  event.client_id = connection_.client_id();
  event.user = connection_.username();
  event.peer = peer;
  event.listener = settings_.name;
  event.version = static_cast<std::uint32_t>(connection_.version());
  return event;
}

void Link::tell_connected(bool present) {
  is_told_of_ = true;
  if (!shard_.events().wants(EventType::client_connected)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::client_connected, peer);
  if (present) event.flags = TENON_EVENT_PRESENT;
  shard_.events().tell(event);
}

void Link::tell_closed(std::string_view reason) {
  if (!std::exchange(is_told_of_, false)) return;
  if (!shard_.events().wants(EventType::client_disconnected)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::client_disconnected, peer);
  event.reason = reason;
  event.code = static_cast<std::uint32_t>(connection_.close_code());
  shard_.events().tell(event);
}

// Before the login `client_id` and `user` are not the connection's yet.
void Link::tell_refused(std::string_view client_id, std::string_view user, ReasonCode code,
                        std::string_view reason, std::string_view tenant) {
  if (!shard_.events().wants(EventType::client_refused)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::client_refused, peer);
  if (!tenant.empty()) event.tenant = tenant;
  event.client_id = client_id;
  event.user = user;
  event.code = static_cast<std::uint32_t>(code);
  event.reason = reason;
  shard_.events().tell(event);
}

void Link::tell_banned(std::string_view client_id) {
  if (!shard_.events().wants(EventType::client_banned)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::client_banned, peer);
  event.client_id = client_id;
  shard_.events().tell(event);
}

void Link::tell_subscriptions(const SubscriptionJob& job) {
  const EventType type = job.subscribes ? EventType::subscribed : EventType::unsubscribed;
  if (!shard_.events().wants(type)) return;
  const std::string peer = peer_text();
  for (const auto& filter : job.filters) {
    const std::string as_written = without_prefix(tenant_->prefix(), filter.text);
    Event event = event_of(type, peer);
    event.topic = as_written;
    event.qos = static_cast<std::uint32_t>(filter.options.qos);
    event.code = static_cast<std::uint32_t>(filter.code);
    shard_.events().tell(event);
  }
}

void Link::tell_message(const session::MessageView& message) {
  if (!shard_.events().wants_message(message.topic)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::message_published, peer);
  event.topic = message.topic;
  event.payload = as_text(message.payload);
  event.qos = static_cast<std::uint32_t>(message.qos);
  if (message.retain) event.flags = TENON_EVENT_RETAIN;
  shard_.events().tell(event);
}

void Link::tell_refused_message(const session::MessageView& message, std::uint32_t flags, ReasonCode code) {
  if (!shard_.events().wants(EventType::message_refused)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::message_refused, peer);
  event.topic = message.topic;
  event.qos = static_cast<std::uint32_t>(message.qos);
  event.flags = flags | (message.retain ? TENON_EVENT_RETAIN : 0u);
  event.code = static_cast<std::uint32_t>(code);
  shard_.events().tell(event);
}

void Link::tell_session_ended(std::string_view reason) {
  if (!shard_.events().wants(EventType::session_ended)) return;
  const std::string peer = peer_text();
  Event event = event_of(EventType::session_ended, peer);
  event.reason = reason;
  shard_.events().tell(event);
}

}  // namespace tenon::broker
