#include "mqtt/decode.h"
#include "mqtt/decoding/property_reader.h"
#include "mqtt/decoding/reader.h"

namespace tenon::mqtt {
namespace {

using decoding::Reader;

bool read_reason(Reader& in, PacketType type, Sender sender, ReasonCode& out) {
  std::uint8_t code = 0;
  if (!in.byte("reason code", code)) return false;
  out = static_cast<ReasonCode>(code);
  // [MQTT-3.2.2-8] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
  return is_listed(out, type, sender) ? true : in.malformed("reason code", "is not one of this packet");
}

bool read_v3_return_code(Reader& in, ReasonCode& out) {
  std::uint8_t code = 0;
  if (!in.byte("return code", code)) return false;
  const std::optional<ReasonCode> reason = from_v3_connack(code);
  if (reason) out = *reason;
  return reason ? true : in.malformed("return code", "is a reserved one");
}

bool read_acknowledge_flags(Reader& in, Version version, Connack& out) {
  std::uint8_t flags = 0;
  if (!in.byte("acknowledge flags", flags)) return false;
  // 3.1 calls the byte reserved.
  if (version == Version::v3_1) return true;
  out.session_present = (flags & 0x01) != 0;
  // [MQTT-3.2.2-1]
  return (flags & 0xFE) == 0 ? true : in.malformed("acknowledge flags", "have reserved bits set");
}

bool read_connack(Reader& in, Version version, Connack& out) {
  if (!read_acknowledge_flags(in, version, out)) return false;
  if (version == Version::v5) {
    if (!read_reason(in, PacketType::connack, Sender::server, out.reason)) return false;
    if (!decoding::read_properties(in, out.properties)) return false;
  } else if (!read_v3_return_code(in, out.reason)) {
    return false;
  }
  // [MQTT-3.2.2-6] (3.1.1: [MQTT-3.2.2-4])
  if (out.session_present && out.reason != ReasonCode::success)
    return in.fail(ReasonCode::protocol_error, "acknowledge flags", "have session present beside a refusal");
  return in.nothing_left("CONNACK");
}

// Reason code and properties may be left out from the end (MQTT 5.0 §3.14.2.1).
bool read_disconnect(Reader& in, Version version, Sender sender, Disconnect& out) {
  if (version == Version::v5 && !in.at_end()) {
    if (!read_reason(in, PacketType::disconnect, sender, out.reason)) return false;
    if (!in.at_end() && !decoding::read_properties(in, out.properties, sender)) return false;
  }
  return in.nothing_left("DISCONNECT");
}

// Reason code and properties may be left out together, which means success (MQTT 5.0 §3.15.2.1).
bool read_auth(Reader& in, Sender sender, Auth& out) {
  if (in.at_end()) {
    return sender == Sender::server ? true : in.malformed("reason code", "is not one of this packet");
  }
  return read_reason(in, PacketType::auth, sender, out.reason) &&
         decoding::read_properties(in, out.properties) && in.nothing_left("AUTH");
}

}  // namespace

Decoded<Connack> decode_connack(const Frame& frame, Version version) {
  return decoding::run<Connack>(frame.body,
                                [&](Reader& in, Connack& out) { return read_connack(in, version, out); });
}

Decoded<Disconnect> decode_disconnect(const Frame& frame, Version version, Sender sender) {
  return decoding::run<Disconnect>(
      frame.body, [&](Reader& in, Disconnect& out) { return read_disconnect(in, version, sender, out); });
}

Decoded<Auth> decode_auth(const Frame& frame, Sender sender) {
  return decoding::run<Auth>(frame.body, [&](Reader& in, Auth& out) { return read_auth(in, sender, out); });
}

DecodeError decode_ping(const Frame& frame) {
  if (frame.body.empty()) return {};
  return {ReasonCode::malformed_packet, "ping", "has bytes in its body"};
}

}  // namespace tenon::mqtt
