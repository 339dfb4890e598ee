#include "mqtt/reason_code.h"

#include <array>
#include <initializer_list>

namespace tenon::mqtt {
namespace {

// A set of reason codes in 256 bits.
class CodeSet {
 public:
  constexpr CodeSet(std::initializer_list<int> codes) {
    for (const int code : codes) words_[static_cast<unsigned>(code) / 64] |= bit(static_cast<unsigned>(code));
  }
  constexpr bool has(ReasonCode code) const { return (words_[number(code) / 64] & bit(number(code))) != 0; }

 private:
  static constexpr std::uint64_t bit(unsigned code) { return std::uint64_t{1} << (code % 64); }
  std::array<std::uint64_t, 4> words_{};
};

// The tables of MQTT 5.0, by section.
constexpr CodeSet connack_codes{0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A,
                                0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F};  // §3.2.2.2
constexpr CodeSet puback_codes{0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};  // §3.4.2.1, §3.5.2.1
constexpr CodeSet pubrel_codes{0x00, 0x92};                                            // §3.6.2.1, §3.7.2.1
constexpr CodeSet suback_codes{0x00, 0x01, 0x02, 0x80, 0x83, 0x87,
                               0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2};          // §3.9.3
constexpr CodeSet unsuback_codes{0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91};  // §3.11.3
constexpr CodeSet client_disconnect_codes{0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90,
                                          0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99};  // §3.14.2.1
// §3.14.2.1, and 0x8C, which only the table of §2.4 names for DISCONNECT.
constexpr CodeSet server_disconnect_codes{0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D,
                                          0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
                                          0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2};
constexpr CodeSet client_auth_codes{0x18, 0x19};  // §3.15.2.1
constexpr CodeSet server_auth_codes{0x00, 0x18};
constexpr CodeSet no_codes{};

const CodeSet& listed_codes(PacketType type, Sender sender) {
  const bool client = sender == Sender::client;
  switch (type) {
    case PacketType::connack:
      return connack_codes;
    case PacketType::puback:
    case PacketType::pubrec:
      return puback_codes;
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return pubrel_codes;
    case PacketType::suback:
      return suback_codes;
    case PacketType::unsuback:
      return unsuback_codes;
    case PacketType::disconnect:
      return client ? client_disconnect_codes : server_disconnect_codes;
    case PacketType::auth:
      return client ? client_auth_codes : server_auth_codes;
    default:
      return no_codes;
  }
}

}  // namespace

bool is_listed(ReasonCode code, PacketType type, Sender sender) {
  return listed_codes(type, sender).has(code);
}

std::optional<ConnectReturnCode> to_v3_connack(ReasonCode code) {
  switch (code) {
    case ReasonCode::success:
      return ConnectReturnCode::accepted;
    case ReasonCode::unsupported_protocol_version:
      return ConnectReturnCode::unacceptable_protocol_version;
    case ReasonCode::client_identifier_not_valid:
      return ConnectReturnCode::identifier_rejected;
    case ReasonCode::server_unavailable:
    case ReasonCode::server_busy:
    case ReasonCode::server_shutting_down:
    case ReasonCode::quota_exceeded:
    case ReasonCode::connection_rate_exceeded:
    case ReasonCode::use_another_server:
    case ReasonCode::server_moved:
      return ConnectReturnCode::server_unavailable;
    case ReasonCode::bad_user_name_or_password:
    case ReasonCode::bad_authentication_method:
      return ConnectReturnCode::bad_user_name_or_password;
    case ReasonCode::not_authorized:
    case ReasonCode::banned:
      return ConnectReturnCode::not_authorized;
    default:
      return std::nullopt;
  }
}

std::optional<ReasonCode> from_v3_connack(std::uint8_t code) {
  switch (code) {
    case 0:
      return ReasonCode::success;
    case 1:
      return ReasonCode::unsupported_protocol_version;
    case 2:
      return ReasonCode::client_identifier_not_valid;
    case 3:
      return ReasonCode::server_unavailable;
    case 4:
      return ReasonCode::bad_user_name_or_password;
    case 5:
      return ReasonCode::not_authorized;
    default:
      return std::nullopt;
  }
}

std::uint8_t to_v3_suback(ReasonCode code) {
  return is_failure(code) ? 0x80 : number(code);
}

std::string_view to_string(ConnectReturnCode code) {
  switch (code) {
    case ConnectReturnCode::accepted:
      return "connection accepted";
    case ConnectReturnCode::unacceptable_protocol_version:
      return "unacceptable protocol version";
    case ConnectReturnCode::identifier_rejected:
      return "identifier rejected";
    case ConnectReturnCode::server_unavailable:
      return "server unavailable";
    case ConnectReturnCode::bad_user_name_or_password:
      return "bad user name or password";
    case ConnectReturnCode::not_authorized:
      return "not authorized";
  }
  return "reserved return code";
}

std::string_view to_string(ReasonCode code) {
  switch (code) {
    case ReasonCode::success:
      return "success";
    case ReasonCode::granted_qos_1:
      return "granted QoS 1";
    case ReasonCode::granted_qos_2:
      return "granted QoS 2";
    case ReasonCode::disconnect_with_will:
      return "disconnect with will message";
    case ReasonCode::no_matching_subscribers:
      return "no matching subscribers";
    case ReasonCode::no_subscription_existed:
      return "no subscription existed";
    case ReasonCode::continue_authentication:
      return "continue authentication";
    case ReasonCode::re_authenticate:
      return "re-authenticate";
    case ReasonCode::unspecified_error:
      return "unspecified error";
    case ReasonCode::malformed_packet:
      return "malformed packet";
    case ReasonCode::protocol_error:
      return "protocol error";
    case ReasonCode::implementation_specific_error:
      return "implementation specific error";
    case ReasonCode::unsupported_protocol_version:
      return "unsupported protocol version";
    case ReasonCode::client_identifier_not_valid:
      return "client identifier not valid";
    case ReasonCode::bad_user_name_or_password:
      return "bad user name or password";
    case ReasonCode::not_authorized:
      return "not authorized";
    case ReasonCode::server_unavailable:
      return "server unavailable";
    case ReasonCode::server_busy:
      return "server busy";
    case ReasonCode::banned:
      return "banned";
    case ReasonCode::server_shutting_down:
      return "server shutting down";
    case ReasonCode::bad_authentication_method:
      return "bad authentication method";
    case ReasonCode::keep_alive_timeout:
      return "keep alive timeout";
    case ReasonCode::session_taken_over:
      return "session taken over";
    case ReasonCode::topic_filter_invalid:
      return "topic filter invalid";
    case ReasonCode::topic_name_invalid:
      return "topic name invalid";
    case ReasonCode::packet_identifier_in_use:
      return "packet identifier in use";
    case ReasonCode::packet_identifier_not_found:
      return "packet identifier not found";
    case ReasonCode::receive_maximum_exceeded:
      return "receive maximum exceeded";
    case ReasonCode::topic_alias_invalid:
      return "topic alias invalid";
    case ReasonCode::packet_too_large:
      return "packet too large";
    case ReasonCode::message_rate_too_high:
      return "message rate too high";
    case ReasonCode::quota_exceeded:
      return "quota exceeded";
    case ReasonCode::administrative_action:
      return "administrative action";
    case ReasonCode::payload_format_invalid:
      return "payload format invalid";
    case ReasonCode::retain_not_supported:
      return "retain not supported";
    case ReasonCode::qos_not_supported:
      return "QoS not supported";
    case ReasonCode::use_another_server:
      return "use another server";
    case ReasonCode::server_moved:
      return "server moved";
    case ReasonCode::shared_subscriptions_not_supported:
      return "shared subscriptions not supported";
    case ReasonCode::connection_rate_exceeded:
      return "connection rate exceeded";
    case ReasonCode::maximum_connect_time:
      return "maximum connect time";
    case ReasonCode::subscription_identifiers_not_supported:
      return "subscription identifiers not supported";
    case ReasonCode::wildcard_subscriptions_not_supported:
      return "wildcard subscriptions not supported";
  }
  return "unknown reason code";
}

}  // namespace tenon::mqtt
