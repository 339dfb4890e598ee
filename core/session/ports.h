#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mqtt/packets.h"
#include "session/ack_queue.h"
#include "session/message.h"

namespace tenon::session {

// How a subscription wants its messages shown.
struct ShowAs {
  mqtt::QoS qos = mqtt::QoS::at_most_once;  // the lower of message and subscription
  bool retain = false;
  std::span<const std::uint32_t> subscription_ids;  // each 1..268435455
  std::uint64_t group = 0;                          // the shared subscription that it comes by; 0: none
};

// One stored message of a session that outlives its connections.
struct InboxItem {
  enum class State : std::uint8_t {
    fresh,       // never sent
    maybe_sent,  // by an earlier connection whose word is not on record: DUP, and is dropped when it has
                 // expired
    sent,        // sent over an earlier connection, not acknowledged: DUP
    released,    // QoS 2, PUBREC was received: only PUBREL is owed [MQTT-4.3.3-7]
    withheld,    // not to be sent to this client: counts as acknowledged
  };
  std::uint64_t position = 0;  // ascending; where fetch() goes on is the last one plus 1
  std::uint64_t number = 0;    // of the send window; only with QoS 1 and 2
  State state = State::fresh;
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain = false;
  Ref<Message> message;  // null when released or withheld
  std::vector<std::uint32_t> subscription_ids;
};

// What to store, in the words of the CONNECT and of the limits.
struct AttachRequest {
  std::string_view client_id;
  bool clean_start = true;
  std::uint32_t session_expiry_s = 0;  // never_expires_s: never
  // Null: none. Its expiry, if it has one, is counted from when it is published.
  Ref<Message> will;
  std::uint32_t will_delay_s = 0;
};

// What is there for this client now.
struct AttachOutcome {
  mqtt::ReasonCode code = mqtt::ReasonCode::success;
  const char* reason = "the session is not available";  // of a failure, for the client; static
  bool session_present = false;
  bool stored = false;                           // the session has an inbox: messages come by fetch()
  std::uint64_t first_number = 0;                // of the send window, with an inbox
  std::span<const mqtt::PacketId> received_ids;  // QoS 2 ids that the client has not released
};

struct AuthOutcome {
  // continue_authentication: the client is to answer auth_data with an AUTH packet.
  mqtt::ReasonCode code = mqtt::ReasonCode::success;
  Bytes auth_data;                    // for the client; valid until the call returns
  std::string_view server_reference;  // where else to go, when it is not let in; valid likewise
  std::optional<mqtt::QoS> qos_max;
  std::optional<std::uint32_t> packet_bytes_max;
  std::optional<std::uint16_t> receive_maximum;
  std::optional<std::uint32_t> session_expiry_s_max;
  std::optional<std::uint64_t> valid_ms;  // how long it holds from now on; empty: without end
};

enum class EndCause : std::uint8_t {
  client,          // DISCONNECT was received
  network,         // closed or reset without one
  keep_alive,      // nothing was heard in time
  protocol_error,  // the client broke a rule
  taken_over,      // the same client id connected anew
  server,          // shutdown, or an operator
};

// A message of a shared subscription that a client without an inbox leaves behind: never sent, or sent with
// QoS 1 and not acknowledged. What was sent with QoS 2 is for nobody else. [MQTT-4.8.2-5]
struct Undelivered {
  Ref<Message> message;
  std::uint64_t group = 0;
};

// The end of an attached connection.
struct EndInfo {
  EndCause cause = EndCause::network;
  mqtt::ReasonCode code = mqtt::ReasonCode::success;  // sent or received
  Ref<Message> will;                                  // null: none is to be published
  std::uint32_t will_delay_s = 0;
  std::uint32_t session_expiry_s = 0;    // as the client last stated it
  std::vector<Undelivered> undelivered;  // oldest first
  // Messages with QoS 1 and 2 that go with a session without inbox, and of which nobody knows that the client
  // has them: they waited, or their PUBACK or PUBREC has not come. Those of `undelivered` are not among them.
  std::uint64_t lost_count = 0;
};

enum class DropCause : std::uint8_t { output_full, queue_full, too_large, expired, not_authorized };
constexpr std::size_t drop_cause_count = 5;

// A limit of ConnectionLimits that a client has met: what it wanted was refused.
enum class Limit : std::uint8_t {
  packet_bytes,
  client_id_bytes,
  topic,
  user_properties,
  slow_client,
  payload_format,
};
constexpr std::size_t limit_count = 6;

// A packet that came or is on its way out, for who traces.
struct PacketSeen {
  bool is_sent = false;
  mqtt::PacketType type = mqtt::PacketType::pingreq;
  std::uint32_t size_bytes = 0;  // the whole packet
  Bytes packet;                  // the same, of all but PUBLISH
  // Of PUBLISH. The topic is what an alias stands for.
  std::string_view topic;
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain = false;
  bool dup = false;
  mqtt::PacketId id = mqtt::PacketId::none;
  std::size_t payload_bytes = 0;
};

// What a connection asks of the broker around it. Called on the connection's thread, never after ended(), and
// never from inside one of its own answers. "Answered by X": X is called once, now or later; views live until
// the call returns.
class Ports {
 public:
  // A whole CONNECT of a client that has sent none yet, whatever becomes of it; for the metrics.
  virtual void connect_came() = 0;
  // A well-formed CONNECT within the limits; `client_id` is the client's, or one that the broker gave.
  // Answered by on_authenticated.
  virtual void authenticate(const mqtt::Connect& connect, std::string_view client_id) = 0;
  // A well-formed AUTH of a client whose CONNECT named this method: its answer to continue_authentication,
  // or, with re_authenticate, the begin of another login of a live connection. Answered by on_authenticated.
  virtual void continue_authentication(const mqtt::Auth& packet) = 0;
  // An id for a client that has none; unique in the cluster.
  virtual std::string assign_client_id() = 0;
  // Answered by on_attached. From its success to ended() the session is this connection's.
  virtual void attach(const AttachRequest& request) = 0;

  // A message of the client. A code: it is done, and the acknowledgement carries it. Empty: answered later by
  // on_published(token); not for QoS 0, which nobody waits for.
  virtual std::optional<mqtt::ReasonCode> publish(const MessageView& message, PublishToken token) = 0;
  // A message of the client that is refused before publish(). It counts as one that came.
  virtual void refused(mqtt::QoS qos, Limit limit) = 0;
  // Answered by on_subscribed, then retained messages are delivered.
  virtual void subscribe(const mqtt::Subscribe& packet) = 0;
  // Answered by on_unsubscribed.
  virtual void unsubscribe(const mqtt::Unsubscribe& packet) = 0;

  // With an inbox only. Appends items at or behind `position` to `items`, in their order and without a gap:
  // at most `message_count_max` that have a message, and those without one between and right behind them.
  // False: these are all that there are, and on_inbox_ready follows as soon as there are more.
  virtual bool fetch(std::uint64_t position, std::size_t message_count_max,
                     std::vector<InboxItem>& items) = 0;
  // Everything up to `position` that was fetched has been written to the output.
  virtual void sent(std::uint64_t position) = 0;
  // The client has acknowledged the message finally: it may be forgotten.
  virtual void acknowledge(std::uint64_t number) = 0;
  // PUBREC was received: PUBREL is owed from now on, also after a resume. Answered by on_released.
  virtual void release(std::uint64_t number) = 0;
  // The QoS 2 id of the client's next publish(), to be known after a resume, unless PUBREC gives it back.
  // publish() is answered when it is.
  virtual void remember_received(mqtt::PacketId id) = 0;
  // The client may use the id anew once it is forgotten, also after a resume. Answered by on_forgotten.
  virtual void forget_received(mqtt::PacketId id) = 0;

  // A message is to wait in memory, in a session without inbox. False: there is no room for it anywhere.
  virtual bool queue_grows(std::uint64_t bytes) = 0;
  // It waits no more. What waits at ended() goes with the session.
  virtual void queue_shrinks(std::uint64_t bytes) = 0;

  // A message was not sent, and why; for the metrics.
  virtual void dropped(DropCause cause, mqtt::QoS qos) = 0;
  // For the metrics, too.
  virtual void limit_met(Limit limit) = 0;
  // While TurnTime::is_traced: before a packet of the client is looked at, and behind one that is written.
  virtual void packet_seen(const PacketSeen&) {}
  // The connection is no longer the session's. Comes once after a successful attach.
  virtual void ended(const EndInfo& info) = 0;

 protected:
  ~Ports() = default;
};

}  // namespace tenon::session
