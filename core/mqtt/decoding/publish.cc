#include "mqtt/decode.h"
#include "mqtt/decoding/property_reader.h"
#include "mqtt/decoding/reader.h"

namespace tenon::mqtt {
namespace {

using decoding::Reader;

// [MQTT-4.7.3-1]; 5.0 lets the alias stand for the name (§3.3.2.3.4).
bool check_topic_present(Reader& in, Version version, const Publish& packet) {
  if (!packet.topic.empty()) [[likely]]
    return true;
  if (version != Version::v5) return in.fail(ReasonCode::topic_name_invalid, "topic name", "is empty");
  if (packet.properties.topic_alias) return true;
  return in.fail(ReasonCode::protocol_error, "topic name", "is empty and there is no topic alias");
}

// [MQTT-2.2.1-2] (3.1.1: [MQTT-2.3.1-5]): QoS 0 has no packet id.
bool read_publish(Reader& in, Version version, Sender sender, Publish& out) {
  if (!in.name("topic name", out.topic)) return false;
  if (out.qos != QoS::at_most_once && !in.packet_id(out.packet_id)) return false;
  if (version == Version::v5 && !decoding::read_properties(in, out.properties, sender)) return false;
  out.payload = in.rest();
  return check_topic_present(in, version, out);
}

// Reason code and properties may be left out from the end (MQTT 5.0 §3.4.2.1).
bool read_ack(Reader& in, Version version, Ack& out) {
  if (!in.packet_id(out.packet_id)) return false;
  if (version == Version::v5 && !in.at_end()) {
    std::uint8_t code = 0;
    if (!in.byte("reason code", code)) return false;
    out.reason = static_cast<ReasonCode>(code);
    // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]: both ends may send the same codes.
    if (!is_listed(out.reason, out.type, Sender::client))
      return in.malformed("reason code", "is not one of this packet");
    if (!in.at_end() && !decoding::read_properties(in, out.properties)) return false;
  }
  return in.nothing_left("acknowledgement");
}

}  // namespace

Decoded<Publish> decode_publish(const Frame& frame, Version version, Sender sender) {
  Decoded<Publish> result;
  Publish& packet = result.draft();
  packet.dup = (frame.flags & 0x08) != 0;
  packet.qos = static_cast<QoS>((frame.flags >> 1) & 0x03);
  packet.retain = (frame.flags & 0x01) != 0;
  Reader in(frame.body);
  if (!read_publish(in, version, sender, packet)) [[unlikely]]
    result.fail(in.error());
  return result;
}

Decoded<Ack> decode_ack(const Frame& frame, Version version) {
  return decoding::run<Ack>(frame.body, [&](Reader& in, Ack& out) {
    out.type = frame.type;
    return read_ack(in, version, out);
  });
}

}  // namespace tenon::mqtt
