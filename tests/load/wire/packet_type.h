#pragma once

#include <cstdint>

namespace tenon::load {

// Control packet types, MQTT 5.0 §2.1.2. The value is the high half of a packet's first byte.
enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

// The protocol level byte of CONNECT.
enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// The first byte of a packet. PUBREL, SUBSCRIBE and UNSUBSCRIBE carry the flags 0b0010 [MQTT-2.1.3-1].
constexpr std::uint8_t first_byte(PacketType type) {
  const bool reserved_bit =
      type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
  return static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | (reserved_bit ? 2U : 0U));
}

}  // namespace tenon::load
