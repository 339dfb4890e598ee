#include "mqtt/encode.h"
#include "mqtt/encoding/property_writer.h"
#include "mqtt/encoding/sink.h"

namespace tenon::mqtt {
namespace {

using namespace encoding;

// [MQTT-3.8.1-1] [MQTT-3.10.1-1]
constexpr std::uint8_t request_flags = 0x02;

std::uint8_t options_of(const Subscription& subscription, Version version) {
  unsigned bits = static_cast<unsigned>(subscription.qos);
  if (version == Version::v5) {
    if (subscription.no_local) bits |= 0x04u;
    if (subscription.retain_as_published) bits |= 0x08u;
    bits |= static_cast<unsigned>(subscription.retain_handling) << 4;
  }
  return static_cast<std::uint8_t>(bits);
}

template <class Sink, class Properties>
void put_start(Sink& out, PacketId packet_id, const Properties& properties, Version version) {
  out.two_bytes(number(packet_id));
  if (version == Version::v5) put_properties(out, properties);
}

}  // namespace

EncodeStatus encode_subscribe(Writer& out, PacketId packet_id, const SubscribeProperties& properties,
                              std::span<const Subscription> subscriptions, const EncodeLimits& limits) {
  const auto body = [&](auto& sink) {
    put_start(sink, packet_id, properties, limits.version);
    for (const Subscription& subscription : subscriptions) {
      sink.text(subscription.filter);
      sink.byte(options_of(subscription, limits.version));
    }
  };
  return write_packet(out, first_byte(PacketType::subscribe, request_flags), limits.packet_bytes_max, {},
                      body);
}

EncodeStatus encode_unsubscribe(Writer& out, PacketId packet_id, const UnsubscribeProperties& properties,
                                std::span<const std::string_view> filters, const EncodeLimits& limits) {
  const auto body = [&](auto& sink) {
    put_start(sink, packet_id, properties, limits.version);
    for (const std::string_view filter : filters) sink.text(filter);
  };
  return write_packet(out, first_byte(PacketType::unsubscribe, request_flags), limits.packet_bytes_max, {},
                      body);
}

// [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.9.3-1]
EncodeStatus encode_suback(Writer& out, PacketId packet_id, const AckProperties& properties,
                           std::span<const ReasonCode> codes, const EncodeLimits& limits) {
  const auto body = [&](auto& sink) {
    put_start(sink, packet_id, properties, limits.version);
    for (const ReasonCode code : codes)
      sink.byte(limits.version == Version::v5 ? number(code) : to_v3_suback(code));
  };
  return write_packet_trimmed(out, first_byte(PacketType::suback), limits.packet_bytes_max,
                              extras_for(limits), body);
}

// [MQTT-3.11.2-1] [MQTT-3.11.2-2] [MQTT-3.11.3-1]
EncodeStatus encode_unsuback(Writer& out, PacketId packet_id, const AckProperties& properties,
                             std::span<const ReasonCode> codes, const EncodeLimits& limits) {
  const auto body = [&](auto& sink) {
    put_start(sink, packet_id, properties, limits.version);
    if (limits.version != Version::v5) return;
    for (const ReasonCode code : codes) sink.byte(number(code));
  };
  return write_packet_trimmed(out, first_byte(PacketType::unsuback), limits.packet_bytes_max,
                              extras_for(limits), body);
}

}  // namespace tenon::mqtt
