#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "mqtt/decode_error.h"
#include "mqtt/types.h"

namespace tenon::mqtt {

// The longest packet the protocol can express: five bytes of fixed header and 268,435,455 of body.
constexpr std::uint32_t packet_bytes_limit = 5 + 268'435'455;

// One whole packet: its fixed header taken apart, its body borrowed from the bytes that were given.
struct Frame {
  PacketType type = PacketType::pingreq;
  std::uint8_t flags = 0;         // lower four bits of the first byte
  std::uint8_t header_bytes = 0;  // length of the fixed header, 2..5
  Bytes body;

  std::size_t size_bytes() const { return header_bytes + body.size(); }
};

// What may arrive at this moment of a connection.
struct FrameRules {
  PacketTypeSet types;                                  // all others are refused at their first byte
  std::optional<Version> version;                       // unknown until CONNECT was read
  std::uint32_t packet_bytes_max = packet_bytes_limit;  // whole packet, header included
};

// Only CONNECT: what a server accepts first [MQTT-3.1.0-1].
FrameRules rules_before_connect(std::uint32_t packet_bytes_max);
// Everything `sender` may write in `version` after its CONNECT (client) or CONNACK (server) has passed. A
// second CONNECT is refused here already [MQTT-3.1.0-2].
FrameRules rules_for(Version version, Sender sender, std::uint32_t packet_bytes_max);
// What a client accepts first: CONNACK, and AUTH in 5.0 [MQTT-3.2.0-1].
FrameRules rules_before_connack(Version version, std::uint32_t packet_bytes_max);

enum class FrameStatus : std::uint8_t { need_more, ready, refused };

struct FrameResult {
  FrameStatus status = FrameStatus::need_more;
  Frame frame;                 // when ready
  std::size_t size_bytes = 0;  // of the whole packet; 0 while the fixed header is incomplete
  DecodeError error;           // when refused
};

// Looks for one whole packet at the start of `bytes`.
//
// ready: `frame` borrows from `bytes`; the caller drops frame.size_bytes() bytes and may call again.
// need_more: call again with the same bytes and more behind them.
// refused: the connection cannot go on. Refusals come as early as the bytes that prove them: a forbidden type
// or wrong flags at the first byte, a size above packet_bytes_max or one impossible for the type as soon as
// the length is known; so a caller never has to hold more than packet_bytes_max. Any thread. Never allocates.
FrameResult find_frame(Bytes bytes, const FrameRules& rules);

}  // namespace tenon::mqtt
