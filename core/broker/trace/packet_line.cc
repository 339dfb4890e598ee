#include "broker/trace/packet_line.h"

#include "mqtt/decode.h"
#include "mqtt/frame.h"

namespace tenon::broker {

namespace {

using mqtt::PacketType;
using session::PacketSeen;

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 256;
  std::string out = "\"" + std::string(text.substr(0, shown_max));
  return out + (text.size() > shown_max ? "...\"" : "\"");
}

std::string id_of(mqtt::PacketId id) {
  return " id " + std::to_string(mqtt::number(id));
}

std::string qos_of(mqtt::QoS qos) {
  return " qos " + std::string(mqtt::to_string(qos));
}

std::string reason_of(mqtt::ReasonCode code) {
  return " " + std::string(mqtt::to_string(code));
}

std::optional<mqtt::Frame> frame_of(const PacketSeen& seen, mqtt::Version version) {
  mqtt::FrameRules rules;
  rules.types = mqtt::PacketTypeSet::of(seen.type);
  rules.version = version;
  if (seen.type == PacketType::connect) rules.version.reset();
  const mqtt::FrameResult found = mqtt::find_frame(seen.packet, rules);
  if (found.status != mqtt::FrameStatus::ready) return std::nullopt;
  return found.frame;
}

std::string publish_line(const PacketSeen& seen) {
  std::string line = " " + quoted(seen.topic) + qos_of(seen.qos);
  if (seen.id != mqtt::PacketId::none) line += id_of(seen.id);
  line += ", " + std::to_string(seen.payload_bytes) + " bytes";
  if (seen.retain) line += ", retain";
  if (seen.dup) line += ", dup";
  return line;
}

std::string connect_line(const mqtt::Frame& frame) {
  const auto connect = mqtt::decode_connect(frame);
  if (!connect) return " that is malformed";
  std::string line =
      " " + std::string(mqtt::to_string(connect->version)) + " client " + quoted(connect->client_id);
  if (connect->user_name) line += " user " + quoted(*connect->user_name);
  if (connect->password) line += " with a password";
  if (connect->properties.authentication_method)
    line += " method " + quoted(*connect->properties.authentication_method);
  line += connect->clean_start ? ", clean start" : ", not a clean start";
  line += ", keep alive " + std::to_string(connect->keep_alive_s) + " s";
  if (connect->will)
    line += ", will to " + quoted(connect->will->topic) + qos_of(connect->will->qos) + ", " +
            std::to_string(connect->will->payload.size()) + " bytes";
  return line;
}

std::string subscribe_line(const mqtt::Frame& frame, mqtt::Version version) {
  const auto packet = mqtt::decode_subscribe(frame, version);
  if (!packet) return " that is malformed";
  std::string line = id_of(packet->packet_id) + ":";
  for (const mqtt::Subscription& one : packet->subscriptions)
    line += " " + quoted(one.filter) + qos_of(one.qos);
  return line;
}

std::string unsubscribe_line(const mqtt::Frame& frame, mqtt::Version version) {
  const auto packet = mqtt::decode_unsubscribe(frame, version);
  if (!packet) return " that is malformed";
  std::string line = id_of(packet->packet_id) + ":";
  for (const std::string_view filter : packet->filters) line += " " + quoted(filter);
  return line;
}

std::string codes_line(const mqtt::Decoded<mqtt::Suback>& packet) {
  if (!packet) return "";
  std::string line = id_of(packet->packet_id);
  for (std::size_t i = 0; i < packet->codes.size(); ++i)
    line += (i == 0 ? ":" : ",") + reason_of(packet->codes[i]);
  return line;
}

std::string disconnect_line(const mqtt::Frame& frame, mqtt::Version version, mqtt::Sender sender) {
  const auto packet = mqtt::decode_disconnect(frame, version, sender);
  if (!packet) return " that is malformed";
  return reason_of(packet->reason);
}

std::string rest_of(const PacketSeen& seen, const mqtt::Frame& frame, mqtt::Version version) {
  const auto sender = seen.is_sent ? mqtt::Sender::server : mqtt::Sender::client;
  switch (seen.type) {
    case PacketType::connect:
      return connect_line(frame);
    case PacketType::connack:
      if (const auto packet = mqtt::decode_connack(frame, version))
        return reason_of(packet->reason) + (packet->session_present ? ", session present" : "");
      return "";
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      if (const auto packet = mqtt::decode_ack(frame, version))
        return id_of(packet->packet_id) + reason_of(packet->reason);
      return " that is malformed";
    case PacketType::subscribe:
      return subscribe_line(frame, version);
    case PacketType::unsubscribe:
      return unsubscribe_line(frame, version);
    case PacketType::suback:
      return codes_line(mqtt::decode_suback(frame, version));
    case PacketType::unsuback:
      return codes_line(mqtt::decode_unsuback(frame, version));
    case PacketType::disconnect:
      return disconnect_line(frame, version, sender);
    case PacketType::auth:
      if (const auto packet = mqtt::decode_auth(frame, sender)) return reason_of(packet->reason);
      return " that is malformed";
    default:
      return "";
  }
}

}  // namespace

std::string packet_line(const PacketSeen& seen, mqtt::Version version) {
  const std::string type(mqtt::to_string(seen.type));
  if (seen.type == PacketType::publish) return type + publish_line(seen);
  const auto frame = frame_of(seen, version);
  return frame ? type + rest_of(seen, *frame, version) : type + " that is malformed";
}

PacketTopics packet_topics(const PacketSeen& seen, mqtt::Version version) {
  PacketTopics topics;
  if (seen.type == PacketType::publish) topics.topic = seen.topic;
  const auto frame = seen.type == PacketType::publish ? std::nullopt : frame_of(seen, version);
  if (!frame) return topics;
  if (seen.type == PacketType::connect) {
    if (const auto connect = mqtt::decode_connect(*frame)) topics.client_id = connect->client_id;
  } else if (seen.type == PacketType::subscribe) {
    if (const auto packet = mqtt::decode_subscribe(*frame, version))
      for (const mqtt::Subscription& one : packet->subscriptions) topics.filters.emplace_back(one.filter);
  } else if (seen.type == PacketType::unsubscribe) {
    if (const auto packet = mqtt::decode_unsubscribe(*frame, version))
      for (const std::string_view filter : packet->filters) topics.filters.emplace_back(filter);
  }
  return topics;
}

}  // namespace tenon::broker
