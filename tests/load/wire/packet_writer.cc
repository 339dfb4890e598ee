#include "load/wire/packet_writer.h"

namespace tenon::load {

namespace {

constexpr std::uint8_t property_session_expiry = 0x11;

void append_packet(Bytes& out, PacketType type, const Bytes& body) {
  out.push_back(first_byte(type));
  append_varint(out, static_cast<std::uint32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
}

std::uint8_t connect_flags(const ConnectFields& fields) {
  unsigned flags = 0;
  if (fields.clean) flags |= 0x02;
  if (!fields.username.empty()) flags |= 0x80;
  if (!fields.password.empty()) flags |= 0x40;
  return static_cast<std::uint8_t>(flags);
}

}  // namespace

void append_u16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xFF));
}

void append_u32(Bytes& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
}

void append_string(Bytes& out, std::string_view text) {
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

void append_varint(Bytes& out, std::uint32_t value) {
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7F);
    value >>= 7;
    out.push_back(value != 0 ? static_cast<std::uint8_t>(low | 0x80) : low);
  } while (value != 0);
}

void append_connect(Bytes& out, const ConnectFields& fields) {
  Bytes body;
  append_string(body, "MQTT");
  body.push_back(static_cast<std::uint8_t>(fields.version));
  body.push_back(connect_flags(fields));
  append_u16(body, fields.keep_alive_s);
  if (fields.version == Version::v5) {
    const bool expiry = fields.session_expiry_s != 0;
    append_varint(body, expiry ? 5 : 0);
    if (expiry) {
      body.push_back(property_session_expiry);
      append_u32(body, fields.session_expiry_s);
    }
  }
  append_string(body, fields.client_id);
  if (!fields.username.empty()) append_string(body, fields.username);
  if (!fields.password.empty()) append_string(body, fields.password);
  append_packet(out, PacketType::connect, body);
}

void append_subscribe(Bytes& out, Version version, std::uint16_t packet_id,
                      std::span<const std::string> filters, Qos qos) {
  Bytes body;
  append_u16(body, packet_id);
  if (version == Version::v5) append_varint(body, 0);
  for (const std::string& filter : filters) {
    append_string(body, filter);
    body.push_back(static_cast<std::uint8_t>(qos));
  }
  append_packet(out, PacketType::subscribe, body);
}

void append_pingreq(Bytes& out) {
  append_packet(out, PacketType::pingreq, {});
}

void append_disconnect(Bytes& out) {
  append_packet(out, PacketType::disconnect, {});
}

}  // namespace tenon::load
