#include "base/text/tenant_topic.h"
#include "broker/link/link.h"
#include "broker/link/link_replay.h"
#include "broker/show_as.h"

// Messages from the client, and messages to it.

namespace tenon::broker {

namespace events = observe::events;
using mqtt::ReasonCode;

namespace {

// So many posts of a session wait at most. Its client is held long before that: twice posts_high, what one
// read of 64 KiB may hold, packets of seven bytes, and what two sessions before it may have left are fewer.
constexpr std::uint32_t posts_max = 32 * service::inbox::posts_high;

}  // namespace

std::optional<ReasonCode> Link::publish(const session::MessageView& as_written, session::PublishToken token) {
  metrics().publish_received[static_cast<std::size_t>(as_written.qos)].add(shard_.index());
  spend_message();
  const mqtt::PacketId received_id = std::exchange(received_id_, mqtt::PacketId::none);
  const bool has_to_wait = rare_ && rare_->parked
                               ? rare_->parked->holds_back(as_written)
                               : as_written.qos != mqtt::QoS::at_most_once && !tables().routes.complete();
  if (has_to_wait) return park(as_written, received_id, token);
  return held_for_slow_node([&] { return publish_now(as_written, received_id, token, Shown::to_nobody); });
}

void Link::refused(mqtt::QoS qos, session::Limit limit) {
  metrics().publish_received[static_cast<std::size_t>(qos)].add(shard_.index());
  spend_message();
  limit_met(limit);
}

std::optional<ReasonCode> Link::publish_now(const session::MessageView& as_written,
                                            mqtt::PacketId received_id, session::PublishToken token,
                                            Shown shown) {
  // The client will send a message again that it hears to be refused; what is behind that one must not be
  // there first.
  if (as_written.qos != mqtt::QoS::at_most_once && connection_.owes_refusal())
    return answer_unpublished(ReasonCode::server_unavailable, received_id, token);
  std::string scoped;
  std::optional<session::MessageView> in_tenant;
  if (!tenant_->prefix().empty()) {
    scoped.append(tenant_->prefix()).append(as_written.topic);
    in_tenant.emplace(as_written).topic = scoped;
  }
  const session::MessageView& message = in_tenant ? *in_tenant : as_written;
  if (permset_.stale() && !refresh_permissions()) return ReasonCode::not_authorized;
  routing::TopicCache::Entry& entry = shard_.receivers_of(message.topic);
  // 200 of 2,050 instructions are saved where a link publishes to one topic again and again (docs/internals/
  // tricks.md). Requires a new stamp with every other topic of the entry, and a new epoch with other rights.
  if (entry.stamp != checked_stamp_ || checked_epoch_ != permission_epoch_ || checked_qos_ != message.qos ||
      message.retain) {
    checked_allowed_ = permset_.check(host::Action::publish, as_written.topic,
                                      static_cast<std::uint8_t>(message.qos), message.retain);
    // A verdict for a retained message says nothing of others.
    checked_stamp_ = message.retain ? 0 : entry.stamp;
    checked_epoch_ = permission_epoch_;
    checked_qos_ = message.qos;
  }
  if (!checked_allowed_ || is_closed_to_clients(as_written.topic, tenant_->prefix()))
    return answer_unpublished(refuse_publish(as_written), received_id, token);
  if (entry.interceptors != 0 && shown == Shown::to_nobody) [[unlikely]]
    return intercept(as_written, entry.interceptors, received_id, token);
  if (shard_.events().wants(EventType::message_published)) tell_message(as_written);
  ReasonCode code = ReasonCode::success;
  session::Publication publication(message);
  // What sends it: this connection, by the number of its will where it has one without a session.
  const bool has_bare_will = rare_ && rare_->will_number != 0;
  publication.set_sender(has_bare_will ? routing::key_of_inbox(rare_->will_number)
                                       : routing::key_of(address_));
  // Lent: what is done while the message is routed may change this place in the cache, as refresh() does
  // below.
  routing::TopicCache::Lent lent = shard_.lend(entry);
  // Others outlive this link: what is theirs must come through once, and so waits in the session's outbox.
  if (received_id != mqtt::PacketId::none)
    return message.retain || lent.set()->may_reach_inboxes()
               ? post(publication, lent.set(), received_id, token)
               : hold_back(publication, lent.set(), received_id, token);
  std::shared_ptr<Countdown> waits;
  if (message.retain) {
    if (message.qos != mqtt::QoS::at_most_once) waits = std::make_shared<Countdown>();
    const auto reached = shard_.make_reached();
    code = shard_.keep_retained(publication, tenant_->name(), waits, StoreClient::Patience::in_time, reached,
                                writer());
    // What subscribed before the message was stored is matched; what subscribes later finds it stored.
    shard_.refresh(entry);
    lent.take(entry);
    if (reached) reached->set = lent.set();
  }
  if (lent.set()->reaches(message.qos))
    shard_.route(publication, lent.set(), settings_.spread,
                 message.qos == mqtt::QoS::at_most_once ? nullptr : &waits);
  else if (code == ReasonCode::success)
    code = ReasonCode::no_matching_subscribers;
  return answer_publish(code, waits, token);
}

// One without a session has no order that other nodes know.
std::optional<service::retain::Writer> Link::writer() const {
  using service::retain::Writer;
  if (feed_) return Writer::connection(feed_->number(), feed_->epoch());
  if (rare_ && rare_->will_number != 0) return Writer::connection(rare_->will_number, rare_->will_epoch);
  return std::nullopt;
}

// Kept with its id in one command, and brought to inboxes and to the store `retain` by the node that leads
// the session's range; connections get it from here when it is kept.
std::optional<ReasonCode> Link::post(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                     mqtt::PacketId id, session::PublishToken token) {
  const std::size_t bytes = publication.view().content_bytes();
  if (bytes > InboxFeed::post_bytes_max) return answer_unpublished(shard_.refuse_too_large(), id, token);
  auto waits = std::make_shared<Countdown>();
  waits->start_one();
  std::vector<InboxAppend::Target> chosen;
  auto held = shard_.hold_back(publication, set, settings_.spread, waits, chosen);
  begin_record_for(id);
  if (!feed_->has_room_for_post(bytes)) record_inbox();
  if (held) shard_.open_holds().begin(address_);
  feed_->post(id, publication.view(), chosen, posts_max, waits, std::move(held));
  shard_.mark(*this);
  return answer_publish(ReasonCode::success, waits, token);
}

// It is for connections only, which get it when its id is on record.
std::optional<ReasonCode> Link::hold_back(session::Publication& publication,
                                          const Ref<routing::MatchSet>& set, mqtt::PacketId id,
                                          session::PublishToken token) {
  const auto waits = remember(id);
  if (!set->reaches(publication.view().qos))
    return answer_publish(ReasonCode::no_matching_subscribers, waits, token);
  std::vector<InboxAppend::Target> none;
  if (auto held = shard_.hold_back(publication, set, settings_.spread, waits, none)) {
    shard_.open_holds().begin(address_);
    feed_->hold(std::move(*held));
  }
  return answer_publish(ReasonCode::success, waits, token);
}

void Link::deliver_held(Shard& shard, const ConnectionAddress& address, HeldMessages& messages) {
  while (auto one = messages.take()) {
    Link* link = shard.find(address);
    const auto deliver = [&] { return shard.deliver_held(*one); };
    one->waits->end_one(link ? link->held_for_slow_node(deliver) : deliver());
  }
}

// Whom the message is for is not known yet, so that it can't be acknowledged [PROMISE-1]: it waits for that,
// as for a majority, and what is behind it, too.
std::optional<ReasonCode> Link::park(const session::MessageView& as_written, mqtt::PacketId received_id,
                                     session::PublishToken token) {
  if (!rare().parked) {
    rare_->parked = std::make_unique<ParkedPublishes>(shard_.parked_bytes());
    shard_.park(*this);
  }
  const MonoNs until_ns = shard_.time().mono_ns + shard_.context().publish_timeout_ns;
  rare_->parked->push({session::Message::make(as_written), received_id, token, until_ns});
  return std::nullopt;
}

// As a client that is read: what waits for routes is no reason to let it wait.
bool Link::may_go_on_with_parked() {
  return tables().routes.complete() && !shard_.is_backed_up() && !(feed_ && feed_->is_held());
}

bool Link::look_at_parked() {
  if (!rare_ || !rare_->parked) return false;
  ParkedPublishes& parked = *rare_->parked;
  parked.begin_round();
  while (connection_.live() && !is_intercepting()) {
    const bool may_go_on = may_go_on_with_parked();
    const auto one = parked.next(may_go_on, shard_.time().mono_ns);
    if (!one) break;
    if (may_go_on && !one->is_doomed) {
      go_on_with(*one);
    } else {
      if (one->is_answered()) parked.doom_waiting();
      give_up(*one);
    }
    shard_.mark(*this);
  }
  if (connection_.live() && !parked.empty()) return true;
  rare_->parked.reset();
  return false;
}

void Link::go_on_with(const ParkedPublishes::Parked& one) {
  const auto code = held_for_slow_node(
      [&] { return publish_now(one.message->view(), one.received_id, one.token, Shown::to_nobody); });
  if (code && one.is_answered()) on_publish_done(one.token, *code);
}

// The id of a message that is refused is not remembered: the client sends it again.
void Link::give_up(const ParkedPublishes::Parked& one) {
  if (one.is_answered())
    on_publish_done(one.token, ReasonCode::server_unavailable);
  else
    dropped(session::DropCause::expired, mqtt::QoS::at_most_once);
}

// Now, or when all that the message concerns has it.
std::optional<ReasonCode> Link::answer_publish(ReasonCode code, const std::shared_ptr<Countdown>& waits,
                                               session::PublishToken token) {
  if (!waits || !waits->open()) return code;
  waits->wait([&shard = shard_, address = address_, code, token](ReasonCode worst) {
    if (Link* link = shard.find(address))
      link->on_publish_done(token, mqtt::is_failure(worst) ? worst : code);
  });
  return std::nullopt;
}

// PUBREC with an error gives the packet id back [MQTT-4.3.3-9]. So the id never comes on record: a connection
// may end before its PUBREC, and the next one looks anew at what comes with the id. 3.x has no code to refuse
// by: its client goes on with PUBREL.
std::optional<ReasonCode> Link::answer_unpublished(ReasonCode code, mqtt::PacketId received_id,
                                                   session::PublishToken token) {
  const bool is_given_back = mqtt::is_failure(code) && connection_.version() == mqtt::Version::v5;
  return answer_publish(code, is_given_back ? nullptr : remember(received_id), token);
}

void Link::on_publish_done(session::PublishToken token, ReasonCode code) {
  shard_.mark(*this);
  if (code == ReasonCode::session_taken_over) return lose_session(code);
  // 3.x has no way to say that a message may be lost, but to end the connection without acknowledging it.
  if (code == ReasonCode::server_unavailable && connection_.version() != mqtt::Version::v5)
    return lose_session(code);
  connection_.on_published(token, code);
}

void Link::deliver_past_inbox(session::Publication& publication, const session::ShowAs& show) {
  const session::MessageView& message = publication.view();
  if (!is_reached() || (permset_.stale() && !refresh_permissions()))
    return metrics().dropped_no_session.add(shard_.index());
  if (!permset_.check(host::Action::receive, topic_in_tenant(message.topic),
                      static_cast<std::uint8_t>(message.qos), false))
    return dropped(session::DropCause::not_authorized, message.qos);
  if (drops_for_memory(show.qos)) return;
  metrics().publish_sent[static_cast<std::size_t>(show.qos)].add(shard_.index());
  connection_.deliver(publication, show);
  shard_.mark(*this);
}

ReasonCode Link::refuse_publish(const session::MessageView& message) {
  metrics().publish_denied.add(shard_.index());
  shard_.context().log.write(events::auth_access_denied, "a publish was refused",
                             {{"client_id", connection_.client_id()}, {"topic", message.topic}});
  tell_refused_message(message);
  // 3.x has no code to tell it by: the message is acknowledged and goes nowhere [MQTT-3.3.5-2] of 3.1.1.
  return ReasonCode::not_authorized;
}

bool Link::deliver(session::Publication& publication, const routing::MatchSet& set,
                   const routing::Receiver& receiver) {
  const session::MessageView& message = publication.view();
  if (!is_reached() || (permset_.stale() && !refresh_permissions())) {
    metrics().dropped_no_session.add(shard_.index());
    return false;
  }
  if (receiver.no_local && receiver.key == message.source) return true;  // [MQTT-3.8.3-3]
  if (receiver.verdict_epoch != permission_epoch_) {
    receiver.verdict_epoch = permission_epoch_;
    receiver.asked = receiver.allowed = 0;
  }
  // 225 of 695 instructions for each of 100 receivers (docs/internals/tricks.md). Requires that only the
  // receiver's own worker is here: others have the set, too, but never look at these bits.
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(message.qos));
  if ((receiver.asked & bit) == 0) {
    receiver.asked = static_cast<std::uint8_t>(receiver.asked | bit);
    if (permset_.check(host::Action::receive, topic_in_tenant(message.topic),
                       static_cast<std::uint8_t>(message.qos), false))
      receiver.allowed = static_cast<std::uint8_t>(receiver.allowed | bit);
  }
  if ((receiver.allowed & bit) == 0) {
    dropped(session::DropCause::not_authorized, message.qos);
    return false;
  }
  session::ShowAs show = show_as(message, set, receiver);
  show.group = set.group_of(receiver);
  if (drops_for_memory(show.qos)) return true;
  metrics().publish_sent[static_cast<std::size_t>(show.qos)].add(shard_.index());
  connection_.deliver(publication, show);
  shard_.mark(*this);
  return true;
}

bool Link::turns_down(std::size_t content_bytes) {
  if (!is_reached() || !connection_.turns_down(content_bytes)) return false;
  shard_.mark(*this);
  return true;
}

void Link::limit_met(session::Limit limit) {
  metrics().limits_met[static_cast<std::size_t>(limit)].add(shard_.index());
}

void Link::dropped(session::DropCause cause, mqtt::QoS qos) {
  metrics().dropped[static_cast<std::size_t>(cause)].add(shard_.index());
  // QoS 0 may be lost without a word to anybody; the counter tells. Of the others one record a second and
  // client: a client that is too slow loses many.
  if (qos == mqtt::QoS::at_most_once || cause == session::DropCause::expired) return;
  MonoNs& last = rare().drop_logged_ns;
  if (last != 0 && shard_.time().mono_ns - last < ns_per_s) return;
  last = shard_.time().mono_ns;
  static constexpr std::string_view names[] = {"output_full", "queue_full", "too_large", "expired",
                                               "not_authorized"};
  shard_.context().log.write(
      events::session_message_dropped, "a message was not delivered",
      {{"client_id", connection_.client_id()}, {"cause", names[static_cast<std::size_t>(cause)]}});
}

}  // namespace tenon::broker
