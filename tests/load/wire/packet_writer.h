#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/wire/packet_type.h"

namespace tenon::load {

using Bytes = std::vector<std::uint8_t>;

// What a client says in CONNECT. Empty user name: none is sent.
struct ConnectFields {
  Version version = Version::v3_1_1;
  std::string_view client_id;
  std::uint16_t keep_alive_s = 0;
  bool clean = true;                   // clean session (3.1.1), clean start (5.0)
  std::uint32_t session_expiry_s = 0;  // 5.0 only; 0xFFFFFFFF: never
  std::string_view username;
  std::string_view password;
};

// Each function appends one whole packet to `out`. The caller keeps strings below 65,536 bytes and a packet
// below 268,435,455 bytes; the option parser sees to both.
void append_connect(Bytes& out, const ConnectFields& fields);
void append_subscribe(Bytes& out, Version version, std::uint16_t packet_id,
                      std::span<const std::string> filters, Qos qos);
void append_pingreq(Bytes& out);
void append_disconnect(Bytes& out);

// Appends the variable byte integer of MQTT 5.0 §1.5.5, one to four bytes.
void append_varint(Bytes& out, std::uint32_t value);
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
// Two bytes of length, then the bytes.
void append_string(Bytes& out, std::string_view text);

// An acknowledgement without reason code or properties: the same four bytes in both versions
// (5.0 lets reason 0x00 be left out, §3.4.2.1).
inline constexpr std::size_t ack_bytes = 4;
inline void write_ack(std::uint8_t* at, PacketType type, std::uint16_t packet_id) {
  at[0] = first_byte(type);
  at[1] = 2;
  at[2] = static_cast<std::uint8_t>(packet_id >> 8);
  at[3] = static_cast<std::uint8_t>(packet_id & 0xFF);
}

}  // namespace tenon::load
