#include "mqtt/decode.h"
#include "session/connection_rare.h"
#include "session/connection_write.h"

// Enhanced authentication: AUTH packets before CONNACK, and logins of a live connection.

namespace tenon::session {

using mqtt::ReasonCode;

// Before CONNACK the client may send AUTH and DISCONNECT only [MQTT-3.1.2-30]; the framing refuses all
// others.
void Connection::dispatch_auth(const mqtt::Frame& frame) {
  if (frame.type == mqtt::PacketType::auth) return on_auth(frame);
  const auto packet = mqtt::decode_disconnect(frame, version_, mqtt::Sender::client);
  if (!packet) return fail(packet.error());
  drop_will();
  close_code_ = packet->reason;
  phase_ = Phase::closing;
}

void Connection::on_auth(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode_auth(frame, mqtt::Sender::client);
  if (!packet) return fail(packet.error());
  // [MQTT-4.12.0-7]
  Exchange* exchange = this->exchange();
  if (!exchange) return fail(ReasonCode::protocol_error, "AUTH without an authentication method in CONNECT");
  // [MQTT-4.12.0-5] [MQTT-4.12.1-1]
  if (packet->properties.authentication_method != exchange->method)
    return fail(ReasonCode::bad_authentication_method, "another authentication method than in CONNECT");
  std::size_t user_properties = 0;
  for ([[maybe_unused]] const auto& property : packet->properties.user) ++user_properties;
  if (user_properties > limits_.user_properties_max)
    return fail_at(Limit::user_properties, ReasonCode::quota_exceeded, "too many user properties");
  if (const char* reason = refuse_auth_turn(*packet)) return fail(ReasonCode::protocol_error, reason);
  if (phase_ == Phase::live)
    exchange->step = Exchange::Step::asked;
  else
    phase_ = Phase::authenticating;
  ports_.continue_authentication(*packet);
}

// Why this AUTH must not come now; null: it may.
const char* Connection::refuse_auth_turn(const mqtt::Auth& packet) const {
  const bool begins = packet.reason == ReasonCode::re_authenticate;
  if (phase_ != Phase::live || exchange()->step == Exchange::Step::awaiting_client)
    return begins ? "an authentication begun within another one" : nullptr;  // [MQTT-4.12.0-3]
  if (exchange()->step == Exchange::Step::asked) return "AUTH before the last one was answered";
  return begins ? nullptr : "AUTH continues an authentication that was not begun";
}

// [MQTT-4.12.0-2] False: it can't be, and the connection is closing.
bool Connection::ask_client(Bytes data) {
  // [MQTT-4.12.0-6]
  if (!exchange())
    fail(ReasonCode::not_authorized, "an exchange is asked for, and CONNECT named no authentication method");
  else if (!send_auth(ReasonCode::continue_authentication, data))
    fail(ReasonCode::packet_too_large, "AUTH above the client's maximum packet size");
  return phase_ != Phase::closing;
}

bool Connection::send_auth(ReasonCode code, Bytes data) {
  mqtt::Auth packet;
  packet.reason = code;
  packet.properties.authentication_method = exchange()->method;  // [MQTT-4.12.0-5]
  if (!data.empty()) packet.properties.authentication_data = data;
  return write([&](mqtt::Writer& out) { return mqtt::encode_auth(out, packet, encode_limits()); });
}

void Connection::on_authenticated_again(const AuthOutcome& outcome) {
  Exchange* exchange = this->exchange();
  if (!exchange || exchange->step != Exchange::Step::asked) return;
  if (outcome.code == ReasonCode::continue_authentication) {
    if (ask_client(outcome.auth_data)) exchange->step = Exchange::Step::awaiting_client;
    return;
  }
  exchange->step = Exchange::Step::none;
  if (outcome.code != ReasonCode::success) {
    // [MQTT-4.12.1-2]; 0x86 and some others are codes of CONNACK only.
    const bool is_listed = mqtt::is_listed(outcome.code, mqtt::PacketType::disconnect, mqtt::Sender::server);
    return close(EndCause::server, is_listed ? outcome.code : ReasonCode::not_authorized,
                 "not let in any longer");
  }
  hold_until(outcome);
  if (!send_auth(ReasonCode::success, outcome.auth_data))
    fail(ReasonCode::packet_too_large, "AUTH above the client's maximum packet size");
}

void Connection::hold_until(const AuthOutcome& outcome) {
  constexpr std::uint64_t valid_ms_max = std::uint64_t{100} * 365 * 24 * 3600 * 1000;
  if (rare_) rare_->authorized_until_ns = 0;
  if (!outcome.valid_ms) return;
  const auto valid_ms = static_cast<MonoNs>(std::min(*outcome.valid_ms, valid_ms_max));
  rare().authorized_until_ns = time_.mono_ns + valid_ms * ns_per_ms;
}

}  // namespace tenon::session
