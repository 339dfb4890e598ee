#include <cstring>

#include "mqtt/encode.h"
#include "mqtt/encoding/property_writer.h"
#include "mqtt/encoding/sink.h"

namespace tenon::mqtt {
namespace {

using namespace encoding;

std::uint8_t publish_flags(bool dup, QoS qos, bool retain) {
  const unsigned bits = (dup ? 0x08u : 0u) | static_cast<unsigned>(qos) << 1 | (retain ? 0x01u : 0u);
  return static_cast<std::uint8_t>(bits);
}

template <class Sink>
void put_publish(Sink& out, const Publish& packet, Version version) {
  out.text(packet.topic);
  if (packet.qos != QoS::at_most_once) out.two_bytes(number(packet.packet_id));
  if (version == Version::v5) put_properties(out, packet.properties);
  out.raw(packet.payload);
}

template <class Sink>
void put_ack(Sink& out, const Ack& packet, Version version) {
  out.two_bytes(number(packet.packet_id));
  if (version != Version::v5) return;
  // MQTT 5.0 §3.4.2.1 and §3.4.2.2.1: what says nothing is left out.
  const bool properties = has_properties(packet.properties, out.extras());
  if (packet.reason == ReasonCode::success && !properties) return;
  out.byte(number(packet.reason));
  if (properties) put_properties(out, packet.properties);
}

// Sizes of a property on the wire, its id included.
constexpr std::uint32_t expiry_bytes = 5;
constexpr std::uint32_t alias_bytes = 3;

std::size_t property_bytes(const PublishFields& fields) {
  std::size_t count = fields.forwarded.size();
  if (fields.message_expiry_s) count += expiry_bytes;
  if (fields.topic_alias != 0) count += alias_bytes;
  for (const std::uint32_t id : fields.subscription_ids) count += 1 + varint_bytes(id);
  return count;
}

void put_fast_properties(Emitter& out, const PublishFields& fields, std::uint32_t length) {
  out.varint(length);
  // What may be patched comes first, so that its place is easy to tell.
  put(out, PropertyId::message_expiry_interval, fields.message_expiry_s);
  if (fields.topic_alias != 0) {
    put_id(out, PropertyId::topic_alias);
    out.two_bytes(fields.topic_alias);
  }
  for (const std::uint32_t id : fields.subscription_ids) put_subscription_id(out, id);
  out.raw(fields.forwarded);
}

}  // namespace

void lay_out(const PublishFields& fields, PublishLayout& ret_layout) {
  PublishLayout& layout = ret_layout = {};
  if (fields.topic.size() > string_bytes_max) return;
  const std::size_t id_bytes = fields.qos != QoS::at_most_once ? 2 : 0;
  std::size_t variable_header = 2 + fields.topic.size() + id_bytes;
  if (fields.version == Version::v5) {
    const std::size_t properties = property_bytes(fields);
    if (properties > varint_max) return;
    layout.property_length = static_cast<std::uint32_t>(properties);
    variable_header += varint_bytes(layout.property_length) + properties;
  }
  const std::size_t length = variable_header + fields.payload_bytes;
  if (length > varint_max) return;
  layout.remaining_length = static_cast<std::uint32_t>(length);
  const std::uint32_t fixed_header = 1 + varint_bytes(layout.remaining_length);
  layout.head_bytes = fixed_header + static_cast<std::uint32_t>(variable_header);
  layout.packet_bytes = fixed_header + layout.remaining_length;
  const std::uint32_t behind_topic = fixed_header + 2 + static_cast<std::uint32_t>(fields.topic.size());
  if (id_bytes != 0) layout.packet_id_offset = behind_topic;
  if (fields.version != Version::v5) return;
  std::uint32_t next =
      behind_topic + static_cast<std::uint32_t>(id_bytes) + varint_bytes(layout.property_length);
  if (fields.message_expiry_s) {
    layout.expiry_offset = next + 1;
    next += expiry_bytes;
  }
  if (fields.topic_alias != 0) layout.alias_offset = next + 1;
}

PublishLayout lay_out(const PublishFields& fields) {
  PublishLayout layout;
  lay_out(fields, layout);
  return layout;
}

void write_head(const PublishFields& fields, const PublishLayout& layout, std::uint8_t* out) {
  Emitter emitter(out, {});
  emitter.byte(first_byte(PacketType::publish, publish_flags(fields.dup, fields.qos, fields.retain)));
  emitter.varint(layout.remaining_length);
  emitter.text(fields.topic);
  if (fields.qos != QoS::at_most_once) emitter.two_bytes(number(fields.packet_id));
  if (fields.version == Version::v5) put_fast_properties(emitter, fields, layout.property_length);
  TENON_DCHECK(emitter.position() == out + layout.head_bytes);
}

EncodeStatus encode_publish(Writer& out, const PublishFields& fields, Bytes payload,
                            std::uint32_t packet_bytes_max) {
  TENON_DCHECK(fields.payload_bytes == payload.size());
  const PublishLayout layout = lay_out(fields);
  if (!layout.fits()) return EncodeStatus::unrepresentable;
  if (layout.packet_bytes > packet_bytes_max) return EncodeStatus::too_large;
  std::uint8_t* const start = out.extend(layout.packet_bytes);
  if (!start) return EncodeStatus::no_space;
  write_head(fields, layout, start);
  if (!payload.empty()) std::memcpy(start + layout.head_bytes, payload.data(), payload.size());
  return EncodeStatus::ok;
}

EncodeStatus encode_publish(Writer& out, const Publish& packet, const EncodeLimits& limits) {
  const std::uint8_t flags = publish_flags(packet.dup, packet.qos, packet.retain);
  return write_packet(out, first_byte(PacketType::publish, flags), limits.packet_bytes_max, {},
                      [&](auto& sink) { put_publish(sink, packet, limits.version); });
}

EncodeStatus encode_ack(Writer& out, const Ack& packet, const EncodeLimits& limits) {
  // [MQTT-3.6.1-1]
  const std::uint8_t flags = packet.type == PacketType::pubrel ? 0x02 : 0x00;
  // [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2]
  // [MQTT-3.7.2-3]
  return write_packet_trimmed(out, first_byte(packet.type, flags), limits.packet_bytes_max,
                              extras_for(limits), [&](auto& sink) { put_ack(sink, packet, limits.version); });
}

}  // namespace tenon::mqtt
