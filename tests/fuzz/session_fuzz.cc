// Fuzzes sequences of packets against the session machine: what the client sends, what the broker answers and
// when, what time it is and how the network takes the output are all read from the input.
//
// What must hold: the connection keeps to the words of its ports, and what the client sees to the rules of
// MQTT.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "input.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/encode.h"
#include "session/client_monitor.h"
#include "session/connection.h"
#include "session/fuzz_ports.h"

namespace {

using namespace tenon;
using fuzz::Input;

class Run {
 public:
  explicit Run(Input& input) : input_(input), ports_(input) {
    limits_.queue_count_max = 4;
    limits_.queue_bytes_max = 4096;
    limits_.output_bytes_max = 2048;
    limits_.inflight_max = 5;
    limits_.receive_maximum = 4;
    limits_.slow_client_timeout_s = 2;
    connection_ = std::make_unique<session::Connection>(limits_, time_, ports_, chunks_);
    ports_.connection = connection_.get();
  }

  void go() {
    while (!input_.is_empty()) {
      step(input_.byte() % 20);
      look();
    }
    connection_->on_peer_closed();
    TENON_BUG(!ports_.is_attached(), "the end is told");
  }

 private:
  void step(unsigned what) {
    switch (what) {
      case 0:
        // Once more is the end of it.
        return is_connected_ && input_.byte() % 32 != 0 ? void() : connect();
      case 1:
      case 2:
      case 3:
        return publish();
      case 4:
      case 5:
      case 6:
      case 7:
        return acknowledge();
      case 8:
        return subscribe();
      case 9:
        return (void)send([](mqtt::Writer& out) { return mqtt::encode_pingreq(out); });
      case 10:
        return leave_or_authenticate();
      case 11:
        return input_.byte() % 32 == 0 ? raw() : void();
      case 12:
      case 13:
      case 14:
        return deliver();
      case 15:
      case 16:
        return (void)ports_.answer_one();
      case 17:
        return pass_time();
      case 18:
        is_blocked_ = input_.byte() % 2 == 0;
        return connection_->pause_input(input_.byte() % 4 == 0);
      default:
        return meddle();
    }
  }

  // What a link does behind each call.
  void look() {
    if (!is_blocked_ || connection_->closing()) {
      for (int round = 0; round < 8 && !connection_->output().empty(); ++round) {
        monitor_.take(take_output());
        connection_->on_output_sent();
      }
    }
    if (!unread_.empty() && connection_->takes_input()) feed({});
  }

  void connect() {
    mqtt::Connect packet;
    constexpr std::array versions = {mqtt::Version::v5, mqtt::Version::v3_1_1, mqtt::Version::v3_1};
    packet.version = versions[input_.byte() % versions.size()];
    const std::uint8_t how = input_.byte();
    packet.clean_start = how % 2 == 0;
    packet.client_id = how % 4 < 3 ? "client" : "";
    packet.keep_alive_s = how & 16 ? 5 : 0;
    if (how & 32) packet.properties.session_expiry_s = 100;
    if (how & 64) packet.properties.receive_maximum = 1 + input_.byte() % 4;
    if (how & 8) packet.properties.topic_alias_maximum = how & 4 ? 1 : 20;
    if (how & 128) packet.properties.packet_bytes_max = 20 + input_.byte();
    if (input_.byte() % 4 == 0) {
      mqtt::Will& will = packet.will.emplace();
      will.topic = "will";
      will.qos = mqtt::QoS::at_least_once;
    }
    if (input_.byte() % 8 == 0) packet.properties.authentication_method = "M";
    if (!is_connected_) {
      is_connected_ = true;
      version_ = monitor_.version = packet.version;
      monitor_.window_max = limits_.inflight_max;
      if (packet.version == mqtt::Version::v5 && packet.properties.receive_maximum)
        monitor_.window_max = std::min<std::size_t>(monitor_.window_max, *packet.properties.receive_maximum);
      if (packet.version == mqtt::Version::v5) {
        monitor_.alias_max = packet.properties.topic_alias_maximum.value_or(0);
        monitor_.packet_bytes_max = packet.properties.packet_bytes_max.value_or(mqtt::packet_bytes_limit);
      }
    }
    send([&](mqtt::Writer& out) { return mqtt::encode_connect(out, packet, {packet.version}); });
  }

  void publish() {
    const std::uint8_t how = input_.byte();
    mqtt::Publish packet;
    packet.qos = static_cast<mqtt::QoS>(how % 3);
    packet.retain = how & 16;
    packet.topic = how & 32 ? "a/b" : "c";
    if (packet.qos != mqtt::QoS::at_most_once) {
      packet.packet_id = mqtt::PacketId(1 + input_.byte() % 6);
      packet.dup = how & 64;
    }
    // Aliases are of 5.0, up to ten; what is not known yet, or too high, is the end.
    if (how & 128 && version_ == mqtt::Version::v5) {
      const std::uint8_t alias = input_.byte();
      packet.properties.topic_alias = alias == 255 ? 11 : alias % 8 + 1;
      if (alias % 32 == 31) packet.topic = "";
    }
    const std::string payload(input_.byte(), 'p');
    packet.payload = as_bytes(payload);
    if (send([&](mqtt::Writer& out) { return mqtt::encode_publish(out, packet, {version_}); }) &&
        packet.qos == mqtt::QoS::at_least_once)
      monitor_.published(packet.packet_id);
    feed_pending();
  }

  void acknowledge() {
    if (is_blocked_) return;  // a client answers what it has seen
    constexpr std::array types = {mqtt::PacketType::puback, mqtt::PacketType::pubrec,
                                  mqtt::PacketType::pubrel, mqtt::PacketType::pubcomp};
    mqtt::Ack packet;
    packet.type = types[input_.byte() % types.size()];
    packet.packet_id = mqtt::PacketId(1 + input_.byte() % 8);
    // Mostly what is owed.
    const std::uint8_t which = input_.byte();
    if (const auto owed = monitor_.owed_by_client(which); owed && which % 16 != 0) {
      packet.type = owed->first;
      packet.packet_id = owed->second;
    } else if (which % 32 != 0) {
      packet.type = mqtt::PacketType::pubrel;
    }
    if (input_.byte() % 8 == 0 && version_ == mqtt::Version::v5 && packet.type != mqtt::PacketType::pubrel &&
        packet.type != mqtt::PacketType::pubcomp)
      packet.reason = mqtt::ReasonCode::quota_exceeded;
    // What is put off is answered later than the client thinks.
    if (!unread_.empty() || !connection_->takes_input()) monitor_.knows_all = false;
    monitor_.acknowledged(packet.type, packet.packet_id, mqtt::is_failure(packet.reason));
    send([&](mqtt::Writer& out) { return mqtt::encode_ack(out, packet, {version_}); });
  }

  void subscribe() {
    const std::array<mqtt::Subscription, 1> wanted = {mqtt::Subscription{"a/#", mqtt::QoS::at_least_once}};
    const std::array<std::string_view, 1> filters = {"a/#"};
    const mqtt::PacketId id{static_cast<std::uint16_t>(1 + input_.byte() % 8)};
    if (input_.byte() % 2 == 0)
      send([&](mqtt::Writer& out) { return mqtt::encode_subscribe(out, id, {}, wanted, {version_}); });
    else
      send([&](mqtt::Writer& out) { return mqtt::encode_unsubscribe(out, id, {}, filters, {version_}); });
  }

  void leave_or_authenticate() {
    const std::uint8_t how = input_.byte() % 32;
    if (how == 0) disconnect();
    if (how == 1) authenticate();
  }

  void disconnect() {
    mqtt::Disconnect packet;
    if (input_.byte() % 2 == 0) packet.properties.session_expiry_s = input_.byte();
    send([&](mqtt::Writer& out) { return mqtt::encode_disconnect(out, packet, {version_}); });
  }

  void authenticate() {
    mqtt::Auth packet;
    packet.reason = input_.byte() % 2 == 0 ? mqtt::ReasonCode::continue_authentication
                                           : mqtt::ReasonCode::re_authenticate;
    packet.properties.authentication_method = input_.byte() % 4 == 0 ? "N" : "M";
    send([&](mqtt::Writer& out) { return mqtt::encode_auth(out, packet, {version_}); });
  }

  void raw() {
    monitor_.knows_all = false;
    std::string bytes;
    for (unsigned left = input_.byte() % 32; left > 0; --left)
      bytes.push_back(static_cast<char>(input_.byte()));
    feed(bytes);
  }

  void deliver() {
    if (!connection_->live()) return;
    if (ports_.has_inbox() && input_.byte() % 2 == 0) {
      ports_.add_item(session::InboxItem::State::fresh);
      return connection_->on_inbox_ready();
    }
    session::MessageView view;
    constexpr std::array<std::string_view, 4> topics = {"t", "topic/1", "topic/22", "topic/333"};
    const std::uint8_t size = input_.byte();
    view.topic = topics[size % topics.size()];
    const std::string payload(size * 4u, view.topic.back());
    view.payload = as_bytes(payload);
    view.qos = static_cast<mqtt::QoS>(input_.byte() % 3);
    if (input_.byte() % 8 == 0) view.expires_at_ms = time_.unix_ms + input_.byte() * 10;
    // With an inbox, what comes past it has QoS 0.
    if (ports_.has_inbox()) view.qos = mqtt::QoS::at_most_once;
    const std::uint32_t id = 7;
    session::Publication publication(view);
    const std::uint64_t group = input_.byte() % 4 == 0 ? 9 : 0;
    connection_->deliver(publication, {view.qos, input_.byte() % 2 == 0, {&id, input_.byte() % 2u}, group});
  }

  void pass_time() {
    const std::int64_t ms = std::int64_t{input_.byte()} * 40;
    time_.mono_ns += ms * ns_per_ms;
    time_.unix_ms += ms;
    const MonoNs deadline = connection_->deadline_ns();
    if (deadline != 0 && deadline <= time_.mono_ns) connection_->on_deadline();
  }

  void meddle() {
    switch (input_.byte() % 16) {
      case 0:
        return connection_->take_over();
      case 1:
        return connection_->disconnect(mqtt::ReasonCode::administrative_action);
      case 2:
        return connection_->excuse_silence();
      default:
        return;
    }
  }

  // False: the packet can't be said in this version.
  template <class Encode>
  bool send(Encode&& encode) {
    mqtt::ByteBuffer buffer;
    if (encode(buffer.writer()) != mqtt::EncodeStatus::ok) return false;
    pending_ = std::string(as_text(buffer.bytes()));
    // At once, or cut in two.
    const std::size_t cut = input_.byte() % 8 == 0 ? input_.byte() % (pending_.size() + 1) : 0;
    if (cut > 0) feed(pending_.substr(0, cut));
    pending_.erase(0, cut);
    if (!is_publish(buffer.bytes())) feed_pending();
    return true;
  }
  static bool is_publish(Bytes bytes) { return bytes[0] >> 4 == 3; }
  // The monitor has to know of a PUBLISH before the broker answers it.
  void feed_pending() { feed(std::exchange(pending_, {})); }

  void feed(const std::string& bytes) {
    if (connection_->closing()) return;
    unread_ += bytes;
    if (!connection_->takes_input()) return;
    const std::size_t used = connection_->on_bytes(as_bytes(unread_));
    TENON_BUG(used <= unread_.size(), "no more is taken than there is");
    unread_.erase(0, used);
  }

  std::string take_output() {
    std::array<Bytes, 64> pieces;
    std::string bytes;
    const std::size_t count = connection_->output().gather(pieces);
    for (std::size_t i = 0; i < count; ++i) bytes += as_text(pieces[i]);
    // The network takes what it likes.
    if (input_.byte() % 4 == 0 && !connection_->closing()) bytes.resize(bytes.size() / 2 + 1);
    connection_->output().consume(bytes.size());
    return bytes;
  }

  Input& input_;
  fuzz::FuzzPorts ports_;
  session::ConnectionLimits limits_;
  session::TurnTime time_{1'000 * ns_per_s, 1'700'000'000'000};
  session::ChunkPool chunks_;
  std::unique_ptr<session::Connection> connection_;
  fuzz::ClientMonitor monitor_;
  mqtt::Version version_ = mqtt::Version::v5;
  std::string pending_;
  std::string unread_;
  bool is_connected_ = false;
  bool is_blocked_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run(input).go();
  return 0;
}
