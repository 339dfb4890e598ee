#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "load/wire/byte_order.h"
#include "load/wire/packet_type.h"

namespace tenon::load {

// One packet inside a read buffer. Borrows the buffer; valid as long as the buffer is untouched.
struct Frame {
  PacketType type = PacketType::disconnect;
  std::uint8_t flags = 0;
  std::span<const std::uint8_t> body;
  std::size_t size_bytes = 0;  // with the fixed header
};

enum class FrameStatus { complete, partial, malformed };

// Finds the first packet of `bytes`. Only the length field can be malformed here (a fifth length byte,
// MQTT 5.0 §1.5.5); everything inside is the business of the parse functions below.
inline FrameStatus next_frame(std::span<const std::uint8_t> bytes, Frame& frame) {
  std::size_t length = 0;
  std::size_t at = 1;
  for (;; ++at) {
    if (at >= bytes.size()) return at > 4 ? FrameStatus::malformed : FrameStatus::partial;
    if (at > 4) return FrameStatus::malformed;
    const std::uint8_t digit = bytes[at];
    length |= static_cast<std::size_t>(digit & 0x7F) << (7 * (at - 1));
    if ((digit & 0x80) == 0) break;
  }
  const std::size_t header_bytes = at + 1;
  if (bytes.size() - header_bytes < length) return FrameStatus::partial;
  frame.type = static_cast<PacketType>(bytes[0] >> 4);
  frame.flags = bytes[0] & 0x0F;
  frame.body = bytes.subspan(header_bytes, length);
  frame.size_bytes = header_bytes + length;
  return FrameStatus::complete;
}

// Reads a variable byte integer at the start of `bytes`; `ret_size_bytes` tells how long it was. Empty when
// it is cut short or longer than four bytes.
std::optional<std::uint32_t> parse_varint(std::span<const std::uint8_t> bytes, std::size_t& ret_size_bytes);

// An incoming PUBLISH. Borrows the frame.
struct PublishView {
  Qos qos = Qos::at_most_once;
  bool dup = false;
  bool retain = false;
  std::uint16_t packet_id = 0;  // 0 for QoS 0
  std::span<const std::uint8_t> topic;
  std::span<const std::uint8_t> payload;
};

// False when the packet is malformed: lengths that do not add up, QoS 3 [MQTT-3.3.1-4], packet id 0
// [MQTT-2.2.1-3].
inline bool parse_publish(const Frame& frame, Version version, PublishView& view) {
  const unsigned qos = (frame.flags >> 1) & 3U;
  if (qos == 3 || frame.body.size() < 2) return false;
  const std::size_t topic_bytes = get_u16(frame.body.data());
  std::size_t at = 2 + topic_bytes;
  if (at + (qos != 0 ? 2 : 0) > frame.body.size()) return false;
  view.topic = frame.body.subspan(2, topic_bytes);
  view.qos = static_cast<Qos>(qos);
  view.dup = (frame.flags & 8) != 0;
  view.retain = (frame.flags & 1) != 0;
  view.packet_id = 0;
  if (qos != 0) {
    view.packet_id = get_u16(frame.body.data() + at);
    if (view.packet_id == 0) return false;
    at += 2;
  }
  if (version == Version::v5) {
    std::size_t size_bytes = 0;
    const auto properties_bytes = parse_varint(frame.body.subspan(at), size_bytes);
    if (!properties_bytes) return false;
    at += size_bytes + *properties_bytes;
    if (at > frame.body.size()) return false;
  }
  view.payload = frame.body.subspan(at);
  return true;
}

// PUBACK, PUBREC, PUBREL or PUBCOMP. A reason of 0x80 or more refuses (5.0 only; 0 in 3.1.1).
struct AckView {
  std::uint16_t packet_id = 0;
  std::uint8_t reason = 0;
};
inline bool parse_ack(const Frame& frame, AckView& view) {
  if (frame.body.size() < 2) return false;
  view.packet_id = get_u16(frame.body.data());
  view.reason = frame.body.size() > 2 ? frame.body[2] : std::uint8_t{0};
  return view.packet_id != 0;
}

struct ConnackView {
  bool session_present = false;
  std::uint8_t code = 0;                  // return code (3.1.1) or reason code (5.0); 0: accepted
  std::uint16_t receive_maximum = 65535;  // how many unacknowledged publishes the broker takes
};
std::optional<ConnackView> parse_connack(const Frame& frame, Version version);

// One code per filter, in the order of the SUBSCRIBE; 0x80 or more refuses.
struct SubackView {
  std::uint16_t packet_id = 0;
  std::span<const std::uint8_t> codes;
};
std::optional<SubackView> parse_suback(const Frame& frame, Version version);

}  // namespace tenon::load
