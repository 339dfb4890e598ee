#include <algorithm>

#include "base/text/topic_syntax.h"
#include "mqtt/decode.h"
#include "session/connection_rare.h"
#include "session/connection_write.h"
#include "session/topic_aliases.h"

// CONNECT and its answer.

namespace tenon::session {

using mqtt::ReasonCode;
using mqtt::Version;

namespace {

std::size_t count(const mqtt::UserProperties& properties) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& property : properties) ++n;
  return n;
}

// A code that CONNACK may carry [MQTT-3.2.2-8]: a connection that is given up before it was answered, because
// another one took its place or the broker stops, has no code of its own there.
ReasonCode connack_code(ReasonCode code) {
  if (mqtt::is_listed(code, mqtt::PacketType::connack, mqtt::Sender::server)) return code;
  return code == ReasonCode::server_shutting_down ? ReasonCode::server_unavailable : ReasonCode::server_busy;
}

}  // namespace

void Connection::on_connect(const mqtt::Frame& frame) {
  ports_.connect_came();
  if (const auto version = mqtt::peek_version(frame)) {
    version_ = *version;
    version_known_ = true;
  }
  auto connect = mqtt::decode_connect(frame);
  // Holds for the refusal, too [MQTT-3.1.2-24]; 0 is what may be refused.
  if (const auto wanted = connect.draft().properties.packet_bytes_max; wanted.value_or(0) != 0)
    client_packet_bytes_max_ = *wanted;
  if (!connect) return fail(connect.error());
  take_connect(*connect);
}

void Connection::take_connect(const mqtt::Connect& connect) {
  const auto& properties = connect.properties;
  problem_information_ = properties.request_problem_information.value_or(true);
  response_information_ = properties.request_response_information.value_or(false);
  if (!admits(connect.version))
    return refuse_connect(ReasonCode::unsupported_protocol_version, "this protocol version is switched off");
  if (count(properties.user) > limits_.user_properties_max)
    return refuse_connect_at(Limit::user_properties, ReasonCode::quota_exceeded, "too many user properties");
  if (connect.will && !admit_will(*connect.will)) return;
  if (!choose_client_id(connect)) return;

  clean_start_ = connect.clean_start;
  // 3.x: a session that is not clean lives on until the server's limit.
  session_expiry_s_ = connect.version == Version::v5 ? properties.session_expiry_s.value_or(0)
                                                     : (connect.clean_start ? 0 : never_expires_s);
  client_receive_maximum_ = properties.receive_maximum.value_or(connect.version == Version::v5 ? 65535 : 0);
  // [MQTT-3.1.2-26] [MQTT-3.1.2-27]
  const std::uint16_t client_alias_max = properties.topic_alias_maximum.value_or(0);
  topic_alias_out_max_ = std::min(client_alias_max, limits_.topic_alias_out_max);
  keep_alive_s_ = connect.keep_alive_s;
  // 0 switches keep-alive off; a cap does not allow that. In 3.x the client can't be told, but is held to it
  // too. A client that wants less than the least is waited for as long as for that.
  if (limits_.keepalive_s_max != 65535 && (keep_alive_s_ == 0 || keep_alive_s_ > limits_.keepalive_s_max))
    keep_alive_s_ = limits_.keepalive_s_max;
  else if (keep_alive_s_ != 0)
    keep_alive_s_ = std::max(keep_alive_s_, std::min(limits_.keepalive_s_min, limits_.keepalive_s_max));
  keep_alive_changed_ = keep_alive_s_ != connect.keep_alive_s;
  if (connect.will) take_will(*connect.will);
  if (properties.authentication_method) {
    rare().exchange = std::make_unique<Exchange>();
    rare().exchange->method = *properties.authentication_method;
  }
  phase_ = Phase::authenticating;
  ports_.authenticate(connect, client_id());
}

bool Connection::admit_will(const mqtt::Will& will) {
  if (will.qos > limits_.qos_max)
    refuse_connect(ReasonCode::qos_not_supported, "QoS of the will");  // [MQTT-3.2.2-12]
  else if (will.topic.size() > limits_.topic_bytes_max ||
           is_deeper_than(will.topic, limits_.topic_levels_max))
    refuse_connect_at(Limit::topic, ReasonCode::topic_name_invalid, "topic of the will too long or too deep");
  else if (count(will.properties.user) > limits_.user_properties_max)
    refuse_connect_at(Limit::user_properties, ReasonCode::quota_exceeded,
                      "too many user properties in the will");
  else if (!is_payload_as_said(will.properties, will.payload))
    refuse_connect_at(Limit::payload_format, ReasonCode::payload_format_invalid,
                      "the payload of the will is not the text that it is said to be");
  return phase_ != Phase::closing;
}

bool Connection::admits(Version version) const {
  switch (version) {
    case Version::v3_1:
      return limits_.version_3_1;
    case Version::v3_1_1:
      return limits_.version_3_1_1;
    case Version::v5:
      return limits_.version_5_0;
  }
  return false;
}

bool Connection::choose_client_id(const mqtt::Connect& connect) {
  if (connect.client_id.size() > limits_.client_id_bytes_max) {
    refuse_connect_at(Limit::client_id_bytes, ReasonCode::client_identifier_not_valid, "client id too long");
    return false;
  }
  if (!connect.client_id.empty()) {
    identity_.set(connect.client_id, {});
    return true;
  }
  // 3.1 has no empty id; in 3.1.1 it goes with a clean session only [MQTT-3.1.3-8]; 5.0 tells the client
  // which it got [MQTT-3.1.3-6] [MQTT-3.2.2-16].
  if (connect.version == Version::v3_1 || (connect.version == Version::v3_1_1 && !connect.clean_start)) {
    fail(ReasonCode::client_identifier_not_valid, "empty client id");
    return false;
  }
  identity_.set(ports_.assign_client_id(), {});
  id_assigned_ = true;
  return true;
}

void Connection::take_will(const mqtt::Will& will) {
  std::vector<std::uint8_t> forwarded(will.properties.forwarded.encoded_bytes());
  if (!forwarded.empty()) will.properties.forwarded.copy_to(forwarded.data());
  MessageView view;
  view.topic = will.topic;
  view.payload = will.payload;
  view.forwarded = forwarded;
  view.qos = will.qos;
  view.retain = will.retain;
  rare().will_delay_s = will.properties.will_delay_s.value_or(0);
  // The message's life begins when it is published; until then the field holds its length.
  if (const auto expiry = will.properties.message_expiry_s)
    view.expires_at_ms = std::max<UnixMs>(1, static_cast<UnixMs>(*expiry) * 1000);
  rare().will = Message::make(view);
}

void Connection::on_authenticated(const AuthOutcome& outcome) {
  if (phase_ == Phase::live) return on_authenticated_again(outcome);
  if (phase_ != Phase::authenticating) return;
  if (outcome.code == ReasonCode::continue_authentication) {
    if (!ask_client(outcome.auth_data)) return;
    rules_.types = mqtt::PacketTypeSet::of(mqtt::PacketType::auth, mqtt::PacketType::disconnect);
    rules_.version = version_;
    phase_ = Phase::awaiting_auth;
    return;
  }
  if (outcome.code != ReasonCode::success)
    return refuse_connect(outcome.code, "not let in", outcome.server_reference);
  hold_until(outcome);
  if (Exchange* exchange = this->exchange())
    exchange->connack_data.assign(outcome.auth_data.begin(), outcome.auth_data.end());
  if (outcome.qos_max) qos_max_ = std::min(qos_max_, *outcome.qos_max);
  const Ref<Message> will = rare_ ? rare_->will : nullptr;
  if (will && will->view().qos > qos_max_)
    return refuse_connect(ReasonCode::qos_not_supported, "QoS of the will");  // [MQTT-3.2.2-12]
  if (outcome.receive_maximum) receive_maximum_ = std::min(receive_maximum_, *outcome.receive_maximum);
  if (outcome.session_expiry_s_max)
    session_expiry_s_max_ = std::min(session_expiry_s_max_, *outcome.session_expiry_s_max);
  if (session_expiry_s_ > session_expiry_s_max_) {
    session_expiry_s_ = session_expiry_s_max_;
    expiry_lowered_ = true;
  }
  rules_ = mqtt::rules_for(version_, mqtt::Sender::client,
                           std::min(limits_.packet_bytes_max, outcome.packet_bytes_max.value_or(UINT32_MAX)));
  phase_ = Phase::attaching;
  ports_.attach({client_id(), clean_start_, session_expiry_s_, will, will ? rare_->will_delay_s : 0});
}

void Connection::on_attached(const AttachOutcome& outcome) {
  if (phase_ != Phase::attaching) return;
  if (outcome.code != ReasonCode::success) return refuse_connect(outcome.code, outcome.reason);
  attached_ = true;
  has_inbox_ = outcome.stored;
  const std::uint16_t window = client_receive_maximum_ == 0
                                   ? limits_.inflight_max
                                   : std::min(client_receive_maximum_, limits_.inflight_max);
  window_ = SendWindow(window);
  window_.start_at(outcome.first_number);
  for (const auto id : outcome.received_ids) received_.insert_earlier(id);
  send_connack(outcome);
  if (phase_ == Phase::closing) return;
  phase_ = Phase::live;
  last_input_ns_ = time_.mono_ns;  // until now the client had nothing to say
  if (has_inbox_) pump();
}

void Connection::send_connack(const AttachOutcome& outcome) {
  mqtt::Connack packet;
  // [MQTT-3.2.2-2] [MQTT-3.2.2-3]; 3.1 has no such flag.
  packet.session_present = outcome.session_present && version_ != Version::v3_1;
  auto& properties = packet.properties;
  if (version_ == Version::v5) {
    if (expiry_lowered_) properties.session_expiry_s = session_expiry_s_;
    if (receive_maximum_ != 65535) properties.receive_maximum = receive_maximum_;
    if (qos_max_ != mqtt::QoS::exactly_once) properties.maximum_qos = qos_max_;
    if (rules_.packet_bytes_max < mqtt::packet_bytes_limit)
      properties.packet_bytes_max = rules_.packet_bytes_max;
    if (id_assigned_) properties.assigned_client_id = client_id();
    if (limits_.topic_alias_max > 0) properties.topic_alias_maximum = limits_.topic_alias_max;
    // [MQTT-3.1.2-28]
    if (response_information_ && !limits_.response_information.empty())
      properties.response_information = limits_.response_information;
    if (keep_alive_changed_) properties.server_keep_alive_s = keep_alive_s_;  // [MQTT-3.2.2-21]
    if (const Exchange* exchange = this->exchange()) {
      properties.authentication_method = exchange->method;  // [MQTT-4.12.0-5]
      if (!exchange->connack_data.empty()) properties.authentication_data = exchange->connack_data;
    }
  }
  const auto encode = [&](mqtt::Writer& out) { return mqtt::encode_connack(out, packet, encode_limits()); };
  bool is_written = write(encode);
  if (!is_written && properties.response_information) {
    properties.response_information.reset();  // a client can do without it
    is_written = write(encode);
  }
  if (!is_written) give_up_unanswered();
  if (Exchange* exchange = this->exchange()) exchange->connack_data = {};
}

// The client can't even take its CONNACK: the session is let go and the link closed without a word.
void Connection::give_up_unanswered() {
  close_reason_ = "CONNACK above the client's maximum packet size";
  close_code_ = ReasonCode::packet_too_large;
  drop_will();
  finish(EndCause::protocol_error, close_code_);
  phase_ = Phase::closing;
}

// [MQTT-3.2.2-7]: an error CONNACK is followed by the end of the connection.
void Connection::refuse_connect(ReasonCode code, const char* reason, std::string_view server_reference) {
  // Bytes that are not even a CONNECT get no answer [MQTT-3.1.0-1]; nor does a version nobody knows, but in
  // the form of 3.1.1, which every client understands [MQTT-3.1.2-2].
  const bool answerable = version_known_ || code == ReasonCode::unsupported_protocol_version;
  const bool first_packet_is_wrong = phase_ == Phase::awaiting_connect && !version_known_ &&
                                     code != ReasonCode::unsupported_protocol_version;
  if (answerable && !first_packet_is_wrong) {
    write_with_reference(server_reference, [&](mqtt::Writer& out, std::string_view reference) {
      mqtt::Connack packet;
      packet.reason = connack_code(code);
      if (version_ == Version::v5) {
        packet.properties.reason_string = reason;
        if (!reference.empty()) packet.properties.server_reference = reference;
      }
      return mqtt::encode_connack(out, packet, encode_limits());
    });
  }
  close_reason_ = reason;
  close_code_ = code;
  drop_will();
  phase_ = Phase::closing;
}

}  // namespace tenon::session
