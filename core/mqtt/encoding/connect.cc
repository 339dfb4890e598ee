#include "mqtt/encode.h"
#include "mqtt/encoding/property_writer.h"
#include "mqtt/encoding/sink.h"

namespace tenon::mqtt {
namespace {

using namespace encoding;

std::uint8_t connect_flags(const Connect& packet) {
  unsigned bits = packet.clean_start ? 0x02u : 0u;
  if (packet.will) {
    bits |= 0x04u | static_cast<unsigned>(packet.will->qos) << 3;
    if (packet.will->retain) bits |= 0x20u;
  }
  if (packet.password) bits |= 0x40u;
  if (packet.user_name) bits |= 0x80u;
  return static_cast<std::uint8_t>(bits);
}

// [MQTT-3.1.3-1]: the order of the fields.
template <class Sink>
void put_connect(Sink& out, const Connect& packet) {
  const bool v5 = packet.version == Version::v5;
  out.text(packet.version == Version::v3_1 ? "MQIsdp" : "MQTT");
  out.byte(static_cast<std::uint8_t>(packet.version));
  out.byte(connect_flags(packet));
  out.two_bytes(packet.keep_alive_s);
  if (v5) put_properties(out, packet.properties);
  out.text(packet.client_id);
  if (packet.will) {
    if (v5) put_properties(out, packet.will->properties);
    out.text(packet.will->topic);
    out.binary(packet.will->payload);
  }
  if (packet.user_name) out.text(*packet.user_name);
  if (packet.password) out.binary(*packet.password);
}

template <class Sink>
void put_connack(Sink& out, const Connack& packet, Version version, std::uint8_t code) {
  // [MQTT-3.2.2-6] (3.1.1: [MQTT-3.2.2-4]); 3.1 has a reserved byte there.
  const bool session_present =
      packet.session_present && packet.reason == ReasonCode::success && version != Version::v3_1;
  out.byte(session_present ? 1 : 0);
  out.byte(code);
  if (version == Version::v5) put_properties(out, packet.properties);
}

}  // namespace

EncodeStatus encode_connect(Writer& out, const Connect& packet, const EncodeLimits& limits) {
  // [MQTT-3.1.2-22] of 3.1.1
  if (packet.version != Version::v5 && packet.password && !packet.user_name)
    return EncodeStatus::unrepresentable;
  return write_packet(out, first_byte(PacketType::connect), limits.packet_bytes_max, {},
                      [&](auto& sink) { put_connect(sink, packet); });
}

EncodeStatus encode_connack(Writer& out, const Connack& packet, const EncodeLimits& limits) {
  std::uint8_t code = number(packet.reason);
  if (limits.version != Version::v5) {
    const std::optional<ConnectReturnCode> v3_code = to_v3_connack(packet.reason);
    if (!v3_code) return EncodeStatus::unrepresentable;
    code = static_cast<std::uint8_t>(*v3_code);
  }
  return write_packet_trimmed(out, first_byte(PacketType::connack), limits.packet_bytes_max, {},
                              [&](auto& sink) { put_connack(sink, packet, limits.version, code); });
}

}  // namespace tenon::mqtt
