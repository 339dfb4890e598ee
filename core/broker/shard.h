#pragma once

#include <tenon/draft/transport.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "broker/broker_metrics.h"
#include "broker/durable/attach_attempt.h"
#include "broker/durable/countdown.h"
#include "broker/durable/held_messages.h"
#include "broker/durable/inbox_append.h"
#include "broker/durable/open_work.h"
#include "broker/durable/outbox.h"
#include "broker/durable/retain_barrier.h"
#include "broker/durable/store_client.h"
#include "broker/events/event_bus.h"
#include "broker/handover.h"
#include "broker/node_tables.h"
#include "broker/remote/held_publishers.h"
#include "broker/remote/remote_output.h"
#include "host/intercept/intercept_chain.h"
#include "observe/log/log.h"
#include "routing/topic_cache.h"
#include "routing/turn_taker.h"
#include "runtime/worker.h"
#include "service/inbox/inbox_notices.h"
#include "service/retain/retain_ops.h"
#include "session/connection_limits.h"
#include "session/output_queue.h"
#include "session/publication.h"

namespace tenon::broker {

class Link;
class Listener;

// What every shard needs of the node; everything outlives the shards.
struct ShardContext {
  NodeTables& tables;
  const Clock& clock;
  Random& random;
  observe::Log& log;
  BrokerMetrics metrics;
  store::Gate& gate;
  const EventBus* events = nullptr;           // null: there are no observers
  host::InterceptChain* intercept = nullptr;  // null: there are none
  std::uint64_t node_id = 0;
  std::uint64_t start_number = 0;  // grows with each start of the node
  std::uint64_t hash_seed = 0;
  std::uint32_t subscriptions_per_session_max = 0;
  service::inbox::Limits inbox_limits;
  std::int64_t publish_timeout_ns = 0;
  std::uint64_t retained_count_max = 0;
  routing::Spread spread = routing::Spread::round_robin;  // of what comes in by no listener
};

// One worker's part of the broker: its links, its cache of receivers, what is on its way to other workers.
// Everything runs on that worker, unless said otherwise.
class Shard final : OutboxPorts {
 public:
  // An inbox that a message is for.
  using InboxTarget = InboxAppend::Target;

  // `worker` outlives the shard. To be made before the worker runs.
  Shard(runtime::Worker& worker, const ShardContext& context);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // All shards of the node by worker index, this one included; once, before the workers run.
  void connect(std::span<const std::unique_ptr<Shard>> shards);
  // The way to other nodes, which outlives the shard; likewise. Never called: this node is alone.
  void connect_nodes(RemotePort& port);

  std::uint32_t index() const { return worker_.index(); }
  runtime::Worker& worker() { return worker_; }
  const ShardContext& context() const { return context_; }
  NodeTables& tables() { return context_.tables; }
  EventTap& events() { return events_; }
  const session::TurnTime& time() const { return time_; }
  session::ChunkPool& chunks() { return chunks_; }
  // To be called first by whatever the loop calls: brings time() up to the turn.
  void enter();

  // Links.
  // `wait_ns`: as Link.
  Link& open_link(Listener& listener, tenon_conn* conn, const tenon_peer_info& peer, std::int64_t wait_ns);
  // Null when it is gone.
  Link* find(const ConnectionAddress& address);
  // Calls fn(Link&) for each link in `count` places from `from` on. Returns the place to go on at; 0: that
  // was all.
  template <class Fn>
  std::size_t visit_links(std::size_t from, std::size_t count, Fn fn) {
    const std::size_t end = std::min(from + count, slots_.size());
    for (; from < end; ++from)
      if (slots_[from].link) fn(*slots_[from].link);
    return from < slots_.size() ? from : 0;
  }
  // The link has output, or wants to be closed or resumed: looked after at the end of the turn.
  void mark(Link& link);
  // Forgets the link at the end of the turn. Its connection has ended, the transport has released it.
  void retire(Link& link);
  // What of its requests, to ranges or for the end of former connections, is not answered; whatever a link
  // asked as it went is counted before the link is gone from link_count(). Any thread.
  std::size_t request_count() const { return request_count_.load(std::memory_order_acquire); }
  std::size_t link_count() const { return link_count_.load(std::memory_order_relaxed); }  // any thread
  // Of those, the ones whose clients are in. Any thread.
  std::size_t client_count() const { return client_count_.load(std::memory_order_relaxed); }
  // A link's client has got in; has gone.
  void client_came() { client_count_.fetch_add(1, std::memory_order_relaxed); }
  void client_went() { client_count_.fetch_sub(1, std::memory_order_relaxed); }
  // The node stops: ends all links with this reason code; they go away in the turns that follow.
  void disconnect_all(mqtt::ReasonCode code);
  // The same for those of one listener.
  void disconnect_of(const Listener& listener, mqtt::ReasonCode code);
  // Ends up to `count` links whose clients are in, and tells each where to go instead. How many.
  std::size_t send_away(std::size_t count);
  // Closes all links at once; none is left when it returns. The last thing that happens on the worker.
  void abandon_all();

  // Memory for incoming bytes, shared by all links of this worker: 64 KiB that each would have, where an idle
  // one takes 690 B in all (tests/load/idle_links.sh). Requires each to be done with it at once: a packet
  // that has not come whole is kept by its link.
  std::span<std::uint8_t> read_buffer() { return read_buffer_; }

  // Routing.
  routing::TopicCache::Entry& receivers_of(std::string_view topic);
  // The receivers of such an entry, while they are used.
  routing::TopicCache::Lent lend(const routing::TopicCache::Entry& entry) { return {topics_, entry}; }
  // Brings an entry of receivers_of up to date.
  void refresh(routing::TopicCache::Entry& entry) { tables().subscriptions.refresh(topics_, entry); }
  // Writes to the log that a message is larger than ranges take. The code that its client is told.
  mqtt::ReasonCode refuse_too_large();
  // Hands a message to the receivers in `set`, wherever they are. What waits for a range is counted in
  // *waits, which is made when there is any; null: nobody wants to know. With an origin an inbox takes it
  // once, however often this is done. of_others: connections of this node have had it.
  enum class Connections : std::uint8_t { all, of_others };
  void route(session::Publication& publication, const Ref<routing::MatchSet>& set, routing::Spread spread,
             std::shared_ptr<Countdown>* waits, const std::optional<service::inbox::Origin>& origin = {},
             Connections connections = Connections::all);
  // Of a message with QoS 2 that is to be on record first: chooses members of groups, of which those with an
  // inbox for it are added to `ret_chosen`. Returns what deliver_held() is to be given then, as `waits` says,
  // which is started; empty: nothing.
  std::optional<HeldMessages::One> hold_back(session::Publication& publication,
                                             const Ref<routing::MatchSet>& set, routing::Spread spread,
                                             const std::shared_ptr<Countdown>& waits,
                                             std::vector<InboxTarget>& ret_chosen);
  // Hands it to all who have no inbox for it, and shows it as its topic's retained one on this node; the
  // range gets that from elsewhere. quota_exceeded: there are too many topics.
  mqtt::ReasonCode deliver_held(const HeldMessages::One& one);
  // Whom a retained message has been handed to. Who comes to know it by neither way, as it was matched
  // before the subscription at another node was known and committed behind what that node has asked for,
  // gets it when it is committed (INV-R2).
  struct Reached {
    Ref<routing::MatchSet> set;  // as route() got it; set in the turn of keep_retained()
    std::optional<service::inbox::Origin> origin = {};
  };
  // What keep_retained() is to be given; null: this node is alone, and whoever subscribes looks here.
  std::shared_ptr<Reached> make_reached();
  // Makes the message its topic's retained one, here at once and in the range when `waits` ends; null: nobody
  // wants to know. quota_exceeded: there are too many topics. `endless`: of what is brought again when it
  // came to nothing, which by then could take the place of a newer one. `reached`: null, where nobody gets
  // the message live. With a writer it changes nothing if that one has written there behind it: a message of
  // a connection then ends `waits` with session_taken_over, any other with success.
  mqtt::ReasonCode keep_retained(session::Publication& publication, std::string_view tenant,
                                 const std::shared_ptr<Countdown>& waits,
                                 StoreClient::Patience patience = StoreClient::Patience::in_time,
                                 std::shared_ptr<const Reached> reached = {},
                                 const std::optional<service::retain::Writer>& writer = {});
  // To receivers of this worker. What a full member of a shared subscription would drop goes to another
  // connection of this worker, or is offered to those of another worker, for which that is the last offer.
  void deliver(session::Publication& publication, const Ref<routing::MatchSet>& set,
               std::span<const routing::Receiver> receivers, Offer offer = Offer::first);
  // Gives messages of shared subscriptions to other members, in a later turn: whoever was to have them is
  // gone.
  // `waits`, which has been started once for all, ends when they have them; null: nobody wants to know.
  void pass_on(std::vector<session::Undelivered> messages, std::shared_ptr<Countdown> waits = {});
  // A client is in here: older connections of it at other nodes are to end.
  void claim_client(std::string_view client_id, const ConnectionAddress& address, std::string_view user);
  // What another node has sent for subscribers of this one.
  void deliver_from_node(std::string_view body);
  // Has it delivered on this shard's worker; until then it counts in what waits for the worker. Any thread.
  void post_from_node(std::string&& body, Receipt&& receipt);
  // What this node says of itself: retained here, and sent to subscribers of this node, unless it is what the
  // topic has already.
  void publish_own(std::string_view topic, std::string_view payload);
  // Publishes the will that a session left behind. Its range, which has kept it, is told once it is with all
  // inboxes that it is for.
  void publish_due_will(const InboxOwner& owner, const service::inbox::DueWill& will);
  // Shows a message that comes by no link to those interceptors that its topic chooses, and goes on with what
  // they have made of it, now or in a later turn. `who`: what is to be known of the client. With another
  // decision than to publish the view says nothing.
  using Intercepted =
      std::function<void(const host::InterceptOutcome& outcome, const session::MessageView& message)>;
  void intercept(host::InterceptedMessage who, const session::MessageView& message, Intercepted then);
  // A message was refused by interceptors.
  void log_intercepted(std::string_view topic, std::string_view client_id, std::string_view plugin,
                       std::string_view why);
  // Puts a message with QoS 1 or 2 into an inbox, wherever it is; `waits` as route().
  void append_to_inbox(session::Publication& publication, const Ref<const KnownInbox>& inbox,
                       std::uint64_t number, const session::ShowAs& show, std::shared_ptr<Countdown>* waits);
  struct RouteChange {
    InboxOwner owner;
    std::uint64_t number = 0;  // of the inbox
    std::string filter;
    std::optional<routing::SubscriptionOptions> options = {};  // none: the route is removed
    std::shared_ptr<Countdown> changed = nullptr;  // has been started, and ends then; null: nobody waits
    // Of the connection that asks: what one with a newer epoch has done stays. 0: it is done anyway, as for a
    // session that is over.
    std::uint64_t epoch = 0;
  };
  // Adds a route to an inbox, replaces or removes it.
  void change_route(RouteChange&& change);
  // Removes whatever leads to an inbox that is no more.
  void remove_all_routes(const InboxOwner& owner, std::uint64_t number);
  // Removes the routes of a session that ended.
  void remove_routes(const InboxOwner& owner, const service::inbox::Ended& ended);
  // Lets a session go whose connection was gone before its attach was answered.
  void undo_attach(const AttachAttempt& attach, const store::Answer& answer);
  // The same, when the former connection has ended.
  void undo_departed(const AttachAttempt& attach, const store::Answer& answer);
  // The connection has ended. A session that another one has taken over meanwhile stays, and hears what is to
  // become of the will of this one.
  void detach(const InboxOwner& owner, const service::inbox::Detach& op);
  // It was answered by no reply: nothing of it is to stay, if it may have been applied or may still be.
  void abandon_attach(const AttachAttempt& attach, const store::Answer& outcome);

  // Ranges.
  StoreClient& store() { return store_; }
  RetainBarrier& retain_barrier() { return retain_barrier_; }
  // For StoreClient::ask: fn(Link&, const store::Answer&), if the link is still there.
  template <class Fn>
  StoreClient::Done for_link(const ConnectionAddress& address, Fn fn) {
    return [this, address, fn = std::make_shared<Fn>(std::move(fn))](const store::Answer& answer) {
      if (Link* link = find(address)) (*fn)(*link, answer);
    };
  }
  // Lets go of the sessions that an earlier start of this node held when it ended without saying so.
  void detach_former_sessions();
  // The same for any node, as long as `is_over` says that it is gone, in the range that begins with this key.
  struct NodeRun {
    kv::NodeId node = kv::NodeId::none;
    std::uint64_t incarnation = 0;  // this start of it, and all before
    std::function<bool()> is_over;
  };
  void detach_sessions_of(const NodeRun& run, const std::string& range);
  // Has the connection that held a session end, wherever it is, and calls `then` when it has, on this worker;
  // or when nobody says so: no node that is linked to this one reaches it, or has answered within
  // departure_patience_ns.
  void when_departed(const service::inbox::Holder& former, std::function<void()> then);
  // The other side of it: ends a connection of any worker of this node. `then` is called when it has ended,
  // on any thread; any thread may call this.
  void end_own(const service::inbox::Holder& holder, std::function<void()> then);
  // Of this worker's links: attaches to stored sessions. Whoever takes a session over from one of them has to
  // wait until it is settled, as it waits itself for the former connection.
  OpenWork& open_attaches() { return open_attaches_; }
  // Of this worker's links: what connections are to have of their messages, when that is on record.
  OpenWork& open_holds() { return open_holds_; }
  // At the end of the turn, behind what ranges are asked for in it.
  void behind_requests(std::function<void()> then) {
    behind_requests_.push_back(std::move(then));
    worker_.request_turn();
  }
  // Calls `then` when nothing of this link, which has ended, is held back any more, or in five seconds.
  void when_all_is_out(const ConnectionAddress& link, std::function<void()> then) {
    if (!open_holds_.wait(link, then, time_.mono_ns)) then();
  }
  // What the store thread says for this worker.
  void on_answers(std::vector<store::FinishedRequest>&& finished);
  void on_notice(const service::inbox::InboxNotice& notice);
  // Notices may have been lost: all links with an inbox look into it.
  void look_into_inboxes();
  // Runs fn(Link&) on the link's own worker, if the link is still there then.
  template <class Fn>
  void on_link(const ConnectionAddress& address, Fn fn);

  // A batch that was run here, for reuse. `size_bytes` is what it carried.
  void keep(Handover* batch, std::size_t size_bytes);
  // True while what publishers are sent on to has more waiting than it should.
  bool is_backed_up() const { return backed_up_; }
  // True then, and while too much is parked here: publishers are not read.
  bool congested() const { return congested_; }
  // The link is not read until congestion is over.
  void hold(Link& link);
  // What is noted there is told of by the links whose messages it was.
  HeldPublishers& held_publishers() { return held_publishers_; }
  // Link::look_at_parked() is called now and then, as long as that says so.
  void park(Link& link);
  // `fn` is called when this node knows all routes: now if it does, else later, with true; or with false when
  // that has not come about within publish.timeout_s, or the broker stops.
  void when_routes_known(std::function<void(bool are_known)> fn);
  // What is parked at all links of this worker, for ParkedPublishes.
  std::size_t& parked_bytes() { return parked_bytes_; }

 private:
  enum class Reach : std::uint8_t { range, store };
  void detach_sessions_from(const std::string& from, const NodeRun& run, Reach reach);
  struct Slot {
    std::unique_ptr<Link> link;
    std::uint32_t generation = 0;
  };

  static void on_turn_end(void* self);
  void undo_now(const AttachAttempt& attach, const store::Answer& answer);
  void end_link(const ConnectionAddress& address, std::function<void()> then);
  void look_at_parked_later();
  void look_at_parked();
  void tell_who_waits_for_routes();
  void end_turn();
  void flush_links();
  void post_batches();
  void look_at_congestion();
  void time_congestion();
  void release_held();
  Handover& batch_for(std::uint32_t worker);
  // False: the receiver does not get it; counted.
  bool deliver_past_inbox(session::Publication& publication, const routing::MatchSet& set,
                          const routing::Receiver& receiver);
  bool deliver_here(session::Publication& publication, const routing::MatchSet& set,
                    const routing::Receiver& receiver);
  void route_to_links(session::Publication& publication, const Ref<routing::MatchSet>& set,
                      RemoteTargets& ret_nodes);
  // Which will comes from there; empty: none does.
  static std::optional<RemoteWill> will_of(const std::optional<service::inbox::Origin>& origin);
  void add_nodes(const session::Publication& publication, const routing::MatchSet& set,
                 RemoteTargets& ret_nodes);
  void route_to_workers(session::Publication& publication, const Ref<routing::MatchSet>& set);
  // `passes` and `will` as in RemoteDelivery.
  void send_to_nodes(const session::Publication& publication, RemoteTargets&& targets,
                     std::uint8_t passes = 0, const std::optional<RemoteWill>& will = {});
  // False: subscribers of this node have had it from another one.
  bool is_news(const RemoteDelivery& delivery);
  void pass_on_again(session::Publication& publication, std::uint64_t digest, const RemoteDelivery& delivery);
  void flush_remote();
  void deliver_to_own(session::Publication& publication, const Ref<routing::MatchSet>& set);
  // False: the group has no member here.
  bool deliver_to_own_member(session::Publication& publication, const Ref<routing::MatchSet>& set,
                             std::uint64_t digest);
  // False: it can't take the message.
  bool offer_to_connection(session::Publication& publication, const Ref<routing::MatchSet>& set,
                           const routing::Receiver& member);
  bool takes_from_node(const routing::Receiver& member, mqtt::QoS qos);
  void offer_to_node_of_stored(const routing::GroupMatch& group, RemoteTargets& ret_nodes);
  bool is_gone(const routing::Receiver& receiver);
  // In place of `full`, a member of this worker.
  void deliver_to_one_with_room(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                const routing::GroupMatch& group, const routing::Receiver& full, Offer offer);
  bool is_of_use(const routing::Receiver& stored, bool is_past);
  routing::Presence presence_of(const routing::Receiver& member);
  // It would drop the message, which others of the group may have; as Connection::turns_down.
  bool is_turned_down(const session::Publication& publication, const routing::GroupMatch& group,
                      const routing::Receiver& member);
  // False: none of the group's members has an inbox for the message.
  bool keep_for_stored_member(session::Publication& publication, const Ref<routing::MatchSet>& set,
                              const routing::GroupMatch& group);
  // As find_inbox, for a member of the group.
  std::optional<InboxTarget> find_inbox_of(session::Publication& publication,
                                           const Ref<routing::MatchSet>& set,
                                           const routing::GroupMatch& group, const routing::Receiver& member);
  void keep_for_group(session::Publication& publication, const InboxTarget& target,
                      std::shared_ptr<Countdown>* waits);
  std::size_t pick_member(const routing::GroupMatch& group, routing::Spread spread,
                          const session::MessageView& message);
  // `passes` as in RemoteDelivery.
  void pass_on_now(const session::Undelivered& message, std::shared_ptr<Countdown>* waits,
                   std::uint8_t passes = 0);
  std::optional<InboxTarget> find_inbox(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                        const routing::Receiver& receiver);
  std::shared_ptr<InboxAppend> make_append(const session::Publication& publication,
                                           const std::optional<service::inbox::Origin>& origin = {}) const;
  void send_append(const std::shared_ptr<InboxAppend>& append, std::shared_ptr<Countdown>* waits);
  void refuse_retained(std::string_view topic, std::size_t limit);
  // Whether its tenant may keep the message.
  bool fits_tenant(const session::Message& message);
  // The same; if not, that is counted.
  bool tenant_may_keep(session::Publication& publication);
  void show_sent_retained(session::Publication& publication);
  struct Keeping;
  void put_by_writer(const std::shared_ptr<const Keeping>& keeping);
  // An op that not all members of a range may know.
  enum class Tried : std::uint8_t { nothing, newer };
  // For as long no more is tried what a member of a range did not know.
  static constexpr std::int64_t plainly_ns = 10 * ns_per_s;
  void put_plainly(const std::shared_ptr<const Keeping>& keeping, Tried tried);
  void change_route_plainly(const std::shared_ptr<const RouteChange>& change, Tried tried);
  void on_put(const Keeping& keeping, const store::Answer& answer,
              std::optional<service::retain::PutStatus> status);
  void look_at_retained(const std::string& tenant, const std::string& topic);
  void reach_newcomers(const Ref<session::Message>& message, const Reached& reached,
                       std::shared_ptr<Countdown> waits);
  mqtt::ReasonCode why_not_kept(const store::Answer& answer);
  mqtt::ReasonCode on_appended(const InboxAppend::Part& part, const store::Answer& answer,
                               const std::shared_ptr<Countdown>& waits);
  std::optional<InboxTarget> deliver_to_group(session::Publication& publication,
                                              const Ref<routing::MatchSet>& set,
                                              const routing::GroupMatch& group, routing::Spread spread,
                                              RemoteTargets& ret_nodes,
                                              std::vector<HeldMessages::Choice>* ret_later = nullptr);
  void deliver_to_chosen(session::Publication& publication, const Ref<routing::MatchSet>& set,
                         const HeldMessages::Choice& chosen, RemoteTargets& ret_nodes);
  // False: there are too many topics.
  bool show_retained(session::Publication& publication);
  static void when_done(const std::shared_ptr<Countdown>& waits, Countdown::Finished finished);
  // OutboxPorts
  void fetch_posts(const InboxOwner& poster, const service::inbox::FetchPosts& question) override;
  void relay_post(const InboxOwner& poster, const service::inbox::FetchPosts::Item& post,
                  std::string_view group) override;
  void confirm_posts(const InboxOwner& poster, const service::inbox::PostDone& done) override;
  bool is_congested() const override { return store_.congested() || backed_up_; }
  void publish_will(const InboxOwner& owner, const service::inbox::WillId& id,
                    const session::MessageView& message);
  void go_on_intercepted(const host::InterceptOutcome& outcome, const session::MessageView& message,
                         std::string_view client_id, const Intercepted& then);
  void on_will_intercepted(const InboxOwner& owner, const service::inbox::WillId& id,
                           const host::InterceptOutcome& outcome, const session::MessageView& changed);
  using WillStep = void (Shard::*)(const InboxOwner& owner, const service::inbox::WillId& id,
                                   const session::MessageView& message);
  // Goes on with a will that has begun to wait, now or when all routes are known; ends the wait if they do
  // not become known.
  void when_will_has_routes(const InboxOwner& owner, const service::inbox::WillId& id,
                            const session::MessageView& message, WillStep step);
  void go_on_with_will(const InboxOwner& owner, const service::inbox::WillId& id,
                       const session::MessageView& left);
  bool will_is_refused(const InboxOwner& owner, const service::inbox::WillId& id,
                       const session::MessageView& message);
  void drop_will(const InboxOwner& owner, const service::inbox::WillId& id);
  void settle_will(const InboxOwner& owner, const service::inbox::WillId& will,
                   service::inbox::WillFate fate);
  void relay_to_inboxes(session::Publication& publication, const Ref<routing::MatchSet>& set,
                        const service::inbox::Origin& origin,
                        std::span<const service::inbox::Append::Target> chosen,
                        std::shared_ptr<Countdown>& waits);
  void tell_of_wills();
  void tell_expired(const service::inbox::Owner& owner);
  void tell_will(const InboxOwner& owner, const session::MessageView& will);
  Event event_of_will(EventType type, const InboxOwner& owner, const session::MessageView& will) const;
  void tell_refused_will(const InboxOwner& owner, const session::MessageView& will,
                         mqtt::ReasonCode code = mqtt::ReasonCode::not_authorized);
  static void on_second(void* self);
  void tick();

  runtime::Worker& worker_;
  ShardContext context_;
  EventTap events_;
  std::vector<Shard*> shards_;
  session::TurnTime time_;
  std::int64_t unix_offset_ms_ = 0;
  session::ChunkPool chunks_;
  std::vector<std::uint8_t> read_buffer_;
  StoreClient store_;
  MonoNs put_plainly_until_ns_ = 0;    // a member of a range of `retain` does not know writers
  MonoNs puts_in_doubt_until_ns_ = 0;  // the same, which is known earlier
  MonoNs route_plainly_until_ns_ = 0;  // one of `dist` does not know epochs
  Outbox outbox_{*this};
  RetainBarrier retain_barrier_{store_};

  std::size_t parked_bytes_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<ConnectionAddress> marked_;
  std::vector<ConnectionAddress> marked_before_;
  std::vector<ConnectionAddress> held_;
  HeldPublishers held_publishers_;  // for nodes that are slow
  std::vector<ConnectionAddress> parked_;
  struct RouteWaiter {
    std::function<void(bool are_known)> fn;
    MonoNs until_ns = 0;
  };
  std::deque<RouteWaiter> route_waiters_;
  bool looks_at_parked_later_ = false;
  std::vector<ConnectionAddress> retired_;
  std::atomic<std::size_t> link_count_{0};
  std::atomic<std::size_t> client_count_{0};
  std::atomic<std::size_t> request_count_{0};
  OpenWork open_attaches_;
  OpenWork open_holds_;
  std::vector<std::function<void()>> behind_requests_;
  std::size_t open_departures_ = 0;  // not answered

  routing::TopicCache topics_;
  routing::TurnTaker turns_;
  std::size_t next_node_of_stored_ = 0;

  std::vector<Handover*> batches_;  // being filled, by worker; null: none
  std::vector<Handover*> free_batches_;
  std::atomic<std::size_t> waiting_bytes_{0};  // handed to this worker and not yet run
  RemoteOutput remote_;
  RemoteClaims claims_;    // of this turn
  bool stopping_ = false;  // the node
  bool backed_up_ = false;
  bool congested_ = false;
  bool congestion_timer_ = false;
};

template <class Fn>
void Shard::on_link(const ConnectionAddress& address, Fn fn) {
  Shard* target = shards_[address.worker];
  target->worker_.post(make_task([target, address, fn = std::move(fn)]() mutable {
    target->enter();
    if (Link* link = target->find(address)) fn(*link);
  }));
}

}  // namespace tenon::broker
