#include "mqtt/frame.h"

#include "base/bytes.h"

namespace tenon::mqtt {
namespace {

constexpr std::uint8_t dup_flag = 0x08;
constexpr std::uint8_t qos_flags = 0x06;
constexpr std::uint8_t qos_1_flags = 0x02;

bool is(const std::optional<Version>& version, Version wanted) {
  return version == wanted;
}
bool is_v3(const std::optional<Version>& version) {
  return version && *version != Version::v5;
}

FrameResult refuse(ReasonCode code, const char* field, const char* reason) {
  FrameResult result;
  result.status = FrameStatus::refused;
  result.error = {code, field, reason};
  return result;
}

DecodeError refused_type(std::uint8_t type) {
  if (type == 0) return {ReasonCode::malformed_packet, "packet type", "is 0, which is forbidden"};
  return {ReasonCode::protocol_error, "packet type", "is not allowed here"};
}

// The flags of PUBLISH mean something (MQTT 5.0 §3.3.1).
const char* publish_flags_fault(std::uint8_t flags, const std::optional<Version>& version) {
  const std::uint8_t qos = flags & qos_flags;
  if (qos == qos_flags) return "have QoS 3";  // [MQTT-3.3.1-4]
  // [MQTT-3.3.1-2]; 3.1 has no such rule.
  if (qos == 0 && (flags & dup_flag) && !is(version, Version::v3_1)) return "have DUP with QoS 0";
  return nullptr;
}

bool is_sent_with_qos_1(PacketType type) {
  return type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
}

// Null when the flags are legal. [MQTT-2.2.2-1] (5.0: [MQTT-2.1.3-1])
const char* flags_fault(PacketType type, std::uint8_t flags, const std::optional<Version>& version) {
  if (type == PacketType::publish) return publish_flags_fault(flags, version);
  // 3.1 gives PUBREL, SUBSCRIBE and UNSUBSCRIBE a real QoS of 1 and a DUP bit, and calls all other bits
  // unused.
  if (is(version, Version::v3_1)) {
    return is_sent_with_qos_1(type) && (flags & qos_flags) != qos_1_flags ? "have a QoS other than 1"
                                                                          : nullptr;
  }
  // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1]
  const std::uint8_t required = is_sent_with_qos_1(type) ? qos_1_flags : 0;
  return flags == required ? nullptr : "have the wrong reserved bits";
}

// The longest body that the type can have in this version.
std::uint32_t body_bytes_max(PacketType type, const std::optional<Version>& version) {
  switch (type) {
    case PacketType::pingreq:
    case PacketType::pingresp:
      return 0;
    case PacketType::disconnect:
      return is_v3(version) ? 0 : packet_bytes_limit;
    case PacketType::connack:
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::unsuback:
      return is_v3(version) ? 2 : packet_bytes_limit;
    default:
      return packet_bytes_limit;
  }
}

// The length field behind the first byte (MQTT 5.0 §1.5.5). `bytes` counts its own bytes, 0 while it is
// incomplete.
struct Length {
  std::uint32_t value = 0;
  std::uint8_t bytes = 0;
  const char* fault = nullptr;
};

Length read_length(Bytes bytes, const std::optional<Version>& version) {
  Length length;
  const std::size_t present = bytes.size() - 1;
  for (std::uint8_t i = 0; i < 4; ++i) {
    if (i == present) return length;
    const std::uint8_t byte = bytes[i + 1u];
    length.value |= static_cast<std::uint32_t>(byte & 0x7F) << (7 * i);
    if (byte & 0x80) continue;
    length.bytes = static_cast<std::uint8_t>(i + 1);
    // [MQTT-1.5.5-1]; 3.x does not ask for the shortest form.
    if (byte == 0 && i > 0 && is(version, Version::v5)) length.fault = "is not in its shortest form";
    return length;
  }
  length.fault = "has more than four bytes";
  return length;
}

}  // namespace

FrameRules rules_before_connect(std::uint32_t packet_bytes_max) {
  return {
      .types = PacketTypeSet::of(PacketType::connect), .version = {}, .packet_bytes_max = packet_bytes_max};
}

FrameRules rules_before_connack(Version version, std::uint32_t packet_bytes_max) {
  using enum PacketType;
  return {.types = version == Version::v5 ? PacketTypeSet::of(connack, auth) : PacketTypeSet::of(connack),
          .version = version,
          .packet_bytes_max = packet_bytes_max};
}

FrameRules rules_for(Version version, Sender sender, std::uint32_t packet_bytes_max) {
  using enum PacketType;
  PacketTypeSet types = PacketTypeSet::of(publish, puback, pubrec, pubrel, pubcomp);
  if (sender == Sender::client)
    types |= PacketTypeSet::of(subscribe, unsubscribe, pingreq, disconnect);
  else
    types |= PacketTypeSet::of(suback, unsuback, pingresp);
  if (version == Version::v5) types |= PacketTypeSet::of(disconnect, auth);
  return {.types = types, .version = version, .packet_bytes_max = packet_bytes_max};
}

// What is refused is unlikely, here and in decoding/: that takes 5 % off finding and reading a PUBLISH, 9 %
// off one with properties (build/tests/bench/codec_bench, docs/internals/tricks.md). Requires that no
// client's ordinary packets take such a branch.
FrameResult find_frame(Bytes bytes, const FrameRules& rules) {
  FrameResult result;
  if (bytes.empty()) return result;
  const auto type = static_cast<PacketType>(bytes[0] >> 4);
  const auto flags = static_cast<std::uint8_t>(bytes[0] & 0x0F);
  if (!rules.types.has(type)) [[unlikely]] {
    const DecodeError error = refused_type(bytes[0] >> 4);
    return refuse(error.code, error.field, error.reason);
  }
  if (const char* fault = flags_fault(type, flags, rules.version)) [[unlikely]]
    return refuse(ReasonCode::malformed_packet, "fixed header flags", fault);

  const Length length = read_length(bytes, rules.version);
  if (length.fault) [[unlikely]]
    return refuse(ReasonCode::malformed_packet, "remaining length", length.fault);
  if (length.bytes == 0) return result;
  const std::size_t header_bytes = 1u + length.bytes;
  const std::size_t size_bytes = header_bytes + length.value;
  if (size_bytes > rules.packet_bytes_max) [[unlikely]]
    return refuse(ReasonCode::packet_too_large, "packet", "is larger than allowed here");
  if (length.value > body_bytes_max(type, rules.version)) [[unlikely]]
    return refuse(ReasonCode::malformed_packet, "packet", "has more bytes than its type can have");

  result.size_bytes = size_bytes;
  if (bytes.size() < size_bytes) return result;
  result.status = FrameStatus::ready;
  result.frame = {.type = type,
                  .flags = flags,
                  .header_bytes = static_cast<std::uint8_t>(header_bytes),
                  .body = bytes.subspan(header_bytes, length.value)};
  return result;
}

}  // namespace tenon::mqtt
