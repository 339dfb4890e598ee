#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mqtt/encode.h"
#include "mqtt/frame.h"
#include "mqtt/packets.h"
#include "session/ack_queue.h"
#include "session/connection_limits.h"
#include "session/identity.h"
#include "session/output_queue.h"
#include "session/ports.h"
#include "session/publication.h"
#include "session/received_ids.h"
#include "session/send_window.h"

namespace tenon::session {

class SentAliases;
class TopicAliases;

// The broker's end of one MQTT connection, from the first byte to the last: framing, CONNECT, the flows of
// QoS 1 and 2 in both directions, keep-alive, limits.
//
// Pure: bytes and answers come in by the on_* functions, bytes go out through output(), everything else
// through Ports; time is read from TurnTime. Not thread-safe. After each call the owner looks at closing()
// and output().
//
// A broken rule of the client ends the connection with the reason code of MQTT 5.0 §4.13, or silently in 3.x
// [MQTT-4.8.0-1] of 3.1.1, [MQTT-4.13.1-1].
class Connection {
 public:
  // All references outlive the connection.
  Connection(const ConnectionLimits& limits, const TurnTime& time, Ports& ports, ChunkPool& chunks);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Handles whole packets at the start of `bytes`; returns how many bytes they took. The rest must be given
  // again with what follows it: at once when takes_input(), or when that becomes true again.
  std::size_t on_bytes(Bytes bytes);
  // False while an answer is awaited that later packets depend on, and once closing().
  bool takes_input() const {
    if (phase_ == Phase::awaiting_connect || phase_ == Phase::awaiting_auth) return true;
    // A client that does not read what it is owed is not read either.
    return phase_ == Phase::live && !input_paused_ && acks_.size() < acks_waiting_max &&
           (output_.size_bytes() / 2 < limits_.output_bytes_max || output_lost_);
  }
  // Whether packets of a live client are left where they are for now, from the next one on.
  void pause_input(bool is_paused) { input_paused_ = is_paused; }
  // What the client sends is not looked at: that it says nothing is not held against it.
  void excuse_silence() { last_input_ns_ = time_.mono_ns; }
  // Size of the packet at the start of the bytes that on_bytes left, as far as it is known; 0: unknown.
  std::size_t wanted_bytes() const { return wanted_bytes_; }

  // Answers of the ports. on_authenticated also answers a login of a live connection, which goes on under
  // what held before until then; the limits of the first login stay.
  void on_authenticated(const AuthOutcome& outcome);
  void on_attached(const AttachOutcome& outcome);
  // server_unavailable: the message was not kept in time.
  void on_published(PublishToken token, mqtt::ReasonCode code);
  void on_released(std::uint64_t number);
  void on_forgotten(mqtt::PacketId id);
  void on_subscribed(mqtt::PacketId id, std::span<const mqtt::ReasonCode> codes);
  void on_unsubscribed(mqtt::PacketId id, std::span<const mqtt::ReasonCode> codes);

  // A message for a session without an inbox; also retained messages for a new subscription. REQUIRES:
  // live().
  void deliver(Publication& publication, const ShowAs& show);
  // Whether a message with QoS 1 or 2 and so many bytes of content would be dropped now, for want of room. If
  // so, it counts as one that was: a client that goes on like that is told to go.
  bool turns_down(std::size_t content_bytes);
  // What waits for a session without an inbox, as Ports::queue_grows counts it.
  std::uint64_t queued_bytes() const;
  // The inbox has something behind what was fetched.
  void on_inbox_ready();
  // The output has shrunk: what waited for it may go on.
  void on_output_sent();
  // Whether output() is below its limit.
  bool output_has_room() const { return output_.size_bytes() < limits_.output_bytes_max; }

  // Whether a flood of messages that can wait (retained ones) may go on: all before them is on its way.
  bool wants_more() const { return output_has_room() && !queue_ && (!has_inbox_ || inbox_drained_); }

  // When on_deadline() is due; 0: never.
  MonoNs deadline_ns() const;
  // Closes the connection if the deadline has passed.
  void on_deadline();

  // The transport has ended the link.
  void on_peer_closed();
  // It is about to, behind what the client had sent: nothing reaches the client any more, and what waits for
  // it is not sent. REQUIRES: live(); nothing is delivered from now on.
  void lose_output();
  // Another connection has the session now. [MQTT-3.1.4-3]
  void take_over();
  // The broker ends it: sends DISCONNECT with `code` (5.0), or an error CONNACK before it was answered. With
  // use_another_server and server_moved `server_reference` says where that is; empty: nobody knows.
  void disconnect(mqtt::ReasonCode code, std::string_view server_reference = {});

  bool live() const { return phase_ == Phase::live; }
  // Send what is in output(), then close the link. ended() has been called if it was due.
  bool closing() const { return phase_ == Phase::closing; }
  OutputQueue& output() { return output_; }
  const OutputQueue& output() const { return output_; }

  // Known after CONNECT.
  std::string_view client_id() const { return identity_.client_id(); }
  // As whom the client is known to the owner; kept here, beside its id. Both views hold until it is set.
  std::string_view username() const { return identity_.username(); }
  void set_username(std::string_view username) { identity_.set(client_id(), username); }
  // It was not made here for this connection.
  bool has_own_client_id() const { return !id_assigned_; }
  mqtt::Version version() const { return version_; }
  bool has_inbox() const { return has_inbox_; }
  // Whether the client may authenticate anew while it is connected: CONNECT had an authentication method.
  bool has_auth_method() const { return exchange() != nullptr; }
  std::uint16_t keep_alive_s() const { return keep_alive_s_; }
  MonoNs opened_ns() const { return opened_ns_; }
  // The client is in and has said nothing for so long, and nothing is on its way to it or owed to it.
  bool is_idle_for(std::int64_t ns) const {
    return live() && time_.mono_ns - last_input_ns_ >= ns && output_.empty() && acks_.size() == 0 &&
           !queue_ && window_.outstanding() == 0;
  }
  // A message of the client was not kept in time, and the client does not know yet.
  bool owes_refusal() const { return acks_.owes_refusal(); }
  // The highest QoS that the client's messages and subscriptions may have.
  mqtt::QoS qos_max() const { return qos_max_; }
  // Messages that were sent and are not acknowledged.
  std::uint32_t inflight_count() const { return window_.outstanding(); }
  // Why it is closing, for the log; lives as long as this. Empty when the client or the network ended it.
  const char* close_reason() const { return close_reason_; }
  // It was closed because the client sent what MQTT forbids.
  bool broke_rule() const { return broke_rule_; }
  mqtt::ReasonCode close_code() const { return close_code_; }
  // The key that receives for this session; set by the owner before on_attached.
  ReceiverKey key() const { return key_; }
  void set_key(ReceiverKey key) { key_ = key; }

 private:
  // awaiting_auth: authenticating, and it is the client's turn.
  enum class Phase : std::uint8_t {
    awaiting_connect,
    authenticating,
    awaiting_auth,
    attaching,
    live,
    closing
  };
  static constexpr std::size_t acks_waiting_max = 65535;

  // A message that waits until the window or the output has room.
  struct Waiting;
  struct Queue;
  // What few connections have.
  struct SharedFlight;
  struct Exchange;
  struct Rare;

  // connection.cc
  Rare& rare();
  // Null: CONNECT named no authentication method.
  Exchange* exchange() const;
  void drop_will();
  void dispatch(const mqtt::Frame& frame);
  void dispatch_live(const mqtt::Frame& frame);
  void on_disconnect(const mqtt::Disconnect& packet);
  void on_pingreq();
  void fail(mqtt::ReasonCode code, const char* reason);
  void fail(const mqtt::DecodeError& error);
  void fail_at(Limit limit, mqtt::ReasonCode code, const char* reason) {
    ports_.limit_met(limit);
    fail(code, reason);
  }
  void close(EndCause cause, mqtt::ReasonCode code, const char* reason,
             std::string_view server_reference = {});
  void finish(EndCause cause, mqtt::ReasonCode code);
  mqtt::EncodeLimits encode_limits() const;
  // False: the packet is above the client's maximum, and was left out.
  template <class Encode>
  bool write(Encode&& encode);
  // encode(mqtt::Writer&, std::string_view reference); without the reference where the client takes no packet
  // so long.
  template <class Encode>
  void write_with_reference(std::string_view reference, Encode&& encode);
  // While it is traced.
  void show(bool is_sent, Bytes packet);
  void show_publish(const mqtt::Publish& packet, std::size_t size_bytes);
  void show_sent(const Publication& publication, const ShowAs& show, mqtt::PacketId id, bool dup,
                 std::uint32_t size_bytes);

  // connection_connect.cc
  void on_connect(const mqtt::Frame& frame);
  void take_connect(const mqtt::Connect& connect);
  bool admits(mqtt::Version version) const;
  bool admit_will(const mqtt::Will& will);
  void take_will(const mqtt::Will& will);
  bool choose_client_id(const mqtt::Connect& connect);
  void refuse_connect(mqtt::ReasonCode code, const char* reason, std::string_view server_reference = {});
  void refuse_connect_at(Limit limit, mqtt::ReasonCode code, const char* reason) {
    ports_.limit_met(limit);
    refuse_connect(code, reason);
  }
  void send_connack(const AttachOutcome& outcome);
  void give_up_unanswered();

  // connection_auth.cc: AUTH
  void dispatch_auth(const mqtt::Frame& frame);
  void on_auth(const mqtt::Frame& frame);
  const char* refuse_auth_turn(const mqtt::Auth& packet) const;
  bool ask_client(Bytes data);
  bool send_auth(mqtt::ReasonCode code, Bytes data);
  void on_authenticated_again(const AuthOutcome& outcome);
  void hold_until(const AuthOutcome& outcome);

  // connection_inbound.cc: messages of the client
  void on_publish(const mqtt::Frame& frame);
  bool resolve_alias(mqtt::Publish& packet);
  bool admit_publish(const mqtt::Publish& packet);
  bool is_beyond_quota(const mqtt::Publish& packet) const;
  // Of a message or a will. False: payload_format_check is on, and what its publisher says is text is none.
  bool is_payload_as_said(const mqtt::MessageProperties& properties, Bytes payload) const;
  void answer_publish(const mqtt::Publish& packet, std::optional<mqtt::ReasonCode> code);
  MessageView view_of(const mqtt::Publish& packet) const;
  void on_pubrel(const mqtt::Ack& packet);
  void owe_ack(mqtt::PacketType type, mqtt::PacketId id, std::optional<mqtt::ReasonCode> code);
  void send_ready_acks();
  void send_ack(mqtt::PacketType type, mqtt::PacketId id, mqtt::ReasonCode code);
  void settle_received(const AckQueue::Entry& entry);

  // connection_outbound.cc: messages to the client
  void on_puback(const mqtt::Ack& packet);
  void on_pubrec(const mqtt::Ack& packet);
  void on_pubcomp(const mqtt::Ack& packet);
  void acknowledged(std::uint64_t number);
  void pump();
  void pump_queue();
  void pump_inbox();
  bool may_take(const InboxItem& item) const;
  void send_item(const InboxItem& item);
  bool send_publish(Publication& publication, const ShowAs& show, mqtt::PacketId id, bool dup);
  bool send_with_ids(Publication& publication, const ShowAs& show, mqtt::PacketId id, bool dup);
  bool send_with_alias(Publication& publication, const ShowAs& show, mqtt::PacketId id, bool dup);
  SentAliases& sent_aliases();
  bool leave_out(mqtt::QoS qos);
  bool takes(const mqtt::PublishLayout& layout) const {
    return layout.fits() && layout.packet_bytes <= client_packet_bytes_max_;
  }
  std::uint8_t* put_publish(Publication& publication, const ShowAs& show, const Publication::Head& head,
                            mqtt::PacketId id, bool dup);
  void enqueue(Publication& publication, const ShowAs& show);
  // A message with QoS 1 or 2, which nothing is before.
  bool sends_at_once() const { return !queue_ && window_.has_room() && output_has_room(); }
  bool queue_has_room(std::size_t content_bytes) const;
  void refuse_to_queue(mqtt::QoS qos);
  void lose_patience();
  // A message with QoS 1 or 2 was written to the output under the window's next number.
  void note_sent(Publication& publication, mqtt::QoS qos, std::uint64_t group);
  void note_acknowledged(std::uint64_t number);
  std::vector<Undelivered> take_undelivered();
  // Messages with QoS 1 and 2 that wait in the queue, or whose PUBACK or PUBREC has not come.
  std::uint64_t unanswered_count() const;

  const ConnectionLimits& limits_;
  const TurnTime& time_;
  Ports& ports_;
  OutputQueue output_;
  mqtt::FrameRules rules_;
  const MonoNs opened_ns_;
  MonoNs last_input_ns_;  // when the last whole packet came

  Identity identity_;
  ReceiverKey key_ = ReceiverKey::none;
  std::unique_ptr<TopicAliases> aliases_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Rare> rare_;
  SendWindow window_;
  ReceivedIds received_;
  ReceivedIds pubcomp_owed_;  // PUBREL has come for them, and they are being forgotten
  AckQueue acks_;
  std::uint64_t inbox_position_ = 0;
  const char* close_reason_ = "";

  std::uint32_t wanted_bytes_ = 0;
  std::uint32_t client_packet_bytes_max_ = mqtt::packet_bytes_limit;
  std::uint32_t session_expiry_s_ = 0;
  std::uint32_t session_expiry_s_max_;
  std::uint16_t client_receive_maximum_ = 0;
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t receive_maximum_;
  std::uint16_t topic_alias_out_max_ = 0;  // 0: the client gets none
  mqtt::QoS qos_max_;
  mqtt::Version version_ = mqtt::Version::v3_1_1;
  mqtt::ReasonCode close_code_ = mqtt::ReasonCode::success;
  Phase phase_ = Phase::awaiting_connect;
  bool version_known_ : 1 = false;
  bool broke_rule_ : 1 = false;
  bool id_assigned_ : 1 = false;
  bool clean_start_ = true;
  bool attached_ = false;
  bool has_inbox_ = false;
  bool keep_alive_changed_ = false;
  bool expiry_lowered_ = false;
  bool problem_information_ = true;
  bool response_information_ = false;  // the client has asked for it
  bool pumping_ = false;
  bool input_paused_ = false;
  bool inbox_drained_ = false;  // everything there was is fetched; on_inbox_ready will come
  bool output_lost_ = false;
};

}  // namespace tenon::session
