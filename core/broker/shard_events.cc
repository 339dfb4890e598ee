#include <tenon/draft/events.h>

#include "base/text/tenant_topic.h"
#include "broker/shard.h"

// What observers are told of clients that are not there.

namespace tenon::broker {

void Shard::tell_expired(const service::inbox::Owner& owner) {
  if (!events_.wants(EventType::session_ended)) return;
  Event event;
  event.type = EventType::session_ended;
  event.unix_ms = time_.unix_ms;
  event.tenant = owner.tenant;
  event.client_id = owner.client_id;
  event.reason = "expired";
  events_.tell(event);
}

void Shard::tell_will(const InboxOwner& owner, const session::MessageView& will) {
  if (!events_.wants(EventType::message_published)) return;
  const std::string_view topic = topic_in_tenant(will.topic);
  if (!events_.wants_message(topic)) return;
  Event event = event_of_will(EventType::message_published, owner, will);
  event.payload = as_text(will.payload);
  events_.tell(event);
}

void Shard::tell_refused_will(const InboxOwner& owner, const session::MessageView& will,
                              mqtt::ReasonCode code) {
  if (!events_.wants(EventType::message_refused)) return;
  Event event = event_of_will(EventType::message_refused, owner, will);
  event.code = static_cast<std::uint32_t>(code);
  events_.tell(event);
}

Event Shard::event_of_will(EventType type, const InboxOwner& owner, const session::MessageView& will) const {
  Event event;
  event.type = type;
  event.unix_ms = time_.unix_ms;
  event.tenant = owner.tenant;
  event.client_id = owner.client_id;
  event.topic = topic_in_tenant(will.topic);
  event.qos = static_cast<std::uint32_t>(will.qos);
  event.flags = TENON_EVENT_WILL | (will.retain ? TENON_EVENT_RETAIN : 0u);
  return event;
}

}  // namespace tenon::broker
