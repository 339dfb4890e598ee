#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::mqtt {

// The protocol level byte of CONNECT.
enum class Version : std::uint8_t { v3_1 = 3, v3_1_1 = 4, v5 = 5 };

// The upper four bits of the first byte of each packet (MQTT 5.0 §2.1.2). Value 0 is forbidden.
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
  auth = 15,  // 5.0 only
};

enum class QoS : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// Identifies a packet until it is acknowledged. 0 means "none" and is never legal on the wire.
enum class PacketId : std::uint16_t { none = 0 };

// Which end of a connection wrote a packet; some packets, codes and properties are legal for one end only.
enum class Sender : std::uint8_t { client, server };

// When retained messages are sent for a new subscription (MQTT 5.0 §3.8.3.1).
enum class RetainHandling : std::uint8_t { send = 0, send_if_new = 1, do_not_send = 2 };

// Payload format indicator (MQTT 5.0 §3.3.2.3.2).
enum class PayloadFormat : std::uint8_t { bytes = 0, text = 1 };

// Names for logs and errors, as the standard writes them ("3.1.1", "PUBLISH", "1"). Never empty.
std::string_view to_string(Version version);
std::string_view to_string(PacketType type);
std::string_view to_string(QoS qos);
std::string_view to_string(Sender sender);

inline QoS min(QoS a, QoS b) {
  return a < b ? a : b;
}
inline std::uint16_t number(PacketId id) {
  return static_cast<std::uint16_t>(id);
}

// A set of packet types in one word.
class PacketTypeSet {
 public:
  constexpr PacketTypeSet() = default;
  template <class... Types>
  static constexpr PacketTypeSet of(Types... types) {
    PacketTypeSet set;
    ((set.bits_ = static_cast<std::uint16_t>(set.bits_ | bit(types))), ...);
    return set;
  }
  constexpr PacketTypeSet& operator|=(PacketTypeSet other) {
    bits_ = static_cast<std::uint16_t>(bits_ | other.bits_);
    return *this;
  }
  constexpr bool has(PacketType type) const { return (bits_ & bit(type)) != 0; }

 private:
  static constexpr std::uint16_t bit(PacketType type) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(type));
  }
  std::uint16_t bits_ = 0;
};

}  // namespace tenon::mqtt
