#include "broker/intercept/changed_message.h"

#include "base/text/utf8.h"
#include "mqtt/encode.h"

namespace tenon::broker {

using mqtt::PropertyId;
using mqtt::ReasonCode;

namespace {

// Of a property whose value is a length of two bytes and so many more.
std::optional<Bytes> long_property(Bytes forwarded, PropertyId id) {
  const mqtt::PropertyCursor cursor(forwarded, id);
  if (cursor.at_end()) return std::nullopt;
  return Bytes(cursor.value() + 2, load_be16(cursor.value()));
}

std::optional<std::string_view> text_property(Bytes forwarded, PropertyId id) {
  const auto value = long_property(forwarded, id);
  return value ? std::optional(as_text(*value)) : std::nullopt;
}

std::optional<mqtt::PayloadFormat> payload_format(Bytes forwarded) {
  const mqtt::PropertyCursor format(forwarded, PropertyId::payload_format_indicator);
  if (format.at_end()) return std::nullopt;
  return static_cast<mqtt::PayloadFormat>(*format.value());
}

// The properties of the message with other user properties. False: they can't be expressed.
bool write_properties(Bytes before, const host::UserPropertyList& user, mqtt::ByteBuffer& ret_bytes) {
  mqtt::ByteBuffer pairs;
  for (const auto& [name, value] : user)
    if (mqtt::append_user_property(pairs.writer(), name, value) != mqtt::EncodeStatus::ok) return false;
  mqtt::MessageProperties properties;
  properties.payload_format = payload_format(before);
  properties.content_type = text_property(before, PropertyId::content_type);
  properties.response_topic = text_property(before, PropertyId::response_topic);
  properties.correlation_data = long_property(before, PropertyId::correlation_data);
  if (!user.empty()) properties.user = mqtt::UserProperties(pairs.bytes());
  return mqtt::append_forwarded(ret_bytes.writer(), properties) == mqtt::EncodeStatus::ok;
}

}  // namespace

host::InterceptedMessage shown_message(const session::MessageView& message, std::string_view topic) {
  host::InterceptedMessage shown;
  shown.flags = message.retain ? TENON_INTERCEPT_RETAIN : 0u;
  shown.qos = static_cast<std::uint32_t>(message.qos);
  shown.topic = topic;
  shown.payload = message.payload;
  for (const mqtt::UserProperty pair : mqtt::UserProperties(message.forwarded, message.forwarded.size()))
    shown.user_properties.emplace_back(pair.name, pair.value);
  return shown;
}

ChangedMessage::ChangedMessage(const session::MessageView& message, const host::MessageChange& change,
                               std::string_view prefix)
    : change_(change), view_(message) {
  if (change.topic) {
    topic_.append(prefix).append(*change.topic);
    view_.topic = topic_;
  }
  if (change.payload) view_.payload = as_bytes(*change.payload);
  if (change.user_properties) {
    is_expressible_ = write_properties(message.forwarded, *change.user_properties, forwarded_);
    view_.forwarded = forwarded_.bytes();
  }
}

ReasonCode ChangedMessage::fault(const MessageLimits& limits) const {
  if (change_.is_none()) return ReasonCode::success;
  if (change_.topic && !limits.takes_topic(*change_.topic)) return ReasonCode::topic_name_invalid;
  if (change_.user_properties && change_.user_properties->size() > limits.user_properties_max)
    return ReasonCode::quota_exceeded;
  const std::uint64_t bytes = view_.content_bytes();
  if (!is_expressible_ || bytes > limits.packet_bytes_max) return ReasonCode::quota_exceeded;
  if (change_.payload && payload_format(view_.forwarded) == mqtt::PayloadFormat::text &&
      !is_utf8(as_text(view_.payload)))
    return ReasonCode::payload_format_invalid;
  return ReasonCode::success;
}

}  // namespace tenon::broker
