#include "session/connection.h"

#include "base/text/tenant_topic.h"
#include "mqtt/decode.h"
#include "session/connection_queue.h"
#include "session/connection_rare.h"
#include "session/connection_write.h"
#include "session/topic_aliases.h"

namespace tenon::session {

using mqtt::PacketType;
using mqtt::ReasonCode;

namespace {

// Some codes are for CONNACK and other answers only. [MQTT-3.14.2-1]
ReasonCode as_disconnect(ReasonCode code) {
  if (mqtt::is_listed(code, PacketType::disconnect, mqtt::Sender::server)) return code;
  return code == ReasonCode::server_unavailable ? ReasonCode::server_busy : ReasonCode::unspecified_error;
}

}  // namespace

Connection::Connection(const ConnectionLimits& limits, const TurnTime& time, Ports& ports, ChunkPool& chunks)
    : limits_(limits),
      time_(time),
      ports_(ports),
      output_(chunks),
      rules_(mqtt::rules_before_connect(limits.connect_bytes_max)),
      opened_ns_(time.mono_ns),
      last_input_ns_(time.mono_ns),
      window_(limits.inflight_max),
      session_expiry_s_max_(limits.session_expiry_s_max),
      receive_maximum_(limits.receive_maximum),
      qos_max_(limits.qos_max) {}

Connection::~Connection() = default;

Connection::Rare& Connection::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

Connection::Exchange* Connection::exchange() const {
  return rare_ ? rare_->exchange.get() : nullptr;
}

void Connection::drop_will() {
  if (rare_) rare_->will = nullptr;
}

std::size_t Connection::on_bytes(Bytes bytes) {
  std::size_t used = 0;
  wanted_bytes_ = 0;
  while (takes_input()) {
    const mqtt::FrameResult found = mqtt::find_frame(bytes.subspan(used), rules_);
    if (found.status == mqtt::FrameStatus::need_more) {
      wanted_bytes_ = static_cast<std::uint32_t>(found.size_bytes);  // at most packet_bytes_limit
      break;
    }
    if (found.status == mqtt::FrameStatus::refused) {
      if (found.error.code == ReasonCode::packet_too_large) ports_.limit_met(Limit::packet_bytes);
      fail(found.error);
      break;
    }
    if (time_.is_traced && found.frame.type != PacketType::publish) [[unlikely]]
      show(false, bytes.subspan(used, found.frame.size_bytes()));
    used += found.frame.size_bytes();
    dispatch(found.frame);
  }
  return used;
}

void Connection::dispatch(const mqtt::Frame& frame) {
  last_input_ns_ = time_.mono_ns;  // whole packets count [MQTT-3.1.2-22]
  if (phase_ == Phase::awaiting_connect)
    on_connect(frame);
  else if (phase_ == Phase::awaiting_auth)
    dispatch_auth(frame);
  else
    dispatch_live(frame);
}

void Connection::dispatch_live(const mqtt::Frame& frame) {
  switch (frame.type) {
    case PacketType::publish:
      return on_publish(frame);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp: {
      const auto ack = mqtt::decode_ack(frame, version_);
      if (!ack) return fail(ack.error());
      if (frame.type == PacketType::puback) return on_puback(*ack);
      if (frame.type == PacketType::pubrec) return on_pubrec(*ack);
      if (frame.type == PacketType::pubrel) return on_pubrel(*ack);
      return on_pubcomp(*ack);
    }
    case PacketType::subscribe: {
      const auto packet = mqtt::decode_subscribe(frame, version_);
      if (!packet) return fail(packet.error());
      return ports_.subscribe(*packet);
    }
    case PacketType::unsubscribe: {
      const auto packet = mqtt::decode_unsubscribe(frame, version_);
      if (!packet) return fail(packet.error());
      return ports_.unsubscribe(*packet);
    }
    case PacketType::pingreq:
      return on_pingreq();
    case PacketType::disconnect: {
      const auto packet = mqtt::decode_disconnect(frame, version_, mqtt::Sender::client);
      if (!packet) return fail(packet.error());
      return on_disconnect(*packet);
    }
    case PacketType::auth:
      return on_auth(frame);
    default:
      return fail(ReasonCode::protocol_error, "a packet that a client must not send");
  }
}

void Connection::on_subscribed(mqtt::PacketId id, std::span<const ReasonCode> codes) {
  if (phase_ != Phase::live) return;
  // [MQTT-3.1.2-24]: a client that can't take its answer would wait for it for ever.
  if (!write([&](mqtt::Writer& out) { return mqtt::encode_suback(out, id, {}, codes, encode_limits()); }))
    fail(ReasonCode::packet_too_large, "SUBACK above the client's maximum packet size");
}

void Connection::on_unsubscribed(mqtt::PacketId id, std::span<const ReasonCode> codes) {
  if (phase_ != Phase::live) return;
  if (!write([&](mqtt::Writer& out) { return mqtt::encode_unsuback(out, id, {}, codes, encode_limits()); }))
    fail(ReasonCode::packet_too_large, "UNSUBACK above the client's maximum packet size");
}

void Connection::on_pingreq() {
  // [MQTT-3.12.4-1]
  write([](mqtt::Writer& out) { return mqtt::encode_pingresp(out); });
}

void Connection::on_disconnect(const mqtt::Disconnect& packet) {
  if (const auto expiry = packet.properties.session_expiry_s) {
    // A session that was to end with the connection cannot be kept after all (MQTT 5.0 §3.14.2.2.2).
    if (session_expiry_s_ == 0 && !expiry_lowered_ && *expiry != 0)
      return fail(ReasonCode::protocol_error, "session expiry raised from 0 in DISCONNECT");
    session_expiry_s_ = std::min(*expiry, session_expiry_s_max_);
  }
  // [MQTT-3.1.2-10] [MQTT-3.14.4-3]: only a normal end takes the will away.
  if (packet.reason == ReasonCode::success) drop_will();
  close_reason_ = "";
  close_code_ = packet.reason;
  finish(EndCause::client, packet.reason);
  phase_ = Phase::closing;
}

MonoNs Connection::deadline_ns() const {
  if (phase_ == Phase::closing) return 0;
  if (phase_ != Phase::live) return opened_ns_ + limits_.connect_timeout_s * ns_per_s;
  // [MQTT-3.1.2-22]
  const MonoNs silent_ns = keep_alive_s_ == 0 ? 0 : last_input_ns_ + keep_alive_s_ * (3 * ns_per_s / 2);
  const MonoNs authorized_until_ns = rare_ ? rare_->authorized_until_ns : 0;
  if (silent_ns == 0 || authorized_until_ns == 0) return silent_ns + authorized_until_ns;
  return std::min(silent_ns, authorized_until_ns);
}

void Connection::on_deadline() {
  const MonoNs deadline = deadline_ns();
  if (deadline == 0 || time_.mono_ns < deadline) return;
  const MonoNs authorized_until_ns = rare_ ? rare_->authorized_until_ns : 0;
  if (phase_ == Phase::live && authorized_until_ns != 0 && time_.mono_ns >= authorized_until_ns)
    close(EndCause::server, ReasonCode::maximum_connect_time, "what let the client in has expired");
  else if (phase_ == Phase::live)
    close(EndCause::keep_alive, ReasonCode::keep_alive_timeout,
          "nothing heard within 1.5 times the keep-alive");
  else if (phase_ == Phase::awaiting_connect)
    close(EndCause::protocol_error, ReasonCode::success, "no CONNECT in time");
  else if (phase_ == Phase::awaiting_auth)
    close(EndCause::protocol_error, ReasonCode::not_authorized, "no answer to AUTH in time");
  else
    close(EndCause::server, ReasonCode::server_busy, "CONNECT was not answered in time");
}

void Connection::on_peer_closed() {
  if (phase_ == Phase::closing) return;
  finish(EndCause::network, ReasonCode::unspecified_error);
  phase_ = Phase::closing;
}

void Connection::lose_output() {
  output_.clear();
  output_lost_ = true;
}

void Connection::take_over() {
  close(EndCause::taken_over, ReasonCode::session_taken_over, "another connection uses this client id now");
}

void Connection::disconnect(ReasonCode code, std::string_view server_reference) {
  close(EndCause::server, code, "ended by the broker", server_reference);
}

void Connection::fail(ReasonCode code, const char* reason) {
  if (phase_ == Phase::closing) return;
  broke_rule_ = true;
  if (phase_ == Phase::awaiting_connect) return refuse_connect(code, reason);
  close(EndCause::protocol_error, code, reason);
}

void Connection::fail(const mqtt::DecodeError& error) {
  if (phase_ == Phase::closing) return;
  std::string& text = rare().close_text;
  text = mqtt::to_string(error);
  fail(error.code, text.c_str());
}

void Connection::close(EndCause cause, ReasonCode code, const char* reason,
                       std::string_view server_reference) {
  if (phase_ == Phase::closing) return;
  if (phase_ != Phase::live) return refuse_connect(code, reason, server_reference);
  if (version_ == mqtt::Version::v5)
    write_with_reference(server_reference, [&](mqtt::Writer& out, std::string_view reference) {
      mqtt::Disconnect packet;
      packet.reason = as_disconnect(code);
      packet.properties.reason_string = reason;
      if (!reference.empty()) packet.properties.server_reference = reference;
      return mqtt::encode_disconnect(out, packet, encode_limits());
    });
  close_reason_ = reason;
  close_code_ = code;
  finish(cause, code);
  phase_ = Phase::closing;
}

void Connection::finish(EndCause cause, ReasonCode code) {
  if (!attached_) return;
  attached_ = false;
  EndInfo info;
  info.cause = cause;
  info.code = code;
  info.session_expiry_s = session_expiry_s_;
  info.undelivered = take_undelivered();
  if (!has_inbox_) info.lost_count = unanswered_count() - info.undelivered.size();
  if (rare_ && rare_->will) {
    info.will = std::exchange(rare_->will, nullptr);
    info.will_delay_s = rare_->will_delay_s;
  }
  ports_.ended(info);
}

void Connection::show(bool is_sent, Bytes packet) {
  PacketSeen seen;
  seen.is_sent = is_sent;
  seen.type = static_cast<PacketType>(packet[0] >> 4);
  seen.size_bytes = static_cast<std::uint32_t>(packet.size());
  seen.packet = packet;
  ports_.packet_seen(seen);
}

void Connection::show_publish(const mqtt::Publish& packet, std::size_t size_bytes) {
  PacketSeen seen;
  seen.type = PacketType::publish;
  seen.size_bytes = static_cast<std::uint32_t>(size_bytes);
  seen.topic = packet.topic;
  seen.qos = packet.qos;
  seen.retain = packet.retain;
  seen.dup = packet.dup;
  seen.id = packet.packet_id;
  seen.payload_bytes = packet.payload.size();
  ports_.packet_seen(seen);
}

void Connection::show_sent(const Publication& publication, const ShowAs& show, mqtt::PacketId id, bool dup,
                           std::uint32_t size_bytes) {
  PacketSeen seen;
  seen.is_sent = true;
  seen.type = PacketType::publish;
  seen.size_bytes = size_bytes;
  seen.topic = topic_in_tenant(publication.view().topic);
  seen.qos = show.qos;
  seen.retain = show.retain;
  seen.dup = dup;
  if (show.qos != mqtt::QoS::at_most_once) seen.id = id;
  seen.payload_bytes = publication.view().payload.size();
  ports_.packet_seen(seen);
}

mqtt::EncodeLimits Connection::encode_limits() const {
  return {version_, client_packet_bytes_max_,
          problem_information_ ? mqtt::ProblemInformation::send : mqtt::ProblemInformation::omit};
}

}  // namespace tenon::session
