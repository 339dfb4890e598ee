#pragma once

#include <optional>

#include "mqtt/encoding/sink.h"
#include "mqtt/packet_properties.h"

// put_properties(sink, properties) writes the property length and the properties, in the order of the
// standard's lists, user properties last. [MQTT-2.2.2-1]: no properties are a length of 0.

namespace tenon::mqtt::encoding {

template <class Sink>
void put_id(Sink& out, PropertyId id) {
  out.byte(static_cast<std::uint8_t>(id));
}

template <class Sink>
void put(Sink& out, PropertyId id, const std::optional<std::uint32_t>& value) {
  if (!value) return;
  put_id(out, id);
  out.four_bytes(*value);
}
template <class Sink>
void put(Sink& out, PropertyId id, const std::optional<std::uint16_t>& value) {
  if (!value) return;
  put_id(out, id);
  out.two_bytes(*value);
}
template <class Sink>
void put(Sink& out, PropertyId id, const std::optional<std::string_view>& value) {
  if (!value) return;
  put_id(out, id);
  out.text(*value);
}
template <class Sink>
void put(Sink& out, PropertyId id, const std::optional<Bytes>& value) {
  if (!value) return;
  put_id(out, id);
  out.binary(*value);
}
// Properties of one byte: bool, QoS, PayloadFormat.
template <class Sink, class Small>
requires(sizeof(Small) == 1) void put(Sink& out, PropertyId id, const std::optional<Small>& value) {
  if (!value) return;
  put_id(out, id);
  out.byte(static_cast<std::uint8_t>(*value));
}
template <class Sink>
void put_subscription_id(Sink& out, std::uint32_t value) {
  put_id(out, PropertyId::subscription_identifier);
  out.varint(value);
}
template <class Sink>
void put_user(Sink& out, const UserProperties& user) {
  if (out.extras().user_properties) out.user(user);
}
template <class Sink>
void put_reason(Sink& out, const std::optional<std::string_view>& reason) {
  if (out.extras().reason_string) put(out, PropertyId::reason_string, reason);
}

template <class Sink>
void put_block(Sink& out, const ConnectProperties& p) {
  put(out, PropertyId::session_expiry_interval, p.session_expiry_s);
  put(out, PropertyId::receive_maximum, p.receive_maximum);
  put(out, PropertyId::maximum_packet_size, p.packet_bytes_max);
  put(out, PropertyId::topic_alias_maximum, p.topic_alias_maximum);
  put(out, PropertyId::request_response_information, p.request_response_information);
  put(out, PropertyId::request_problem_information, p.request_problem_information);
  put(out, PropertyId::authentication_method, p.authentication_method);
  put(out, PropertyId::authentication_data, p.authentication_data);
  out.user(p.user);
}

// Those that a server hands on; user properties last.
template <class Sink>
void put_forwarded(Sink& out, const MessageProperties& p) {
  put(out, PropertyId::payload_format_indicator, p.payload_format);
  put(out, PropertyId::content_type, p.content_type);
  put(out, PropertyId::response_topic, p.response_topic);
  put(out, PropertyId::correlation_data, p.correlation_data);
  out.user(p.user);
}

template <class Sink>
void put_block(Sink& out, const WillProperties& p) {
  put(out, PropertyId::will_delay_interval, p.will_delay_s);
  put(out, PropertyId::message_expiry_interval, p.message_expiry_s);
  put_forwarded(out, p);
}

template <class Sink>
void put_block(Sink& out, const PublishProperties& p) {
  put(out, PropertyId::message_expiry_interval, p.message_expiry_s);
  put(out, PropertyId::topic_alias, p.topic_alias);
  for (const std::uint32_t id : p.subscription_ids) put_subscription_id(out, id);
  put_forwarded(out, p);
}

template <class Sink>
void put_block(Sink& out, const ConnackProperties& p) {
  put(out, PropertyId::session_expiry_interval, p.session_expiry_s);
  put(out, PropertyId::receive_maximum, p.receive_maximum);
  put(out, PropertyId::maximum_qos, p.maximum_qos);
  put(out, PropertyId::retain_available, p.retain_available);
  put(out, PropertyId::maximum_packet_size, p.packet_bytes_max);
  put(out, PropertyId::assigned_client_identifier, p.assigned_client_id);
  put(out, PropertyId::topic_alias_maximum, p.topic_alias_maximum);
  put_reason(out, p.reason_string);
  put(out, PropertyId::wildcard_subscription_available, p.wildcard_subscription_available);
  put(out, PropertyId::subscription_identifier_available, p.subscription_ids_available);
  put(out, PropertyId::shared_subscription_available, p.shared_subscription_available);
  put(out, PropertyId::server_keep_alive, p.server_keep_alive_s);
  put(out, PropertyId::response_information, p.response_information);
  put(out, PropertyId::server_reference, p.server_reference);
  put(out, PropertyId::authentication_method, p.authentication_method);
  put(out, PropertyId::authentication_data, p.authentication_data);
  put_user(out, p.user);
}

template <class Sink>
void put_block(Sink& out, const AckProperties& p) {
  put_reason(out, p.reason_string);
  put_user(out, p.user);
}

template <class Sink>
void put_block(Sink& out, const SubscribeProperties& p) {
  if (p.subscription_id) put_subscription_id(out, *p.subscription_id);
  out.user(p.user);
}

template <class Sink>
void put_block(Sink& out, const UnsubscribeProperties& p) {
  out.user(p.user);
}

template <class Sink>
void put_block(Sink& out, const DisconnectProperties& p) {
  put(out, PropertyId::session_expiry_interval, p.session_expiry_s);
  put_reason(out, p.reason_string);
  put(out, PropertyId::server_reference, p.server_reference);
  put_user(out, p.user);
}

template <class Sink>
void put_block(Sink& out, const AuthProperties& p) {
  put(out, PropertyId::authentication_method, p.authentication_method);
  put(out, PropertyId::authentication_data, p.authentication_data);
  put_reason(out, p.reason_string);
  put_user(out, p.user);
}

template <class Properties>
Counter count_block(const Properties& properties, Extras extras) {
  Counter block(extras);
  put_block(block, properties);
  return block;
}

template <class Properties>
void put_properties(Counter& out, const Properties& properties) {
  const Counter block = count_block(properties, out.extras());
  // Too large a block is refused with the whole packet; varint only needs a value it can hold.
  out.varint(static_cast<std::uint32_t>(block.count() > varint_max ? varint_max : block.count()));
  out.add(block);
}

template <class Properties>
void put_properties(Emitter& out, const Properties& properties) {
  out.varint(static_cast<std::uint32_t>(count_block(properties, out.extras()).count()));
  put_block(out, properties);
}

// False when all that could be written is a property length of 0.
template <class Properties>
bool has_properties(const Properties& properties, Extras extras) {
  return count_block(properties, extras).count() != 0;
}

}  // namespace tenon::mqtt::encoding
