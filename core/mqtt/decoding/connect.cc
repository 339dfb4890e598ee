#include <optional>

#include "mqtt/decode.h"
#include "mqtt/decoding/property_reader.h"
#include "mqtt/decoding/reader.h"

namespace tenon::mqtt {
namespace {

using decoding::Reader;

// The connect flags (MQTT 5.0 §3.1.2.3 to §3.1.2.9).
struct ConnectFlags {
  bool reserved, clean, will, will_retain, password, user_name;
  std::uint8_t will_qos;

  explicit ConnectFlags(std::uint8_t bits)
      : reserved(bits & 0x01),
        clean(bits & 0x02),
        will(bits & 0x04),
        will_retain(bits & 0x20),
        password(bits & 0x40),
        user_name(bits & 0x80),
        will_qos(static_cast<std::uint8_t>((bits >> 3) & 0x03)) {}
};

std::optional<Version> version_of(std::string_view name, std::uint8_t level) {
  if (name == "MQTT" && level == 5) return Version::v5;
  if (name == "MQTT" && level == 4) return Version::v3_1_1;
  if (name == "MQIsdp" && level == 3) return Version::v3_1;
  return std::nullopt;
}

// [MQTT-3.1.2-1] [MQTT-3.1.2-2]
bool read_version(Reader& in, Version& out) {
  Bytes name;
  std::uint8_t level = 0;
  if (!in.binary("protocol name", name) || !in.byte("protocol version", level)) return false;
  const std::optional<Version> version = version_of(as_text(name), level);
  if (version) out = *version;
  return version ? true
                 : in.fail(ReasonCode::unsupported_protocol_version, "protocol name or version",
                           "is not one of MQIsdp 3, MQTT 4, MQTT 5");
}

bool check_flags(Reader& in, Version version, const ConnectFlags& flags) {
  constexpr const char* field = "connect flags";
  // [MQTT-3.1.2-12] (3.1.1: [MQTT-3.1.2-14])
  if (flags.will && flags.will_qos == 3) return in.malformed(field, "have will QoS 3");
  // [MQTT-3.1.2-22] of 3.1.1; 5.0 allows a password alone.
  if (version != Version::v5 && flags.password && !flags.user_name)
    return in.malformed(field, "have a password without a user name");
  // 3.1 calls bit 0 unused, and says nothing of will bits without a will.
  if (version == Version::v3_1) return true;
  // [MQTT-3.1.2-3]
  if (flags.reserved) return in.malformed(field, "have the reserved bit set");
  // [MQTT-3.1.2-11] [MQTT-3.1.2-13] (3.1.1: [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15])
  if (!flags.will && (flags.will_qos != 0 || flags.will_retain))
    return in.malformed(field, "have will QoS or will retain without a will");
  return true;
}

// [MQTT-3.1.3-3] [MQTT-3.1.3-4]
bool read_client_id(Reader& in, Connect& out) {
  if (!in.text("client identifier", out.client_id)) return false;
  if (!out.client_id.empty()) return true;
  constexpr auto code = ReasonCode::client_identifier_not_valid;
  if (out.version == Version::v3_1) return in.fail(code, "client identifier", "is empty");
  // [MQTT-3.1.3-7] [MQTT-3.1.3-8] of 3.1.1
  if (out.version == Version::v3_1_1 && !out.clean_start)
    return in.fail(code, "client identifier", "is empty, which needs a clean session");
  return true;
}

// [MQTT-3.1.2-9] [MQTT-3.1.3-11] (3.1.1: [MQTT-3.1.2-9] [MQTT-3.1.3-10])
bool read_will(Reader& in, const ConnectFlags& flags, Connect& out) {
  if (!flags.will) return true;
  Will& will = out.will.emplace();
  will.qos = static_cast<QoS>(flags.will_qos);
  will.retain = flags.will_retain;
  if (out.version == Version::v5 && !decoding::read_properties(in, will.properties)) return false;
  if (!in.name("will topic", will.topic) || !in.binary("will payload", will.payload)) return false;
  // [MQTT-4.7.3-1]
  return !will.topic.empty() ? true : in.fail(ReasonCode::topic_name_invalid, "will topic", "is empty");
}

// In 3.1 the remaining length takes precedence over the flags: a name or password may be missing although its
// flag is set (MQTT 3.1, CONNECT).
bool is_present(const Reader& in, const Connect& out, bool flag) {
  return flag && !(out.version == Version::v3_1 && in.at_end());
}

// [MQTT-3.1.2-17] [MQTT-3.1.2-19] [MQTT-3.1.3-12] (3.1.1: [MQTT-3.1.2-19] [MQTT-3.1.2-21] [MQTT-3.1.3-11])
bool read_credentials(Reader& in, const ConnectFlags& flags, Connect& out) {
  if (is_present(in, out, flags.user_name) && !in.text("user name", out.user_name.emplace())) return false;
  if (is_present(in, out, flags.password) && !in.binary("password", out.password.emplace())) return false;
  // [MQTT-3.1.2-16] [MQTT-3.1.2-18] (3.1.1: [MQTT-3.1.2-18] [MQTT-3.1.2-20]): what has no flag is not there.
  return in.nothing_left("CONNECT");
}

// [MQTT-1.5.5-1]: find_frame did not know the version yet.
bool check_length(Reader& in, const Frame& frame) {
  const auto length = static_cast<std::uint32_t>(frame.body.size());
  if (frame.header_bytes == 1 + varint_bytes(length)) return true;
  return in.malformed("remaining length", "is not in its shortest form");
}

// [MQTT-3.1.3-1]: the order of the fields.
bool read_connect(Reader& in, const Frame& frame, Connect& out) {
  std::uint8_t bits = 0;
  if (!read_version(in, out.version) || !in.byte("connect flags", bits)) return false;
  if (out.version == Version::v5 && !check_length(in, frame)) return false;
  const ConnectFlags flags(bits);
  out.clean_start = flags.clean;
  if (!check_flags(in, out.version, flags) || !in.two_bytes("keep alive", out.keep_alive_s)) return false;
  if (out.version == Version::v5 && !decoding::read_properties(in, out.properties)) return false;
  return read_client_id(in, out) && read_will(in, flags, out) && read_credentials(in, flags, out);
}

}  // namespace

std::optional<Version> peek_version(const Frame& frame) {
  Reader in(frame.body);
  Version version{};
  if (!read_version(in, version)) return std::nullopt;
  return version;
}

Decoded<Connect> decode_connect(const Frame& frame) {
  return decoding::run<Connect>(frame.body,
                                [&frame](Reader& in, Connect& out) { return read_connect(in, frame, out); });
}

}  // namespace tenon::mqtt
