#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "mqtt/byte_buffer.h"
#include "mqtt/decode.h"
#include "mqtt/encode.h"
#include "session/connection.h"
#include "session/fake_ports.h"

namespace tenon::session {

// A connection under test with a client that speaks to it in whole packets.
class ConnectionTest : public ::testing::Test {
 protected:
  // A packet that the broker sent, as text: "PUBACK 7 success", "PUBLISH t alias3 qos1 id1 dup retain:
  // payload".
  using Lines = std::vector<std::string>;

  void open() {
    connection = std::make_unique<Connection>(limits, time, ports, chunks);
    ports.connection = connection.get();
  }

  template <class Encode>
  void send(Encode&& encode) {
    mqtt::ByteBuffer buffer;
    ASSERT_EQ(encode(buffer.writer()), mqtt::EncodeStatus::ok);
    connection->on_bytes(buffer.bytes());
  }

  mqtt::Connect connect_packet(mqtt::Version version = mqtt::Version::v5) {
    mqtt::Connect packet;
    packet.version = version;
    packet.client_id = "client";
    return packet;
  }
  void connect(const mqtt::Connect& packet) {
    if (!connection) open();
    send([&](mqtt::Writer& out) { return mqtt::encode_connect(out, packet, {packet.version}); });
    version = packet.version;
  }
  void auth(mqtt::ReasonCode code, std::optional<std::string_view> method, std::string_view data) {
    mqtt::Auth packet;
    packet.reason = code;
    packet.properties.authentication_method = method;
    if (!data.empty()) packet.properties.authentication_data = as_bytes(data);
    send([&](mqtt::Writer& out) { return mqtt::encode_auth(out, packet, {version}); });
  }
  // Connects and forgets the CONNACK.
  void go_live(mqtt::Version v = mqtt::Version::v5) {
    connect(connect_packet(v));
    ASSERT_TRUE(connection->live());
    received();
  }
  void publish(std::string_view topic, mqtt::QoS qos, unsigned id, std::string_view payload = "p",
               bool dup = false) {
    mqtt::Publish packet;
    packet.topic = topic;
    packet.qos = qos;
    packet.dup = dup;
    packet.packet_id = static_cast<mqtt::PacketId>(id);
    packet.payload = as_bytes(payload);
    send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {version}); });
  }
  void publish_text(mqtt::QoS qos, unsigned id, std::string_view payload, bool dup = false) {
    mqtt::Publish packet;
    packet.topic = "t";
    packet.qos = qos;
    packet.dup = dup;
    packet.packet_id = static_cast<mqtt::PacketId>(id);
    packet.properties.payload_format = mqtt::PayloadFormat::text;
    packet.payload = as_bytes(payload);
    send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {version}); });
  }
  void ack(mqtt::PacketType type, unsigned id, mqtt::ReasonCode code = mqtt::ReasonCode::success) {
    mqtt::Ack packet;
    packet.type = type;
    packet.packet_id = static_cast<mqtt::PacketId>(id);
    packet.reason = code;
    send([&](mqtt::Writer& out) { return mqtt::encode_ack(out, packet, {version}); });
  }
  void disconnect(mqtt::ReasonCode code = mqtt::ReasonCode::success,
                  std::optional<std::uint32_t> expiry_s = {}) {
    mqtt::Disconnect packet;
    packet.reason = code;
    packet.properties.session_expiry_s = expiry_s;
    send([&](mqtt::Writer& out) { return mqtt::encode_disconnect(out, packet, {version}); });
  }
  void deliver(std::string_view topic, mqtt::QoS qos, std::string_view payload = "p") {
    MessageView view;
    view.topic = topic;
    view.payload = as_bytes(payload);
    view.qos = qos;
    Publication publication(view);
    connection->deliver(publication, {qos, false, {}});
  }

  // Everything in the output, taken out of it. `all` false: as many bytes as the network took.
  std::string take_output() {
    std::array<Bytes, 64> pieces;
    std::string bytes;
    while (!connection->output().empty()) {
      const std::size_t count = connection->output().gather(pieces);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        bytes += as_text(pieces[i]);
        size += pieces[i].size();
      }
      connection->output().consume(size);
    }
    return bytes;
  }
  Lines received() {
    const std::string bytes = take_output();
    Lines lines;
    Bytes rest = as_bytes(bytes);
    while (!rest.empty()) {
      const auto rules = rest[0] >> 4 == 2
                             ? mqtt::rules_before_connack(version, mqtt::packet_bytes_limit)
                             : mqtt::rules_for(version, mqtt::Sender::server, mqtt::packet_bytes_limit);
      const auto found = mqtt::find_frame(rest, rules);
      if (found.status != mqtt::FrameStatus::ready) {
        ADD_FAILURE() << "the broker sent something that is no packet";
        break;
      }
      lines.push_back(describe(found.frame));
      rest = rest.subspan(found.frame.size_bytes());
    }
    return lines;
  }

  ConnectionLimits limits;
  TurnTime time{1'000 * ns_per_s, 1'700'000'000'000};
  FakePorts ports;
  ChunkPool chunks;
  std::unique_ptr<Connection> connection;
  mqtt::Version version = mqtt::Version::v5;

 private:
  // " method: data"; nothing without a method.
  template <class Properties>
  static std::string exchange_of(const Properties& properties) {
    if (!properties.authentication_method) return {};
    return " " + std::string(*properties.authentication_method) + ": " +
           std::string(as_text(properties.authentication_data.value_or(Bytes{})));
  }
  static std::string response_information_of(const mqtt::ConnackProperties& properties) {
    if (!properties.response_information) return {};
    return " response " + std::string(*properties.response_information);
  }
  std::string describe(const mqtt::Frame& frame) const {
    using mqtt::PacketType;
    std::string line(mqtt::to_string(frame.type));
    const auto id_text = [](mqtt::PacketId id) { return " " + std::to_string(mqtt::number(id)); };
    if (frame.type == PacketType::connack) {
      const auto packet = mqtt::decode_connack(frame, version);
      return line + " " + std::string(mqtt::to_string(packet->reason)) +
             (packet->session_present ? " present" : "") + exchange_of(packet->properties) +
             response_information_of(packet->properties);
    }
    if (frame.type == PacketType::auth) {
      const auto packet = mqtt::decode_auth(frame, mqtt::Sender::server);
      return line + " " + std::string(mqtt::to_string(packet->reason)) + exchange_of(packet->properties);
    }
    if (frame.type == PacketType::publish) {
      const auto packet = mqtt::decode_publish(frame, version, mqtt::Sender::server);
      if (!packet->topic.empty()) line += " " + std::string(packet->topic);
      if (const auto alias = packet->properties.topic_alias) line += " alias" + std::to_string(*alias);
      line += " qos" + std::string(mqtt::to_string(packet->qos));
      if (packet->packet_id != mqtt::PacketId::none)
        line += " id" + std::to_string(mqtt::number(packet->packet_id));
      if (packet->dup) line += " dup";
      if (packet->retain) line += " retain";
      return line + ": " + std::string(as_text(packet->payload));
    }
    if (frame.type == PacketType::disconnect) {
      const auto packet = mqtt::decode_disconnect(frame, version, mqtt::Sender::server);
      return line + " " + std::string(mqtt::to_string(packet->reason));
    }
    if (frame.type == PacketType::suback || frame.type == PacketType::unsuback) {
      const auto packet = frame.type == PacketType::suback ? mqtt::decode_suback(frame, version)
                                                           : mqtt::decode_unsuback(frame, version);
      return line + id_text(packet->packet_id);
    }
    if (frame.type == PacketType::pingresp) return line;
    const auto packet = mqtt::decode_ack(frame, version);
    return line + id_text(packet->packet_id) + " " + std::string(mqtt::to_string(packet->reason));
  }
};

}  // namespace tenon::session
