#pragma once

#include <tenon/draft/transport.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/reactor.h"
#include "broker/durable/inbox_feed.h"
#include "broker/events/event_bus.h"
#include "broker/limits/rate_budget.h"
#include "broker/link/filter_list.h"
#include "broker/link/parked_publishes.h"
#include "broker/listener.h"
#include "broker/operate/link_wire.h"
#include "broker/remote/announced_filters.h"
#include "broker/shard.h"
#include "broker/tenants/subscription_room.h"
#include "broker/traffic/traffic.h"
#include "host/auth_chain.h"
#include "host/intercept/intercept_chain.h"
#include "host/permset.h"
#include "session/connection.h"

namespace tenon::broker {

// One client's link: its bytes, its MQTT connection, and what that asks of the node. Belongs to one worker.
//
// The transport is written to, paused and closed at the end of a turn only (draft/transport.h).
class Link final : public session::Ports {
 public:
  // Takes nothing of what the client sends before `wait_ns` have passed.
  Link(Shard& shard, Listener& listener, tenon_conn* conn, const tenon_peer_info& peer,
       ConnectionAddress address, std::int64_t wait_ns);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // From the transport.
  tenon_span rx_reserve();
  tenon_status rx_commit(std::uint64_t len);
  void on_writable();
  void on_closed(tenon_status why, std::int32_t native_errno);

  // From the shard.
  const ConnectionAddress& address() const { return address_; }
  const Listener& listener() const { return listener_; }
  // True when it was not marked yet.
  bool set_marked() { return !std::exchange(marked_, true); }
  // Sends output, goes on reading, closes: whatever is due.
  void end_of_turn();
  void release_hold();
  bool is_live() const { return connection_.live(); }
  // The same, and the transport still has it: what is sent may come to the client.
  bool is_reached() const { return conn_ && connection_.live(); }
  // Its client is in, has said nothing for some seconds, and waits for nothing.
  bool is_idle() const;
  MonoNs opened_ns() const { return connection_.opened_ns(); }
  // As session::Connection.
  bool turns_down(std::size_t content_bytes);
  // False: this client does not get it, because it is going or may not; counted.
  bool deliver(session::Publication& publication, const routing::MatchSet& set,
               const routing::Receiver& receiver);
  // To a session with an inbox, past the inbox: a message with QoS 0.
  void deliver_past_inbox(session::Publication& publication, const session::ShowAs& show);
  // Its inbox holds messages below `next_number`, if it is still attached with `epoch`.
  void on_inbox_ready(std::uint64_t epoch, std::uint64_t next_number);
  // Another node has the session now, if it was attached with `epoch`.
  void on_inbox_taken(std::uint64_t epoch);
  // Few enough of its posts wait, if it is still attached with `epoch`.
  void on_outbox_room(std::uint64_t epoch, std::uint64_t next_post);
  // Notices may have been lost.
  void look_into_inbox();
  // Goes on with some of the messages that wait for routes. True: others wait still.
  bool look_at_parked();
  // The connection ends, once what the client has sent until now is read.
  void take_over();
  // The same of one whose client is in; `then` is called when it has ended.
  void end_for_newer(std::function<void()> then);
  // The same, if nobody else decides that: a session with an inbox is its range's.
  void give_way_to_other_node();
  // The client id is another user's, at another node: what this link made of it goes. (ATTACK-15)
  void leave_to_user_elsewhere();
  void on_claim_granted();
  // `server_reference` as session::Connection.
  void disconnect(mqtt::ReasonCode code, std::string_view server_reference = {});
  // Disconnects a client that is in and that a ban keeps out.
  void leave_if_banned();
  // Disconnects a client that is idle, as memory is short.
  void leave_if_idle();
  // Disconnects a client whose session or will is given up (CutOff), when its turn has come.
  void leave_if_cut_off();
  // For operators.
  service::inbox::Owner session_owner() const { return {tenant_->name(), connection_.client_id()}; }
  enum class Telling : std::uint8_t { short_one, all };
  LinkRow describe(Telling telling) const;
  // Closes at once, without sending what waits. Not from a callback of the transport.
  void abandon();

 private:
  // What few links have at a time.
  struct Stash {
    std::vector<std::uint8_t> memory;  // of input, and room behind it that was made for more
    std::uint32_t size = 0;            // of the input
    std::uint32_t wanted = 0;          // it is read into until it holds so many bytes; 0: it is not

    Bytes bytes() const { return {memory.data(), size}; }
  };
  struct Replaying;
  struct SubscriptionJob;
  struct Jobs;
  struct Brake;
  // A message that waits for an interceptor.
  struct Interception {
    host::InterceptTicket ticket{};
    Ref<session::Message> message;
    mqtt::PacketId received_id = mqtt::PacketId::none;
    session::PublishToken token{};
  };
  // What the client had sent is gone through before the link ends.
  struct Rest {
    TimerToken timer{};
    bool is_over = false;        // the timer has run out: the link ends without it
    bool is_taken_over = false;  // the client has connected again
    // A message waits for an interceptor, or has done so: what has come behind it is waited for, too.
    bool is_intercepted = false;
    std::string gone_because;      // the transport has ended the link; empty: it has not
    std::uint64_t read_bytes = 0;  // since it began
    // Nothing has come since this end of a turn; empty: since none.
    std::optional<runtime::Worker::Horizon> silent_since;
  };
  struct Rare {
    host::AuthTicket ticket{};
    host::AuthContinuation continuation;  // of the last outcome of a login
    MonoNs auth_begin_ns = 0;
    MonoNs drop_logged_ns = 0;
    session::AttachRequest attach_request;
    service::inbox::Number attach_candidate = 0;
    StoreClient::Asked attach_asked = StoreClient::Asked::nothing;
    bool attaches_plainly = false;  // AttachHolding is not known to all
    // With which it is attached while it waits for the end of the former connection.
    std::optional<std::uint64_t> awaited_epoch;
    std::vector<std::function<void()>> when_ended;
    std::unique_ptr<ParkedPublishes> parked;  // null: nothing waits
    std::optional<Interception> interception;
    std::optional<Rest> rest;
    // Of the record that keeps the will of a session without an inbox; 0: there is none.
    std::uint64_t will_number = 0;
    std::uint64_t will_epoch = 0;
    std::unique_ptr<Replaying> replay;
    std::unique_ptr<Jobs> jobs;
  };

  // session::Ports
  void connect_came() override;
  void authenticate(const mqtt::Connect& connect, std::string_view client_id) override;
  void continue_authentication(const mqtt::Auth& packet) override;
  std::string assign_client_id() override;
  void attach(const session::AttachRequest& request) override;
  std::optional<mqtt::ReasonCode> publish(const session::MessageView& message,
                                          session::PublishToken token) override;
  void refused(mqtt::QoS qos, session::Limit limit) override;
  void subscribe(const mqtt::Subscribe& packet) override;
  void unsubscribe(const mqtt::Unsubscribe& packet) override;
  bool fetch(std::uint64_t position, std::size_t message_count_max,
             std::vector<session::InboxItem>& items) override;
  void sent(std::uint64_t position) override;
  void acknowledge(std::uint64_t number) override;
  void release(std::uint64_t number) override;
  void remember_received(mqtt::PacketId id) override;
  void forget_received(mqtt::PacketId id) override;
  bool queue_grows(std::uint64_t bytes) override;
  void queue_shrinks(std::uint64_t bytes) override;
  void dropped(session::DropCause cause, mqtt::QoS qos) override;
  void limit_met(session::Limit limit) override;
  void packet_seen(const session::PacketSeen& seen) override;
  void ended(const session::EndInfo& info) override;

  // link.cc: bytes
  void excuse_long_packet();
  bool is_held_back() const;  // it is the broker that does not read, whatever the client does
  bool may_read() const;
  bool is_attaching() const;
  std::size_t stashed_bytes() const { return stash_ ? stash_->size : 0; }
  void take_bytes(Bytes bytes);
  void keep_rest(Bytes rest);
  void feed_stash();
  bool send_output();
  void send_and_read();
  void close_transport();
  void let_go();
  void arm_deadline();
  void arm_deadline_in(std::int64_t ns);
  void rearm_deadline();
  static void on_deadline(void* self);
  // Of a connection that is closing.
  std::string_view reason_of_end() const;
  void log_closed(std::string_view reason);

  // link_brake.cc: rates, and what is done while memory is short
  Brake& brake();
  bool is_waiting() const;
  // So much is read from the client at once.
  std::size_t read_bytes_max() const;
  // Takes nothing for so long; it may be 0.
  void wait_for(std::int64_t wait_ns);
  void stop_waiting();
  void spend_bytes(std::uint64_t len);
  void spend_message();
  void look_at_debt(std::int64_t debt_ns, std::size_t limit);
  static void on_wait_over(void* self);
  bool is_refused_for_memory(const mqtt::Connect& connect, std::string_view client_id);
  // Such a message to the client is dropped, and counted.
  bool drops_for_memory(mqtt::QoS qos);

  // link_auth.cc: logins
  bool is_flapping(const mqtt::Connect& connect);
  std::optional<Ban> ban_of(std::string_view client_id, std::string_view username) const;
  // `tenant` empty, here and below: the one that the link is of so far.
  bool is_banned(std::string_view client_id, std::string_view username, std::string_view tenant = {});
  host::AuthRequest auth_request() const;
  void ask_chain(const host::AuthRequest& request);
  void on_auth_outcome(host::AuthOutcome&& outcome);
  void take_identity(host::AuthOutcome& outcome);
  mqtt::ReasonCode refusal_of(const host::AuthOutcome& outcome);
  bool anonymous_allowed() const;
  mqtt::ReasonCode join_tenant(const host::AuthOutcome& outcome);
  // As whom the client is known with it.
  std::string_view user_by(const host::AuthOutcome& outcome) const;
  std::string_view tenant_named_by(const host::AuthOutcome& outcome) const;
  std::optional<Traffic::Elsewhere> elsewhere_of(const host::AuthOutcome& outcome);
  std::uint64_t connections_max_of(const Tenant& tenant);
  void leave_tenant();

  // link_watch.cc: what operators have said of clients
  TraceSubject trace_subject() const;

  // link_connect.cc: from the login to the session
  void finish_attach();
  void look_for_session();
  void end_former_session(bool holds);
  void attach_inbox(bool clean_start);
  void withdraw_attach();
  void on_attach_answer(const AttachAttempt& attempt, const store::Answer& answer);
  void wait_for_departure(const service::inbox::AttachReply& attached, const AttachAttempt& attempt,
                          const store::Answer& answer);
  void end_attach(const Result<service::inbox::AttachReply>& reply);
  void take_session(const service::inbox::AttachReply& attached);
  void go_live(const service::inbox::AttachReply& attached);
  void forget_opening();
  void announce_session(std::uint64_t number);
  bool may_publish(const session::MessageView& will) const;
  bool will_allowed(const session::EndInfo& info);
  void keep_will_permit(const session::EndInfo& info);
  void refuse_attach(const char* reason);
  std::string_view binding_user() const;
  void refuse_user();
  void leave_to_owner();
  void log_refused(mqtt::ReasonCode code, std::string_view why, std::string_view tenant = {});
  // link_events.cc: what observers are told of this link. Topics are as the client wrote them.
  Event event_of(EventType type, const std::string& peer) const;
  void tell_connected(bool present);
  void tell_closed(std::string_view reason);
  void tell_refused(std::string_view client_id, std::string_view user, mqtt::ReasonCode code,
                    std::string_view reason, std::string_view tenant = {});
  void tell_banned(std::string_view client_id);
  void tell_subscriptions(const SubscriptionJob& job);
  // REQUIRES: somebody wishes to see messages.
  void tell_message(const session::MessageView& message);
  // `flags`: TENON_EVENT_WILL, or 0.
  void tell_refused_message(const session::MessageView& message, std::uint32_t flags = 0,
                            mqtt::ReasonCode code = mqtt::ReasonCode::not_authorized);
  void tell_session_ended(std::string_view reason);
  void release_claim();
  void when_left(std::function<void()> then);
  InboxOwner owner() const;
  void end_replay();
  // False: the client may stay no longer, and is being disconnected.
  bool refresh_permissions();

  // link_subscribe.cc
  void subscribe_here(SubscriptionJob& job);
  void unsubscribe_here(SubscriptionJob& job);
  mqtt::ReasonCode admit_filter(std::string_view filter, mqtt::QoS qos);
  // `known`: memory for what it knows of; outlives it.
  SubscriptionRoom tenant_room(std::vector<std::string>& known) const;
  bool add_filter(std::string_view filter);
  void forget_filter(std::string_view filter);
  // All of a session without inbox.
  void forget_filters();
  void take_job(SubscriptionJob&& job);
  void run_jobs();
  void start_job();
  Shard::RouteChange removal_of_route(std::string_view filter) const;
  void change_routes(const SubscriptionJob& job, void (*then)(Link& link));
  void record_job();
  void leave_to_groups(const SubscriptionJob& job);
  void on_job_recorded(const store::Answer& answer);
  void finish_job();
  void answer_when_known(SubscriptionJob&& job);
  void answer_when_shown(const std::shared_ptr<SubscriptionJob>& job);
  void answer_waiting(const SubscriptionJob& job);
  bool has_filter(std::string_view filter) const;
  void answer_job(const SubscriptionJob& job);
  void announce(const SubscriptionJob& job);

  // link_replay.cc
  // Of an answered SUBSCRIBE: what its filters ask for, or are still owed.
  void begin_or_change_replays(const SubscriptionJob& job);
  void replay_retained(std::string_view pattern, const routing::SubscriptionOptions& options);
  void collect_replay();
  void continue_replay();
  bool takes_replay() const;
  bool replay_one(session::Publication& publication, mqtt::QoS qos_max, std::uint32_t id);
  void append_replayed(session::Publication& publication, const session::ShowAs& show);
  void drop_replay(std::string_view filter);

  // link.cc: who is not read for now
  void look_at_pause();
  void hold();
  // What routes messages of the client's goes through here: it is held when one is for a node that is slow.
  template <class Route>
  auto held_for_slow_node(Route&& route) {
    forget_slow_nodes();
    auto result = route();
    hold_for_slow_node();
    return result;
  }
  void forget_slow_nodes();
  void hold_for_slow_node();

  // link_publish.cc
  mqtt::ReasonCode refuse_publish(const session::MessageView& message);
  enum class Shown : std::uint8_t { to_nobody, to_interceptors };
  std::optional<mqtt::ReasonCode> publish_now(const session::MessageView& as_written,
                                              mqtt::PacketId received_id, session::PublishToken token,
                                              Shown shown);
  std::optional<mqtt::ReasonCode> park(const session::MessageView& as_written, mqtt::PacketId received_id,
                                       session::PublishToken token);
  bool may_go_on_with_parked();
  void go_on_with(const ParkedPublishes::Parked& one);
  void give_up(const ParkedPublishes::Parked& one);
  std::optional<mqtt::ReasonCode> answer_publish(mqtt::ReasonCode code,
                                                 const std::shared_ptr<Countdown>& waits,
                                                 session::PublishToken token);
  // The answer to a message that goes nowhere.
  std::optional<mqtt::ReasonCode> answer_unpublished(mqtt::ReasonCode code, mqtt::PacketId received_id,
                                                     session::PublishToken token);
  std::shared_ptr<Countdown> remember(mqtt::PacketId id);
  void begin_record_for(mqtt::PacketId id);
  // In whose name retained messages of the client are put, but for those of its outbox.
  std::optional<service::retain::Writer> writer() const;
  std::optional<mqtt::ReasonCode> post(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                       mqtt::PacketId id, session::PublishToken token);
  std::optional<mqtt::ReasonCode> hold_back(session::Publication& publication,
                                            const Ref<routing::MatchSet>& set, mqtt::PacketId id,
                                            session::PublishToken token);
  static void deliver_held(Shard& shard, const ConnectionAddress& address, HeldMessages& messages);
  void on_publish_done(session::PublishToken token, mqtt::ReasonCode code);

  // link_intercept.cc: interceptors
  bool is_intercepting() const;
  std::optional<mqtt::ReasonCode> intercept(const session::MessageView& as_written, std::uint64_t chosen,
                                            mqtt::PacketId received_id, session::PublishToken token);
  std::optional<mqtt::ReasonCode> go_on_with(const host::InterceptOutcome& outcome,
                                             const session::MessageView& as_written,
                                             mqtt::PacketId received_id, session::PublishToken token);
  void on_intercepted(host::InterceptOutcome&& outcome);
  void end_interception_with(const host::InterceptOutcome& outcome, bool are_routes_known);
  void end_interception();

  // link_rest.cc: links that end behind what the client had sent
  // It ends behind what the client had sent, though the transport has ended it: some of that may be left.
  bool ends_behind_rest() const;
  // Some of that is not gone through yet, and could be.
  bool has_rest() const;
  // Of that a whole packet is in the stash, as far as is known.
  bool has_stashed_packet() const;
  // It ends behind its rest even if the client has connected again. REQUIRES: a rest has begun.
  bool must_end_behind_rest() const;
  Rest& begin_rest();
  void stop_rest();
  void end_if_gone();
  void note_rest(std::uint64_t len);
  void give_way_if_read();
  bool is_read_out(Rest& rest);
  static void on_rest_over(void* self);

  // link_inbox.cc: the session's inbox
  void ask_inbox();
  void on_fetch_answer(const store::Answer& answer);
  void record_inbox();
  static void ask_to_record(Shard& shard, const ConnectionAddress& address, const std::string& key,
                            const std::string& text, const std::shared_ptr<const InboxFeed::Record>& record);
  static void on_record_answer(Shard& shard, const ConnectionAddress& address, const store::Answer& answer,
                               const InboxFeed::Record& record);
  void go_on_recorded(store::AnswerCode code, bool is_recorded, const InboxFeed::Record& record,
                      std::span<const service::inbox::PostReply> posts);
  void lose_session(mqtt::ReasonCode code);
  void give_way();
  void detach_inbox(service::inbox::WillFate fate, std::uint32_t expiry_s);
  void detach_will(service::inbox::WillFate fate);

  Rare& rare();
  NodeTables& tables() const { return shard_.tables(); }
  BrokerMetrics& metrics() const { return const_cast<ShardContext&>(shard_.context()).metrics; }
  std::string peer_text() const;

  Shard& shard_;
  Listener& listener_;
  const ListenerContext& settings_;  // those of the listener when this link was opened
  Tenant* tenant_;                   // the listener's until the login has named another
  tenon_conn* conn_;                 // null once the transport has released it
  session::Connection connection_;
  const ConnectionAddress address_;
  std::uint32_t permission_epoch_ = 1;  // counts the sets of this link up
  std::unique_ptr<Stash> stash_;        // an unfinished packet, or input that has to wait; null: nothing
  TimerToken deadline_timer_{};
  std::unique_ptr<Rare> rare_;
  std::unique_ptr<Brake> brake_;  // null: the client has never had to wait, and has no rates

  FilterList filters_;               // of a session without inbox
  std::unique_ptr<InboxFeed> feed_;  // of a session with an inbox
  // Of such a session while there are other nodes.
  std::unique_ptr<AnnouncedFilters> announced_;

  host::Permset permset_;
  std::uint64_t checked_stamp_ = 0;  // of the topic that was last published to ...
  std::uint32_t checked_epoch_ = 0;
  mqtt::QoS checked_qos_ = mqtt::QoS::at_most_once;
  bool checked_allowed_ = false;  // ... and what was found
  // Of the next message, which is to be known after a resume.
  mqtt::PacketId received_id_ = mqtt::PacketId::none;
  bool marked_ = false;
  bool is_told_of_ = false;  // observers know that it is connected
  bool reading_ = true;      // what the transport was last told
  bool want_read_ = true;    // what it is to be told
  bool blocked_ = false;     // the transport takes no more for now
  bool put_off_ = false;     // the stash holds what was not taken yet
  bool held_ = false;        // for congestion, or for a slow node
  bool claimed_ = false;     // the client id is held or waited for
  bool deadline_armed_ = false;
  bool retired_ = false;
  bool yields_session_ = false;        // its session ends with it, and there is no will
  bool counts_ = false;                // among its tenant's connections
  std::uint16_t waiting_subacks_ = 0;  // until other nodes know
  std::uint16_t waiting_replays_ = 0;  // of these, for what was retained anywhere before
  std::uint8_t peer_family_;
  std::uint16_t peer_port_;
  std::array<std::uint8_t, 16> peer_addr_;
};

}  // namespace tenon::broker
