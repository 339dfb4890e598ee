#pragma once

#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/assert.h"
#include "mqtt/decode.h"
#include "mqtt/frame.h"

namespace tenon::fuzz {

// What a client sees, held against the rules that bind a server. Knows what the client has sent, unless it
// has sent bytes that are no packets of ours. The payload of a message ends with the last byte of its topic.
class ClientMonitor {
 public:
  mqtt::Version version = mqtt::Version::v5;
  std::size_t window_max = 65535;  // Receive Maximum
  std::size_t packet_bytes_max = mqtt::packet_bytes_limit;
  std::uint16_t alias_max = 0;
  bool knows_all = true;

  // QoS 1: PUBACKs come in this order. [MQTT-4.6.0-2]
  void published(mqtt::PacketId id) { owed_.push_back(id); }
  void acknowledged(mqtt::PacketType type, mqtt::PacketId id, bool is_failure) {
    const auto one = open_.find(id);
    if (one == open_.end()) return;
    const bool is_last = (type == mqtt::PacketType::puback && one->second == mqtt::QoS::at_least_once) ||
                         (type == mqtt::PacketType::pubcomp && released_.contains(id)) ||
                         (type == mqtt::PacketType::pubrec && is_failure && !released_.contains(id));
    if (!is_last) return;
    open_.erase(one);
    released_.erase(id);
  }

  // What the client has to answer next to one of the messages that it was sent, `which` of them is the
  // caller's choice.
  std::optional<std::pair<mqtt::PacketType, mqtt::PacketId>> owed_by_client(std::size_t which) const {
    if (open_.empty()) return std::nullopt;
    const auto& [id, qos] = *std::next(open_.begin(), static_cast<std::ptrdiff_t>(which % open_.size()));
    const mqtt::PacketType type = qos == mqtt::QoS::at_least_once ? mqtt::PacketType::puback
                                  : released_.contains(id)        ? mqtt::PacketType::pubcomp
                                                                  : mqtt::PacketType::pubrec;
    return std::pair{type, id};
  }

  void take(const std::string& bytes) {
    stream_ += bytes;
    Bytes rest = as_bytes(stream_);
    while (!rest.empty()) {
      TENON_BUG(!is_over_, "nothing follows the end");
      const bool is_connack = rest[0] >> 4 == 2;
      const auto rules = is_connack
                             ? mqtt::rules_before_connack(version, mqtt::packet_bytes_limit)
                             : mqtt::rules_for(version, mqtt::Sender::server, mqtt::packet_bytes_limit);
      const auto found = mqtt::find_frame(rest, rules);
      TENON_BUG(found.status != mqtt::FrameStatus::refused, "a server sends packets");
      if (found.status != mqtt::FrameStatus::ready) break;
      see(found.frame);
      rest = rest.subspan(found.frame.size_bytes());
    }
    stream_.erase(0, stream_.size() - rest.size());
  }

 private:
  void see(const mqtt::Frame& frame) {
    using mqtt::PacketType;
    if (frame.type == PacketType::connack) {
      const auto packet = mqtt::decode_connack(frame, version);
      TENON_BUG(packet.ok() && !is_in_, "one CONNACK");
      is_in_ = !mqtt::is_failure(packet->reason);
      is_over_ = !is_in_;
      return;
    }
    TENON_BUG(is_in_ || frame.type == PacketType::auth || frame.type == PacketType::disconnect,
              "CONNACK comes first");
    if (frame.type == PacketType::disconnect) is_over_ = true;  // [MQTT-3.14.4-1]
    if (frame.type == PacketType::publish) see_publish(frame);
    if (frame.type == PacketType::pubrel) released_.insert(decode_id(frame));
    if (frame.type == PacketType::puback && knows_all) {
      const mqtt::PacketId id = decode_id(frame);
      TENON_BUG(!owed_.empty() && owed_.front() == id, "PUBACKs keep the order of the messages");
      owed_.pop_front();
    }
  }
  void see_publish(const mqtt::Frame& frame) {
    const auto packet = mqtt::decode_publish(frame, version, mqtt::Sender::server);
    TENON_BUG(packet.ok(), "a server's PUBLISH is one");
    TENON_BUG(frame.size_bytes() <= packet_bytes_max, "Maximum Packet Size holds");  // [MQTT-3.1.2-24]
    std::string topic(packet->topic);
    if (const auto alias = packet->properties.topic_alias) {
      TENON_BUG(*alias <= alias_max, "Topic Alias Maximum holds");  // [MQTT-3.3.2-11]
      if (topic.empty()) topic = aliases_[*alias];
      aliases_[*alias] = topic;
    }
    TENON_BUG(!topic.empty(), "an alias was given before it stands alone");
    TENON_BUG(packet->payload.empty() || packet->payload.back() == topic.back(), "an alias means its topic");
    if (packet->qos == mqtt::QoS::at_most_once || !knows_all) return;
    TENON_BUG(open_.emplace(packet->packet_id, packet->qos).second, "no packet id is in flight twice");
    TENON_BUG(open_.size() <= window_max, "Receive Maximum holds");  // [MQTT-3.3.4-9]
  }
  mqtt::PacketId decode_id(const mqtt::Frame& frame) const {
    const auto packet = mqtt::decode_ack(frame, version);
    TENON_BUG(packet.ok(), "an acknowledgement is one");
    return packet->packet_id;
  }

  std::string stream_;
  std::map<mqtt::PacketId, mqtt::QoS> open_;
  std::set<mqtt::PacketId> released_;
  std::deque<mqtt::PacketId> owed_;
  std::map<std::uint16_t, std::string> aliases_;
  bool is_in_ = false;
  bool is_over_ = false;
};

}  // namespace tenon::fuzz
