#include <tenon/draft/events.h>

#include <algorithm>
#include <cstdio>

#include "base/text/tenant_topic.h"
#include "broker/link/link.h"
#include "broker/link/link_replay.h"
#include "stack/peer_text.h"

// From the login to the session, and the session's end.

namespace tenon::broker {

namespace events = observe::events;
namespace inbox = service::inbox;
using mqtt::ReasonCode;

namespace {

// A client that leaves no session behind is let in when nobody can say so soon whether it has one.
constexpr std::int64_t look_timeout_ns = 3 * ns_per_s;

// For the end of a former connection to come from another node, also when a leader has to be replaced first.
// (MQTT-3.1.2-10)
constexpr std::uint32_t will_hold_s = 5;

// `holds`: all members of the range are to know that op.
std::string attach_command(const inbox::Attach& attach, bool holds) {
  inbox::CommandBuilder command;
  if (holds)
    command.add(inbox::AttachHolding{will_hold_s, attach});
  else
    command.add(attach);
  return command.take();
}

// Its time was up.
bool is_too_late(const store::Answer& answer) {
  return answer.code == store::AnswerCode::timed_out || answer.code == store::AnswerCode::not_done;
}

constexpr std::string_view other_user = "the client id belongs to another user (auth.client_id_owner)";
// Why sessions end, as observers hear it.
constexpr std::string_view by_clean_start = "clean start";
constexpr std::string_view with_connection = "connection";
// Why a session can't be had, as the client hears it. The first: in time, or only for another attempt of it.
constexpr const char* not_answered =
    "the session is not available: the nodes that keep it have not answered in time";
constexpr const char* not_understood =
    "the session is not available: the answer of the node that keeps it makes no sense";
constexpr const char* is_restored = "the session is not available: it is being restored";

const char* why_not_attached(const store::Answer& answer) {
  const bool makes_no_sense =
      answer.code == store::AnswerCode::refused || answer.code == store::AnswerCode::unsupported;
  return makes_no_sense ? not_understood : not_answered;
}

}  // namespace

std::string Link::assign_client_id() {
  // Random, so that nobody can take in advance the id that another will get (ATTACK-15).
  Random& random = shard_.context().random;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "tenon-%016llx%016llx",
                static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next()));
  return text.data();
}

void Link::attach(const session::AttachRequest& request) {
  rare().attach_request = request;
  const auto claim =
      tables().clients.claim(tenant_->directory_id(connection_.client_id()), address_, binding_user());
  if (claim.refused) return refuse_user();
  claimed_ = true;
  if (claim.granted) return finish_attach();
  const auto give_way = [](Link& link) { link.take_over(); };
  if (claim.holder) shard_.on_link(*claim.holder, give_way);
  if (claim.superseded) shard_.on_link(*claim.superseded, give_way);
}

void Link::on_claim_granted() {
  if (retired_ || connection_.closing()) return;
  finish_attach();
  shard_.mark(*this);
}

void Link::finish_attach() {
  // A session that ends with its connection needs no inbox; but one that was left by an earlier connection is
  // there to be resumed, or to be ended by a clean start. A will is kept by the range, whatever happens here.
  const session::AttachRequest& request = rare().attach_request;
  if (request.session_expiry_s == 0 && !request.will) return look_for_session();
  // It would only wait for what does not come, and should look elsewhere.
  if (tables().cut_off.is_on() && tables().cut_off.covers(inbox::owner_prefix(session_owner())))
    return refuse_attach(not_answered);
  attach_inbox(request.clean_start);
}

void Link::look_for_session() {
  service::BatchBuilder<inbox::Question> question;
  question.add(inbox::GetSession{{tenant_->name(), connection_.client_id()}});
  shard_.store().ask_soon(
      store::StoreId::inbox, store::Request::Kind::query, inbox::owner_prefix(owner().view()),
      question.take(), look_timeout_ns,
      shard_.for_link(address_, [](Link& link, const store::Answer& answer) {
        if (link.connection_.closing()) return;
        link.shard_.mark(link);
        if (answer.code == store::AnswerCode::timed_out && link.rare().attach_request.clean_start) {
          link.go_live({});
          return link.end_former_session(true);
        }
        if (answer.code != store::AnswerCode::done) return link.refuse_attach(why_not_attached(answer));
        const auto reply = inbox::AnswerReader(answer.text).next<inbox::GetSession>();
        if (!reply.ok()) return link.refuse_attach(not_understood);
        if (reply->session) return link.attach_inbox(link.rare().attach_request.clean_start);
        link.go_live({});
      }));
}

// Without a leader nobody knows of a session that the clean start has to end [MQTT-3.1.2-4]. The client goes
// on, and the session ends when its range can be asked, unless the client is gone by then: it may have a
// newer one.
void Link::end_former_session(bool holds) {
  const ShardContext& node = shard_.context();
  const InboxOwner owner = this->owner();
  inbox::Attach attach;
  attach.owner = owner.view();
  while (attach.candidate == 0) attach.candidate = node.random.next() & (inbox::number_limit - 1);
  attach.clean_start = true;
  attach.user = connection_.username();
  attach.bind_user = settings_.binds_client_ids;
  attach.holder = {kv::NodeId{node.node_id}, node.start_number,
                   static_cast<std::uint64_t>(routing::key_of(address_))};
  rare().attach_asked = shard_.store().ask_while_wanted(
      store::StoreId::inbox, inbox::owner_prefix(owner.view()), attach_command(attach, holds),
      [&shard = shard_, address = address_, owner, holds](const store::Answer& answer) {
        Link* link = shard.find(address);
        const bool is_there = link && !link->connection_.closing();
        if (is_there) link->rare().attach_asked = StoreClient::Asked::nothing;
        if (is_too_late(answer) && is_there) return link->end_former_session(holds);
        if (holds && is_unknown(answer.code) && is_there) return link->end_former_session(false);
        if (answer.code != store::AnswerCode::done) return;
        const auto reply = read_attach_reply(answer.text);
        if (!reply.ok()) return;
        if (reply->refused && is_there) return link->leave_to_owner();
        if (reply->importing && is_there) return link->disconnect(ReasonCode::server_busy);
        if (reply->ended && is_there) link->tell_session_ended(by_clean_start);
        if (reply->ended) shard.remove_routes(owner, *reply->ended);
        if (reply->will) shard.publish_due_will(owner, *reply->will);
      });
}

void Link::attach_inbox(bool clean_start) {
  const session::AttachRequest& request = rare().attach_request;
  const ShardContext& node = shard_.context();
  inbox::Attach attach;
  attach.owner = {tenant_->name(), connection_.client_id()};
  inbox::Number& candidate = rare_->attach_candidate;
  while (candidate == 0) candidate = node.random.next() & (inbox::number_limit - 1);
  attach.candidate = candidate;
  attach.clean_start = clean_start;
  attach.expiry_s = request.session_expiry_s;
  attach.user = connection_.username();
  attach.bind_user = settings_.binds_client_ids;
  attach.holder = {kv::NodeId{node.node_id}, node.start_number,
                   static_cast<std::uint64_t>(routing::key_of(address_))};
  std::string will_topic;
  // Whoever publishes it when this node can't, or another node has the client, does not know what it may do.
  // (ATTACK-13)
  if (request.will && may_publish(request.will->view())) {
    session::MessageView will = request.will->view();
    will_topic = tenant_->prefix() + std::string(will.topic);
    will.topic = will_topic;
    attach.will = inbox::Attach::Will{{will}, request.will_delay_s};
  }
  const AttachAttempt attempt{owner(), attach.holder, attach.candidate, attach.expiry_s};
  shard_.open_attaches().begin(address_);
  rare_->attach_asked =
      shard_.store().ask_while_wanted(store::StoreId::inbox, inbox::owner_prefix(owner().view()),
                                      attach_command(attach, !rare_->attaches_plainly),
                                      [&shard = shard_, address = address_, attempt](const auto& answer) {
                                        Link* link = shard.find(address);
                                        if (link && !link->connection_.closing())
                                          return link->on_attach_answer(attempt, answer);
                                        shard.undo_attach(attempt, answer);
                                      });
}

// The client does not wait for its session any more: it may be elsewhere already.
void Link::withdraw_attach() {
  if (!rare_ || rare_->attach_asked == StoreClient::Asked::nothing) return;
  shard_.store().withdraw(std::exchange(rare_->attach_asked, StoreClient::Asked::nothing));
}

std::string_view Link::binding_user() const {
  return settings_.binds_client_ids ? connection_.username() : std::string_view{};
}

// The client id, or the session under it, is another user's. (ATTACK-15)
void Link::refuse_user() {
  log_refused(ReasonCode::client_identifier_not_valid, other_user);
  session::AttachOutcome outcome;
  outcome.code = ReasonCode::client_identifier_not_valid;
  connection_.on_attached(outcome);
}

// It was let in before the range could be asked.
void Link::leave_to_owner() {
  log_refused(ReasonCode::not_authorized, other_user);
  disconnect(ReasonCode::not_authorized);
}

void Link::refuse_attach(const char* reason) {
  session::AttachOutcome outcome;
  outcome.code = ReasonCode::server_unavailable;
  outcome.reason = reason;
  log_refused(outcome.code, "its session can't be reached");
  connection_.on_attached(outcome);
}

void Link::on_attach_answer(const AttachAttempt& attempt, const store::Answer& answer) {
  shard_.mark(*this);
  rare().attach_asked = StoreClient::Asked::nothing;
  // It is over, and the reply is lost: the same attach finds what it has made, and ends nothing any more.
  if (answer.code == store::AnswerCode::duplicate) return attach_inbox(false);
  if (is_unknown(answer.code) && !std::exchange(rare_->attaches_plainly, true))
    return attach_inbox(rare_->attach_request.clean_start);
  if (answer.code != store::AnswerCode::done) {
    shard_.abandon_attach(attempt, answer);
    refuse_attach(why_not_attached(answer));
  } else {
    const auto reply = read_attach_reply(answer.text);
    if (reply.ok() && rare_->attach_request.clean_start && is_older_session(*reply, attempt.candidate)) {
      shard_.undo_attach(attempt, answer);
      return refuse_attach(not_answered);
    }
    if (reply.ok() && reply->previous) return wait_for_departure(*reply, attempt, answer);
    end_attach(reply);
  }
  shard_.open_attaches().settle(address_);
}

// Nothing that the former connection asks for is done any more when this one is let in.
void Link::wait_for_departure(const inbox::AttachReply& attached, const AttachAttempt& attempt,
                              const store::Answer& answer) {
  rare().awaited_epoch = attached.epoch;
  shard_.when_departed(*attached.previous, [&shard = shard_, address = address_, attempt, answer] {
    Link* link = shard.find(address);
    if (!link || link->connection_.closing()) return shard.undo_departed(attempt, answer);
    link->rare().awaited_epoch.reset();
    shard.mark(*link);
    link->end_attach(read_attach_reply(answer.text));
    // What the range has said to it meanwhile it could not take.
    link->look_into_inbox();
    shard.open_attaches().settle(address);
  });
}

// Lets the client in, or not.
void Link::end_attach(const Result<inbox::AttachReply>& reply) {
  if (!reply.ok()) return refuse_attach(not_understood);
  if (reply->refused) return refuse_user();
  if (reply->importing) return refuse_attach(is_restored);
  take_session(*reply);
}

void Link::take_session(const inbox::AttachReply& attached) {
  const InboxOwner owner = this->owner();
  if (attached.ended) {
    tell_session_ended(by_clean_start);
    shard_.remove_routes(owner, *attached.ended);
  }
  if (attached.will) shard_.publish_due_will(owner, *attached.will);
  go_live(attached);
}

void Link::go_live(const inbox::AttachReply& attached) {
  if (attached.number != 0 && !attached.present && rare().attach_request.session_expiry_s == 0) {
    rare().will_number = attached.number;
    rare().will_epoch = attached.epoch;
  } else if (attached.number != 0) {
    const auto inbox = tables().inboxes.attach(attached.number, {tenant_->name(), connection_.client_id()},
                                               routing::key_of(address_));
    feed_ = std::make_unique<InboxFeed>(inbox, attached);
    announce_session(attached.number);
  }
  connection_.set_key(feed_ ? routing::key_of_inbox(attached.number) : routing::key_of(address_));
  metrics().connected.add(shard_.index(), 1);
  shard_.client_came();

  std::vector<mqtt::PacketId> received_ids;
  for (const std::uint16_t id : attached.received_ids) received_ids.push_back(mqtt::PacketId{id});
  session::AttachOutcome outcome;
  outcome.session_present = attached.present;
  outcome.stored = feed_ != nullptr;
  outcome.first_number = attached.first_number;
  outcome.received_ids = received_ids;
  connection_.on_attached(outcome);
  if (connection_.live())
    shard_.claim_client(tenant_->directory_id(connection_.client_id()), address_, binding_user());
  rearm_deadline();
  observe::Log& log = shard_.context().log;
  if (log.enabled(events::session_started))
    log.write(events::session_started, "a client has connected",
              {{"client_id", connection_.client_id()},
               {"username", connection_.username()},
               {"peer", peer_text()},
               {"listener", settings_.name},
               {"version", mqtt::to_string(connection_.version())},
               {"session_present", attached.present}});
  tell_connected(attached.present);
  // What was banned since it was let in found it neither out nor in.
  leave_if_banned();
  forget_opening();
}

void Link::announce_session(std::uint64_t number) {
  OwnRoutes& own = tables().remote.own();
  if (own.is_alone()) return;
  if (!announced_) announced_ = std::make_unique<AnnouncedFilters>(own, number);
  for (const auto& route : tables().routes.of_inbox(number))
    if (!announced_->has(route.filter)) announced_->put(route.filter, route.qos);
  if (tables().routes.complete()) return;
  // The others are told of what this node does not know yet when it does.
  shard_.when_routes_known([&shard = shard_, address = address_, number](bool) {
    Link* link = shard.find(address);
    if (link && link->announced_) link->announce_session(number);
  });
}

void Link::give_way_to_other_node() {
  if (connection_.live() && !feed_) take_over();
}

void Link::leave_to_user_elsewhere() {
  if (!connection_.live()) return;
  yields_session_ = true;
  leave_to_owner();
  shard_.mark(*this);
}

void Link::end_for_newer(std::function<void()> then) {
  rare().when_ended.push_back(std::move(then));
  take_over();
}

void Link::take_over() {
  if (!connection_.live()) {
    // It waits for the id itself, and the newest wins.
    connection_.take_over();
    shard_.mark(*this);
    return;
  }
  // What the client has sent before that is read first: behind a DISCONNECT there is no will any more.
  // [MQTT-3.1.2-10]
  begin_rest().is_taken_over = true;
  shard_.mark(*this);
}

void Link::give_way() {
  metrics().taken_over.add(shard_.index());
  shard_.context().log.write(events::session_taken_over, "the same client id has connected again",
                             {{"client_id", connection_.client_id()}, {"peer", peer_text()}});
  connection_.take_over();
  shard_.mark(*this);
}

bool Link::may_publish(const session::MessageView& will) const {
  return !is_closed_to_clients(will.topic, tenant_->prefix()) &&
         permset_.check(host::Action::publish, will.topic, static_cast<std::uint8_t>(will.qos), will.retain);
}

// A client that may stay no longer, or may not publish there any more, leaves no will (ATTACK-13).
bool Link::will_allowed(const session::EndInfo& info) {
  const auto view = info.will->view();
  const bool banned = ban_of(connection_.client_id(), connection_.username()).has_value();
  const bool revoked =
      permset_.stale() &&
      permset_.refresh(connection_.username(), connection_.client_id()) == host::Permset::Freshness::revoked;
  if (!banned && !revoked && may_publish(view)) return true;
  dropped(session::DropCause::not_authorized, view.qos);
  tell_refused_message(view, TENON_EVENT_WILL);
  return false;
}

// It is asked for again when the will fires. (ATTACK-13)
void Link::keep_will_permit(const session::EndInfo& info) {
  constexpr UnixMs slack_ms = UnixMs{3600} * 1000;
  const auto view = info.will->view();
  const UnixMs delay_ms = UnixMs{std::min(info.will_delay_s, info.session_expiry_s)} * 1000;
  WillPermits::Permit permit{permset_,
                             std::string(connection_.username()),
                             std::string(connection_.client_id()),
                             peer_family_,
                             peer_addr_,
                             std::string(view.topic),
                             view.qos,
                             view.retain,
                             shard_.time().unix_ms + delay_ms + slack_ms};
  tables().will_permits.put({feed_->number(), feed_->epoch()}, std::move(permit));
}

void Link::ended(const session::EndInfo& info) {
  metrics().connected.add(shard_.index(), -1);
  shard_.client_went();
  if (!feed_ || yields_session_ || info.session_expiry_s == 0) tell_session_ended(with_connection);
  end_interception();
  if (info.lost_count != 0) metrics().dropped_session_ended.add(shard_.index(), info.lost_count);
  const bool leaves_will = info.will && !yields_session_ && will_allowed(info);
  if (!feed_) {
    forget_filters();
    if (!info.undelivered.empty()) shard_.pass_on(info.undelivered);
  }
  const inbox::WillFate fate = leaves_will ? inbox::WillFate::keep : inbox::WillFate::drop;
  if (leaves_will && info.will_delay_s > 0 && feed_) keep_will_permit(info);
  if (feed_)
    detach_inbox(fate, yields_session_ ? 0 : info.session_expiry_s);
  else if (rare_ && rare_->will_number != 0)
    detach_will(fate);
  end_replay();
  release_claim();
  if (!rare_) return;
  for (auto& then : std::exchange(rare_->when_ended, {})) when_left(std::move(then));
}

// When what it has left is on its way to stores and to other nodes.
void Link::when_left(std::function<void()> then) {
  shard_.when_all_is_out(address_, [&shard = shard_, then = std::move(then)]() mutable {
    shard.behind_requests(std::move(then));
  });
}

// Whoever waits for the client id may be of another worker, and is attached behind the end of this session.
void Link::release_claim() {
  if (!std::exchange(claimed_, false)) return;
  auto release = [&shard = shard_, address = address_, id = tenant_->directory_id(connection_.client_id())] {
    if (const auto next = shard.tables().clients.release(id, address))
      shard.on_link(*next, [](Link& link) { link.on_claim_granted(); });
  };
  when_left(std::move(release));
}

InboxOwner Link::owner() const {
  return {tenant_->name(), std::string(connection_.client_id())};
}

// What a replay still owed goes with the session's connection.
void Link::end_replay() {
  if (!rare_ || !rare_->replay) return;
  metrics().dropped_replay.add(shard_.index(), rare_->replay->queue.left_count());
  rare_->replay.reset();
}

bool Link::refresh_permissions() {
  const auto freshness = permset_.refresh(connection_.username(), connection_.client_id());
  if (freshness == host::Permset::Freshness::revoked) {
    disconnect(ReasonCode::not_authorized);
    return false;
  }
  if (freshness == host::Permset::Freshness::changed) ++permission_epoch_;
  return true;
}

}  // namespace tenon::broker
