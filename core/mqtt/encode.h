#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "mqtt/frame.h"
#include "mqtt/packets.h"
#include "mqtt/publish_head.h"
#include "mqtt/writer.h"

// One function per packet: values to bytes, appended to a Writer in one exact-sized piece.
//
// REQUIRES: strings are well-formed UTF-8, topics and filters legal, codes listed for the packet: encoding
// does not check what decoding would. All functions may run on any thread; none allocates except through the
// writer.

namespace tenon::mqtt {

// Whether reason strings and user properties may go into packets other than PUBLISH, CONNACK and DISCONNECT
// [MQTT-3.1.2-29].
enum class ProblemInformation : std::uint8_t { send, omit };

// What the receiver can take.
struct EncodeLimits {
  Version version = Version::v5;
  std::uint32_t packet_bytes_max = packet_bytes_limit;
  ProblemInformation problem_information = ProblemInformation::send;
};

enum class EncodeStatus : std::uint8_t {
  ok,
  too_large,        // above packet_bytes_max even without what may be left out; nothing was written
  unrepresentable,  // the version has no form for it, or a string is above 65535 bytes; nothing was written
  no_space,         // the writer's owner refused to grow; nothing was written
};

// Where a packet would exceed packet_bytes_max, user properties are left out first, then the reason string:
// [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.4.2-3] and their like for the other
// acknowledgements, DISCONNECT and AUTH.
EncodeStatus encode_connect(Writer& out, const Connect& packet, const EncodeLimits& limits);
// unrepresentable in 3.x when to_v3_connack has no code: close without a CONNACK.
EncodeStatus encode_connack(Writer& out, const Connack& packet, const EncodeLimits& limits);
EncodeStatus encode_publish(Writer& out, const Publish& packet, const EncodeLimits& limits);
// The fast path: head and payload. too_large, unrepresentable, no_space as above.
// REQUIRES: fields.payload_bytes == payload.size() and fields.version is the receiver's.
EncodeStatus encode_publish(Writer& out, const PublishFields& fields, Bytes payload,
                            std::uint32_t packet_bytes_max = packet_bytes_limit);
EncodeStatus encode_ack(Writer& out, const Ack& packet, const EncodeLimits& limits);
EncodeStatus encode_subscribe(Writer& out, PacketId packet_id, const SubscribeProperties& properties,
                              std::span<const Subscription> subscriptions, const EncodeLimits& limits);
EncodeStatus encode_suback(Writer& out, PacketId packet_id, const AckProperties& properties,
                           std::span<const ReasonCode> codes, const EncodeLimits& limits);
EncodeStatus encode_unsubscribe(Writer& out, PacketId packet_id, const UnsubscribeProperties& properties,
                                std::span<const std::string_view> filters, const EncodeLimits& limits);
// 3.x ignores `codes`.
EncodeStatus encode_unsuback(Writer& out, PacketId packet_id, const AckProperties& properties,
                             std::span<const ReasonCode> codes, const EncodeLimits& limits);
// A 3.x DISCONNECT has no reason; a server of 3.x sends none at all.
EncodeStatus encode_disconnect(Writer& out, const Disconnect& packet, const EncodeLimits& limits);
// unrepresentable in 3.x.
EncodeStatus encode_auth(Writer& out, const Auth& packet, const EncodeLimits& limits);
EncodeStatus encode_pingreq(Writer& out);
EncodeStatus encode_pingresp(Writer& out);

// Appends one user property in its encoded form; the bytes of many of them make a UserProperties.
EncodeStatus append_user_property(Writer& out, std::string_view name, std::string_view value);

// Appends what a server hands on of `properties`, in the order of the standard's list: for messages that do
// not come from a client's PUBLISH. Ignores properties.forwarded. The bytes are what PublishFields::forwarded
// takes.
EncodeStatus append_forwarded(Writer& out, const MessageProperties& properties);

}  // namespace tenon::mqtt
