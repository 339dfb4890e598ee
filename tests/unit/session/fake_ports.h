#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "session/ports.h"

namespace tenon::session {

// The broker around a connection, as a record of what was asked and settings for what is answered.
class FakePorts final : public Ports {
 public:
  struct Published {
    std::string topic;
    std::string payload;
    mqtt::QoS qos;
    bool retain;
  };

  // Answers. Empty: the test answers later.
  std::optional<AuthOutcome> auth_answer = AuthOutcome{};
  std::optional<AuthOutcome> auth_again_answer;  // to AUTH packets
  std::optional<AttachOutcome> attach_answer = AttachOutcome{};
  std::optional<mqtt::ReasonCode> publish_answer = mqtt::ReasonCode::success;
  bool record_answer = true;  // false: the test answers release() and forget_received() later

  // Record.
  Connection* connection = nullptr;
  std::vector<std::string> authenticated;
  std::vector<std::string> auth_packets;  // "continue authentication: data"
  std::vector<AttachRequest> attached;
  std::vector<Published> published;
  std::vector<PublishToken> tokens;
  std::vector<std::uint64_t> acknowledged;
  std::vector<std::uint64_t> released;
  std::vector<mqtt::PacketId> remembered;
  std::vector<mqtt::PacketId> forgotten;
  std::vector<std::pair<DropCause, mqtt::QoS>> drops;
  std::vector<std::pair<Limit, mqtt::QoS>> refusals;
  std::vector<EndInfo> ends;
  std::vector<Limit> limits_met;
  std::vector<std::string> seen;  // "> PUBLISH t 1 p1 n7": way, type, topic, QoS, id, payload
  std::deque<InboxItem> inbox;
  std::uint64_t sent_position = 0;
  std::uint64_t queue_room = UINT64_MAX;  // what all sessions together may still queue
  int fetches = 0;
  int connects_received = 0;

  void connect_came() override { ++connects_received; }
  void authenticate(const mqtt::Connect&, std::string_view client_id) override {
    authenticated.emplace_back(client_id);
    if (auth_answer) connection->on_authenticated(*auth_answer);
  }
  void continue_authentication(const mqtt::Auth& packet) override {
    auth_packets.push_back(std::string(mqtt::to_string(packet.reason)) + ": " +
                           std::string(as_text(packet.properties.authentication_data.value_or(Bytes{}))));
    if (auth_again_answer) connection->on_authenticated(*auth_again_answer);
  }
  std::string assign_client_id() override { return "assigned"; }
  void attach(const AttachRequest& request) override {
    attached.push_back(request);
    if (attach_answer) connection->on_attached(*attach_answer);
  }
  std::optional<mqtt::ReasonCode> publish(const MessageView& message, PublishToken token) override {
    published.push_back(
        {std::string(message.topic), std::string(as_text(message.payload)), message.qos, message.retain});
    tokens.push_back(token);
    return message.qos == mqtt::QoS::at_most_once ? mqtt::ReasonCode::success : publish_answer;
  }
  void refused(mqtt::QoS qos, Limit limit) override { refusals.emplace_back(limit, qos); }
  void subscribe(const mqtt::Subscribe& packet) override {
    std::vector<mqtt::ReasonCode> codes;
    for (const auto& wanted : packet.subscriptions)
      codes.push_back(static_cast<mqtt::ReasonCode>(wanted.qos));
    connection->on_subscribed(packet.packet_id, codes);
  }
  void unsubscribe(const mqtt::Unsubscribe& packet) override {
    const std::vector<mqtt::ReasonCode> codes(packet.filters.size(), mqtt::ReasonCode::success);
    connection->on_unsubscribed(packet.packet_id, codes);
  }
  bool fetch(std::uint64_t position, std::size_t message_count_max, std::vector<InboxItem>& items) override {
    ++fetches;
    for (const auto& item : inbox) {
      if (item.position < position) continue;
      if (item.message && message_count_max-- == 0) return true;
      items.push_back(item);
    }
    return false;
  }
  void sent(std::uint64_t position) override { sent_position = position; }
  void acknowledge(std::uint64_t number) override { acknowledged.push_back(number); }
  void release(std::uint64_t number) override {
    released.push_back(number);
    if (record_answer) connection->on_released(number);
  }
  void remember_received(mqtt::PacketId id) override { remembered.push_back(id); }
  void forget_received(mqtt::PacketId id) override {
    forgotten.push_back(id);
    if (record_answer) connection->on_forgotten(id);
  }
  bool queue_grows(std::uint64_t bytes) override {
    if (queue_room < bytes) return false;
    queue_room -= bytes;
    return true;
  }
  void queue_shrinks(std::uint64_t bytes) override { queue_room += bytes; }
  void dropped(DropCause cause, mqtt::QoS qos) override { drops.emplace_back(cause, qos); }
  void limit_met(Limit limit) override { limits_met.push_back(limit); }
  void packet_seen(const PacketSeen& packet) override {
    std::string line = (packet.is_sent ? "> " : "< ") + std::string(mqtt::to_string(packet.type));
    if (packet.type == mqtt::PacketType::publish)
      line += " " + std::string(packet.topic) + " qos" + std::string(mqtt::to_string(packet.qos)) + " id" +
              std::to_string(mqtt::number(packet.id)) + " bytes" + std::to_string(packet.payload_bytes);
    else
      EXPECT_EQ(packet.packet.size(), packet.size_bytes);
    seen.push_back(line);
  }
  void ended(const EndInfo& info) override { ends.push_back(info); }
};

}  // namespace tenon::session
