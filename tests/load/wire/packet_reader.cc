#include "load/wire/packet_reader.h"

namespace tenon::load {

namespace {

constexpr std::uint8_t property_receive_maximum = 0x21;

// Bytes that the value of a CONNACK property takes (MQTT 5.0 §2.2.2.2), `rest` beginning at the value. Empty:
// unknown, or cut short.
std::optional<std::size_t> property_value_bytes(std::uint8_t id, std::span<const std::uint8_t> rest) {
  const auto text_bytes = [&rest](std::size_t from) -> std::optional<std::size_t> {
    if (rest.size() < from + 2) return std::nullopt;
    return from + 2 + get_u16(rest.data() + from);
  };
  switch (id) {
    case 0x24:  // maximum QoS
    case 0x25:  // retain available
    case 0x28:  // wildcard subscription available
    case 0x29:  // subscription identifiers available
    case 0x2A:  // shared subscription available
      return 1;
    case 0x13:  // server keep alive
    case property_receive_maximum:
    case 0x22:  // topic alias maximum
      return 2;
    case 0x11:  // session expiry interval
    case 0x27:  // maximum packet size
      return 4;
    case 0x12:  // assigned client identifier
    case 0x15:  // authentication method
    case 0x16:  // authentication data
    case 0x1A:  // response information
    case 0x1C:  // server reference
    case 0x1F:  // reason string
      return text_bytes(0);
    case 0x26: {  // user property: two strings
      const auto name_bytes = text_bytes(0);
      return name_bytes ? text_bytes(*name_bytes) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

bool read_connack_properties(std::span<const std::uint8_t> bytes, ConnackView& view) {
  while (!bytes.empty()) {
    const std::uint8_t id = bytes[0];
    bytes = bytes.subspan(1);
    const auto value_bytes = property_value_bytes(id, bytes);
    if (!value_bytes || *value_bytes > bytes.size()) return false;
    if (id == property_receive_maximum) view.receive_maximum = get_u16(bytes.data());
    bytes = bytes.subspan(*value_bytes);
  }
  return view.receive_maximum != 0;
}

// Cuts the property block off the front of `bytes`. Empty when its length is malformed.
std::optional<std::span<const std::uint8_t>> take_properties(std::span<const std::uint8_t>& bytes) {
  std::size_t size_bytes = 0;
  const auto length = parse_varint(bytes, size_bytes);
  if (!length || size_bytes + *length > bytes.size()) return std::nullopt;
  const auto properties = bytes.subspan(size_bytes, *length);
  bytes = bytes.subspan(size_bytes + *length);
  return properties;
}

}  // namespace

std::optional<std::uint32_t> parse_varint(std::span<const std::uint8_t> bytes, std::size_t& ret_size_bytes) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < 4 && at < bytes.size(); ++at) {
    value |= static_cast<std::uint32_t>(bytes[at] & 0x7F) << (7 * at);
    if ((bytes[at] & 0x80) != 0) continue;
    ret_size_bytes = at + 1;
    return value;
  }
  return std::nullopt;
}

std::optional<ConnackView> parse_connack(const Frame& frame, Version version) {
  if (frame.type != PacketType::connack || frame.body.size() < 2) return std::nullopt;
  ConnackView view{.session_present = (frame.body[0] & 1) != 0, .code = frame.body[1]};
  // A broker that refuses the version may answer in the older form, without properties.
  if (version != Version::v5 || (view.code != 0 && frame.body.size() == 2)) return view;
  auto rest = frame.body.subspan(2);
  const auto properties = take_properties(rest);
  if (!properties || !rest.empty() || !read_connack_properties(*properties, view)) return std::nullopt;
  return view;
}

std::optional<SubackView> parse_suback(const Frame& frame, Version version) {
  if (frame.type != PacketType::suback || frame.body.size() < 3) return std::nullopt;
  SubackView view{.packet_id = get_u16(frame.body.data()), .codes = {}};
  auto rest = frame.body.subspan(2);
  if (version == Version::v5 && !take_properties(rest)) return std::nullopt;
  if (rest.empty()) return std::nullopt;
  view.codes = rest;
  return view;
}

}  // namespace tenon::load
