#include "mqtt/encode.h"
#include "mqtt/encoding/property_writer.h"
#include "mqtt/encoding/sink.h"

namespace tenon::mqtt {
namespace {

using namespace encoding;

template <class Sink>
void put_disconnect(Sink& out, const Disconnect& packet, Version version) {
  if (version != Version::v5) return;
  // MQTT 5.0 §3.14.2.1 and §3.14.2.2.1: what says nothing is left out.
  const bool properties = has_properties(packet.properties, out.extras());
  if (packet.reason == ReasonCode::success && !properties) return;
  out.byte(number(packet.reason));
  if (properties) put_properties(out, packet.properties);
}

template <class Sink>
void put_auth(Sink& out, const Auth& packet) {
  // MQTT 5.0 §3.15.2.1
  if (packet.reason == ReasonCode::success && !has_properties(packet.properties, out.extras())) return;
  out.byte(number(packet.reason));
  put_properties(out, packet.properties);
}

EncodeStatus write_ping(Writer& out, PacketType type) {
  return write_packet(out, first_byte(type), packet_bytes_limit, {}, [](auto&) {});
}

// Writes what `put_one(sink)` puts, outside of a packet.
template <class PutOne>
EncodeStatus append(Writer& out, PutOne put_one) {
  Counter counter({});
  put_one(counter);
  if (!counter.fits()) return EncodeStatus::unrepresentable;
  std::uint8_t* const start = out.extend(counter.count());
  if (!start && counter.count() != 0) return EncodeStatus::no_space;
  Emitter emitter(start, {});
  put_one(emitter);
  return EncodeStatus::ok;
}

}  // namespace

// [MQTT-3.14.2-3] [MQTT-3.14.2-4]
EncodeStatus encode_disconnect(Writer& out, const Disconnect& packet, const EncodeLimits& limits) {
  return write_packet_trimmed(out, first_byte(PacketType::disconnect), limits.packet_bytes_max, {},
                              [&](auto& sink) { put_disconnect(sink, packet, limits.version); });
}

// [MQTT-3.15.2-2] [MQTT-3.15.2-3]
EncodeStatus encode_auth(Writer& out, const Auth& packet, const EncodeLimits& limits) {
  if (limits.version != Version::v5) return EncodeStatus::unrepresentable;
  return write_packet_trimmed(out, first_byte(PacketType::auth), limits.packet_bytes_max, extras_for(limits),
                              [&](auto& sink) { put_auth(sink, packet); });
}

EncodeStatus encode_pingreq(Writer& out) {
  return write_ping(out, PacketType::pingreq);
}
EncodeStatus encode_pingresp(Writer& out) {
  return write_ping(out, PacketType::pingresp);
}

EncodeStatus append_user_property(Writer& out, std::string_view name, std::string_view value) {
  return append(out, [&](auto& sink) {
    put_id(sink, PropertyId::user_property);
    sink.text(name);
    sink.text(value);
  });
}

EncodeStatus append_forwarded(Writer& out, const MessageProperties& properties) {
  return append(out, [&](auto& sink) { put_forwarded(sink, properties); });
}

}  // namespace tenon::mqtt
