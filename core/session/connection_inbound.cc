#include <algorithm>

#include "base/text/topic_syntax.h"
#include "base/text/utf8.h"
#include "mqtt/decode.h"
#include "session/connection.h"
#include "session/connection_write.h"
#include "session/topic_aliases.h"

// Messages of the client and their acknowledgements.

namespace tenon::session {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::ReasonCode;

namespace {

// Why, where no code says it.
constexpr std::string_view not_kept = "not kept: the nodes that it takes have not answered in time";

}  // namespace

void Connection::on_publish(const mqtt::Frame& frame) {
  auto decoded = mqtt::decode_publish(frame, version_, mqtt::Sender::client);
  if (!decoded) return fail(decoded.error());
  mqtt::Publish& packet = decoded.draft();
  if (!resolve_alias(packet)) return;
  if (time_.is_traced) [[unlikely]]
    show_publish(packet, frame.size_bytes());
  if (!admit_publish(packet)) return;

  if (packet.qos == QoS::exactly_once && !received_.insert(packet.packet_id)) {
    // Sent again before it was released: it has been taken already [MQTT-4.3.3-10]. When its first answer is
    // still on its way, that one serves.
    if (!acks_.owes(PacketType::pubrec, packet.packet_id))
      owe_ack(PacketType::pubrec, packet.packet_id, ReasonCode::success);
    return;
  }
  if (!is_payload_as_said(packet.properties, packet.payload)) [[unlikely]] {
    // The connection may go on (MQTT 5.0 §3.3.2.3.2); with QoS 0 nobody is told.
    ports_.refused(packet.qos, Limit::payload_format);
    return answer_publish(packet, ReasonCode::payload_format_invalid);
  }
  if (packet.qos == QoS::exactly_once && has_inbox_) ports_.remember_received(packet.packet_id);

  std::array<std::uint8_t, 512> small;
  std::vector<std::uint8_t> large;
  MessageView message = view_of(packet);
  if (const std::size_t size = packet.properties.forwarded.encoded_bytes(); size > 0) {
    if (size > small.size()) large.resize(size);
    std::uint8_t* to = size > small.size() ? large.data() : small.data();
    packet.properties.forwarded.copy_to(to);
    message.forwarded = {to, size};
  }
  answer_publish(packet, ports_.publish(message, acks_.next_token()));
}

void Connection::answer_publish(const mqtt::Publish& packet, std::optional<ReasonCode> code) {
  if (packet.qos == QoS::at_most_once || phase_ != Phase::live) return;
  owe_ack(packet.qos == QoS::at_least_once ? PacketType::puback : PacketType::pubrec, packet.packet_id, code);
}

bool Connection::resolve_alias(mqtt::Publish& packet) {
  if (version_ != mqtt::Version::v5) return true;
  const std::uint16_t alias = packet.properties.topic_alias.value_or(0);
  if (alias == 0) return true;
  if (alias > limits_.topic_alias_max) {
    fail(ReasonCode::topic_alias_invalid, "topic alias above the maximum");  // [MQTT-3.3.2-9]
    return false;
  }
  if (!packet.topic.empty()) {
    if (!aliases_) aliases_ = std::make_unique<TopicAliases>();
    aliases_->set(alias, packet.topic);
    return true;
  }
  if (aliases_) packet.topic = aliases_->find(alias);
  if (!packet.topic.empty()) return true;
  fail(ReasonCode::protocol_error, "topic alias without a topic");
  return false;
}

bool Connection::admit_publish(const mqtt::Publish& packet) {
  const auto refuse = [this](ReasonCode code, const char* reason) {
    fail(code, reason);
    return false;
  };
  const auto refuse_at = [&](Limit limit, ReasonCode code, const char* reason) {
    ports_.limit_met(limit);
    return refuse(code, reason);
  };
  if (packet.qos > qos_max_) return refuse(ReasonCode::qos_not_supported, "QoS above the maximum");
  if (packet.topic.size() > limits_.topic_bytes_max || is_deeper_than(packet.topic, limits_.topic_levels_max))
    return refuse_at(Limit::topic, ReasonCode::topic_name_invalid, "topic too long or too deep");
  if (!packet.properties.user.empty()) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& property : packet.properties.user) ++count;
    if (count > limits_.user_properties_max)
      return refuse_at(Limit::user_properties, ReasonCode::quota_exceeded, "too many user properties");
  }
  if (packet.qos != QoS::at_most_once && version_ == mqtt::Version::v5 && is_beyond_quota(packet))
    return refuse(ReasonCode::receive_maximum_exceeded, "receive maximum exceeded");
  return true;
}

// [MQTT-3.3.4-7]: the client may have as many as the receive maximum unacknowledged, and no more. One with
// QoS 2 stands in received_ until its PUBREL, its PUBREC in acks_ for the first part of that time. A client
// that sends PUBREL early has that PUBREC counted, so that what it is owed has an end. What an earlier
// connection has left counts when it is sent again (MQTT 5.0 section 4.9: each connection begins anew).
bool Connection::is_beyond_quota(const mqtt::Publish& packet) const {
  const bool is_counted = packet.qos == QoS::exactly_once && received_.contains(packet.packet_id);
  return !is_counted &&
         std::max(acks_.size(), acks_.puback_count() + received_.own_count()) >= receive_maximum_;
}

bool Connection::is_payload_as_said(const mqtt::MessageProperties& properties, Bytes payload) const {
  return !limits_.payload_format_check || properties.payload_format != mqtt::PayloadFormat::text ||
         is_utf8(as_text(payload));
}

MessageView Connection::view_of(const mqtt::Publish& packet) const {
  MessageView view;
  view.topic = packet.topic;
  view.payload = packet.payload;
  view.qos = packet.qos;
  view.retain = packet.retain;
  view.source = key_;
  if (const auto expiry = packet.properties.message_expiry_s)
    view.expires_at_ms = time_.unix_ms + static_cast<UnixMs>(*expiry) * 1000;
  return view;
}

void Connection::owe_ack(PacketType type, mqtt::PacketId id, std::optional<ReasonCode> code) {
  if (code && acks_.empty()) {
    settle_received({type, id, code});
    return send_ack(type, id, *code);
  }
  acks_.push({type, id, code});
}

void Connection::on_published(PublishToken token, ReasonCode code) {
  if (phase_ != Phase::live || !acks_.set_ready(token, code)) return;
  send_ready_acks();
}

void Connection::send_ready_acks() {
  while (const auto entry = acks_.pop_ready()) {
    settle_received(*entry);
    send_ack(entry->type, entry->packet_id, *entry->code);
  }
}

// A PUBREC with an error frees the id: no PUBREL follows. [MQTT-4.3.3-9]
void Connection::settle_received(const AckQueue::Entry& entry) {
  if (entry.type != PacketType::pubrec || !mqtt::is_failure(*entry.code) || version_ != mqtt::Version::v5)
    return;
  received_.erase(entry.packet_id);
  if (has_inbox_) ports_.forget_received(entry.packet_id);
}

void Connection::on_pubrel(const mqtt::Ack& packet) {
  const bool known = received_.erase(packet.packet_id);
  // With PUBCOMP the id is free for another message, which must not be taken for this one after a resume.
  if (known && has_inbox_) {
    pubcomp_owed_.insert(packet.packet_id);
    return ports_.forget_received(packet.packet_id);
  }
  // Sent again while the first one is being worked on.
  if (pubcomp_owed_.contains(packet.packet_id)) return;
  // [MQTT-4.3.3-11]; an unknown id is answered too, as PUBREL is resent until PUBCOMP arrives.
  send_ack(PacketType::pubcomp, packet.packet_id,
           known ? ReasonCode::success : ReasonCode::packet_identifier_not_found);
}

void Connection::on_forgotten(mqtt::PacketId id) {
  // After a refused PUBLISH its PUBREC has freed the id already, and nothing is owed.
  if (phase_ != Phase::live || !pubcomp_owed_.erase(id)) return;
  send_ack(PacketType::pubcomp, id, ReasonCode::success);
}

void Connection::send_ack(PacketType type, mqtt::PacketId id, ReasonCode code) {
  // The common form, four bytes: 3.x always, 5.0 when all is well (MQTT 5.0 §3.4.2.1).
  if (code == ReasonCode::success || version_ != mqtt::Version::v5) {
    std::uint8_t* to = output_.extend(4);
    to[0] =
        static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | (type == PacketType::pubrel ? 2u : 0u));
    to[1] = 2;
    store_be16(to + 2, mqtt::number(id));
    if (time_.is_traced) [[unlikely]]
      show(true, {to, 4});
    return;
  }
  mqtt::Ack packet;
  packet.type = type;
  packet.packet_id = id;
  packet.reason = code;
  // Neither PUBACK nor PUBREC may have that code. [MQTT-3.4.2-1] [MQTT-3.5.2-1]
  if (code == ReasonCode::server_unavailable) {
    packet.reason = ReasonCode::unspecified_error;
    packet.properties.reason_string = not_kept;
  }
  write([&](mqtt::Writer& out) { return mqtt::encode_ack(out, packet, encode_limits()); });
}

}  // namespace tenon::session
