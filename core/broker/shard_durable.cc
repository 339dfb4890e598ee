#include "base/text/tenant_topic.h"
#include "broker/link/link.h"
#include "broker/shard.h"
#include "broker/show_as.h"
#include "service/dist/dist_key.h"
#include "service/dist/dist_ops.h"

// What a shard does with ranges: messages for inboxes, wills and routes of sessions.

namespace tenon::broker {

namespace dist = service::dist;
namespace inbox = service::inbox;
using mqtt::ReasonCode;
using store::AnswerCode;
using store::Request;
using store::StoreId;

namespace {

dist::Add add_of(const Shard::RouteChange& change) {
  return {change.owner.tenant, change.filter, change.owner.client_id, change.number, {*change.options}};
}

dist::Remove remove_of(const Shard::RouteChange& change) {
  return {change.owner.tenant, change.owner.client_id, change.number, {change.filter}};
}

void end_route_change(const Shard::RouteChange& change, const store::Answer& answer) {
  if (change.changed)
    change.changed->end_one(is_applied(answer.code) ? ReasonCode::success : ReasonCode::server_unavailable);
}

}  // namespace

// Where the message is to be put for the receiver. Empty: it is not, as it has been delivered past the inbox,
// or is not for this receiver.
std::optional<Shard::InboxTarget> Shard::find_inbox(session::Publication& publication,
                                                    const Ref<routing::MatchSet>& set,
                                                    const routing::Receiver& receiver) {
  const session::MessageView& message = publication.view();
  if (receiver.no_local && receiver.key == message.source) return std::nullopt;  // [MQTT-3.8.3-3]
  const std::uint64_t number = routing::inbox_number(receiver.key);
  const InboxDirectory::Entry known = tables().inboxes.find(number);
  const session::ShowAs show = show_as(message, *set, receiver);
  if (show.qos != mqtt::QoS::at_most_once) {
    if (known.inbox) return InboxTarget{known.inbox, number, show};
    // The route may have gone since the set was made; the session has then gone, too.
    context_.metrics.dropped_no_session.add(index());
    return std::nullopt;
  }
  // QoS 0 goes to a client that is there, and to nobody else.
  const std::uint32_t worker = routing::address_of(known.connection).worker;
  if (known.connection == session::ReceiverKey::none) {
    // Where it is sent to other nodes, the client may be at one of them.
    if (set->nodes().empty()) context_.metrics.dropped_offline.add(index());
  } else if (worker != index()) {
    batch_for(worker).add(publication, set, {&receiver, 1});
  } else {
    enter();
    deliver_past_inbox(publication, *set, receiver);
  }
  return std::nullopt;
}

// On the worker of the session's link.
bool Shard::deliver_past_inbox(session::Publication& publication, const routing::MatchSet& set,
                               const routing::Receiver& receiver) {
  const InboxDirectory::Entry known = tables().inboxes.find(routing::inbox_number(receiver.key));
  Link* link =
      known.connection == session::ReceiverKey::none ? nullptr : find(routing::address_of(known.connection));
  if (!link) {
    context_.metrics.dropped_offline.add(index());
    return false;
  }
  link->deliver_past_inbox(publication, show_as(publication.view(), set, receiver));
  return true;
}

void Shard::append_to_inbox(session::Publication& publication, const Ref<const KnownInbox>& inbox,
                            std::uint64_t number, const session::ShowAs& show,
                            std::shared_ptr<Countdown>* waits) {
  const auto append = make_append(publication);
  append->add({inbox, number, show});
  send_append(append, waits);
}

std::shared_ptr<InboxAppend> Shard::make_append(const session::Publication& publication,
                                                const std::optional<inbox::Origin>& origin) const {
  return std::make_shared<InboxAppend>(inbox::FanOut({publication.view()}, context_.inbox_limits, origin),
                                       publication.sender());
}

void Shard::send_append(const std::shared_ptr<InboxAppend>& append, std::shared_ptr<Countdown>* waits) {
  // One that passes another of its origin makes that one come too late: none gives up its place.
  const auto patience =
      append->has_origin() ? StoreClient::Patience::endless : StoreClient::Patience::in_time;
  for (const auto& part : InboxAppend::finish(append)) {
    std::shared_ptr<Countdown> countdown;
    if (waits) {
      if (!*waits) *waits = std::make_shared<Countdown>();
      countdown = *waits;
      countdown->start_one();
    }
    StoreClient::Done done = [this, countdown, part](const store::Answer& answer) {
      const ReasonCode code = on_appended(*part, answer, countdown);
      if (countdown) countdown->end_one(code);
    };
    if (part->count() > 1)
      store_.ask_many(StoreId::inbox, part, patience, std::move(done), append->sender());
    else
      store_.append(StoreId::inbox, std::string(part->key(0)), part->text(0, 1), patience, std::move(done),
                    append->sender());
  }
}

ReasonCode Shard::on_appended(const InboxAppend::Part& part, const store::Answer& answer,
                              const std::shared_ptr<Countdown>& waits) {
  auto& metrics = context_.metrics;
  std::vector<session::Undelivered> for_others;
  std::uint32_t dropped = 0;
  const bool is_there = part.read(
      answer,
      [&](const inbox::Owner& owner, std::uint64_t number, std::uint64_t group, inbox::OpStatus status) {
        if (status == inbox::OpStatus::full) ++dropped;
        if (status != inbox::OpStatus::gone) return;
        if (group != 0 && part.all().message())
          for_others.push_back({part.all().message(), group});
        else
          metrics.dropped_no_session.add(index());
        // Its routes are left over; the inbox is the truth.
        tables().inboxes.end(number);
        remove_all_routes(InboxOwner::of(owner), number);
      },
      dropped);
  if (dropped > 0)
    metrics.dropped[static_cast<std::size_t>(session::DropCause::queue_full)].add(index(), dropped);
  if (!for_others.empty()) {
    if (waits) waits->start_one();
    pass_on(std::move(for_others), waits);
  }
  return is_there ? ReasonCode::success : why_not_kept(answer);
}

ReasonCode Shard::why_not_kept(const store::Answer& answer) {
  return answer.code == AnswerCode::refused ? refuse_too_large() : ReasonCode::server_unavailable;
}

ReasonCode Shard::refuse_too_large() {
  context_.log.write(observe::events::routing_message_refused,
                     "a message could not be kept: it is larger than ranges take");
  return ReasonCode::quota_exceeded;
}

void Shard::change_route(RouteChange&& asked) {
  const auto change = std::make_shared<const RouteChange>(std::move(asked));
  if (change->epoch == 0 || time_.mono_ns < route_plainly_until_ns_)
    return change_route_plainly(change, Tried::nothing);
  dist::CommandBuilder command;
  if (change->options)
    command.add(dist::AddAt{add_of(*change), change->epoch});
  else
    command.add(dist::RemoveAt{remove_of(*change), change->epoch});
  // Whoever publishes anywhere behind the SUBACK reaches the subscriber. [PROMISE-3]
  store_.ask_everywhere(StoreId::dist, dist::filter_prefix(change->owner.tenant, change->filter),
                        command.take(), [this, change](const store::Answer& answer) {
                          if (is_unknown(answer.code)) return change_route_plainly(change, Tried::newer);
                          // Its answer was lost, and may have been that a member does not know it. Once more
                          // does no harm where nothing later is asked for before this is answered.
                          if (answer.code == AnswerCode::duplicate && change->changed)
                            return change_route(RouteChange(*change));
                          end_route_change(*change, answer);
                        });
}

// As a version does it that knows nothing of epochs.
void Shard::change_route_plainly(const std::shared_ptr<const RouteChange>& change, Tried tried) {
  dist::CommandBuilder command;
  if (change->options)
    command.add(add_of(*change));
  else
    command.add(remove_of(*change));
  store_.ask_everywhere(StoreId::dist, dist::filter_prefix(change->owner.tenant, change->filter),
                        command.take(), [this, change, tried](const store::Answer& answer) {
                          if (tried == Tried::newer && is_applied(answer.code))
                            route_plainly_until_ns_ = time_.mono_ns + plainly_ns;
                          end_route_change(*change, answer);
                        });
}

void Shard::remove_routes(const InboxOwner& owner, const inbox::Ended& ended) {
  tables().inboxes.end(ended.number);
  for (const std::string_view filter : ended.filters)
    change_route({owner, ended.number, std::string(filter)});
}

void Shard::remove_all_routes(const InboxOwner& owner, std::uint64_t number) {
  for (const auto& route : tables().routes.of_inbox(number)) change_route({owner, number, route.filter});
}

void Shard::abandon_attach(const AttachAttempt& attach, const store::Answer& outcome) {
  if (!may_have_attached(outcome)) return;
  inbox::CommandBuilder command;
  command.add(inbox::Abandon{attach.owner.view(), attach.holder, attach.candidate});
  const InboxOwner& owner = attach.owner;
  store_.ask(StoreId::inbox, Request::Kind::append, inbox::owner_prefix(owner.view()), command.take(),
             [this, owner](const store::Answer& answer) {
               if (answer.code != AnswerCode::done) return;
               const auto reply = inbox::ReplyReader(answer.text).next<inbox::Abandon>();
               if (reply.ok() && reply->ended) remove_routes(owner, *reply->ended);
             });
}

// Who attaches the session next finds nobody, and may still not be let in before a former connection has
// ended.
void Shard::undo_attach(const AttachAttempt& attach, const store::Answer& answer) {
  const auto former = former_holder(answer);
  if (!former) return undo_departed(attach, answer);
  when_departed(*former, [this, attach, answer] { undo_departed(attach, answer); });
}

void Shard::undo_departed(const AttachAttempt& attach, const store::Answer& answer) {
  undo_now(attach, answer);
  open_attaches_.settle(attach.address());
}

void Shard::undo_now(const AttachAttempt& attach, const store::Answer& answer) {
  if (answer.code != AnswerCode::done) return abandon_attach(attach, answer);
  const InboxOwner& owner = attach.owner;
  const auto attached = read_attach_reply(answer.text);
  if (!attached.ok()) return;
  if (attached->ended) remove_routes(owner, *attached->ended);
  if (attached->will) publish_due_will(owner, *attached->will);
  if (attached->number == 0) return;
  detach(owner, {{owner.view(), attached->number, attached->epoch}, attach.expiry_s, inbox::WillFate::drop});
}

void Shard::detach(const InboxOwner& owner, const inbox::Detach& op) {
  inbox::CommandBuilder command;
  command.add(op);
  const inbox::WillId will{op.held.number, op.held.epoch};
  store_.ask(StoreId::inbox, Request::Kind::append, inbox::owner_prefix(owner.view()), command.take(),
             [this, owner, will, fate = op.will](const store::Answer& answer) {
               if (answer.code != AnswerCode::done) return;
               const auto reply = inbox::ReplyReader(answer.text).next<inbox::Detach>();
               if (!reply.ok()) return;
               if (reply->status != inbox::OpStatus::ok) return settle_will(owner, will, fate);
               if (reply->ended) remove_routes(owner, *reply->ended);
               if (reply->will) publish_due_will(owner, *reply->will);
             });
}

// The session was taken over by another connection before this one's end came to its range.
void Shard::settle_will(const InboxOwner& owner, const inbox::WillId& will, inbox::WillFate fate) {
  inbox::CommandBuilder command;
  command.add(inbox::SettleWill{owner.view(), will, fate});
  store_.ask(StoreId::inbox, Request::Kind::append, inbox::owner_prefix(owner.view()), command.take(),
             [this, owner](const store::Answer& answer) {
               // Where not all know the op, nothing has waited for it.
               if (answer.code != AnswerCode::done) return;
               const auto reply = inbox::ReplyReader(answer.text).next<inbox::SettleWill>();
               if (reply.ok() && reply->will) publish_due_will(owner, *reply->will);
             });
}

void Shard::detach_former_sessions() {
  enter();
  detach_sessions_from({}, {kv::NodeId{context_.node_id}, context_.start_number - 1, [] { return true; }},
                       Reach::store);
  worker_.request_turn();
}

void Shard::detach_sessions_of(const NodeRun& run, const std::string& range) {
  enter();
  detach_sessions_from(range, run, Reach::range);
  worker_.request_turn();
}

// From this key to the end of the range or of the store, of which one range after the other does its piece:
// where that ended that did it last, the next one begins, however ranges are split meanwhile.
void Shard::detach_sessions_from(const std::string& from, const NodeRun& run, Reach reach) {
  if (!run.is_over()) return;
  inbox::NodeGone gone;
  gone.node = run.node;
  gone.incarnation = run.incarnation;
  gone.cursor = from;
  inbox::CommandBuilder command;
  command.add(gone);
  store_.ask_whole_range(StoreId::inbox, from, command.take(),
                         [this, run, from, reach](const store::Answer& answer) {
                           // Time was up: no leader yet, or none any more.
                           if (answer.code != AnswerCode::done) return detach_sessions_from(from, run, reach);
                           const auto reply = inbox::ReplyReader(answer.text).next<inbox::NodeGone>();
                           if (!reply.ok()) return;
                           if (!reply->cursor.empty())
                             return detach_sessions_from(std::string(reply->cursor), run, reach);
                           if (answer.end.empty() || reach == Reach::range) return;
                           // One that ended before it was asked has done nothing of it.
                           detach_sessions_from(answer.end > from ? answer.end : from, run, reach);
                         });
}

void Shard::on_answers(std::vector<store::FinishedRequest>&& finished) {
  enter();
  store_.finish(std::move(finished));
}

void Shard::on_notice(const inbox::InboxNotice& notice) {
  enter();
  // One that is for an earlier run of this node names none of today's links.
  const auto link_of = [this](const inbox::Holder& holder) -> Link* {
    if (holder.incarnation != context_.start_number) return nullptr;
    return find(routing::address_of(session::ReceiverKey{holder.connection}));
  };
  if (const auto* ready = std::get_if<inbox::Ready>(&notice)) {
    if (Link* link = link_of(ready->holder)) link->on_inbox_ready(ready->epoch, ready->next_number);
  } else if (const auto* taken = std::get_if<inbox::TakenOver>(&notice)) {
    if (Link* link = link_of(taken->holder)) link->on_inbox_taken(taken->epoch);
  } else if (const auto* due = std::get_if<inbox::WillIsDue>(&notice)) {
    publish_due_will({std::string(due->owner.tenant), std::string(due->owner.client_id)}, due->will);
  } else if (const auto* posted = std::get_if<inbox::Posted>(&notice)) {
    outbox_.posted(posted->owner);
  } else if (const auto* room = std::get_if<inbox::OutboxHasRoom>(&notice)) {
    if (Link* link = link_of(room->holder)) link->on_outbox_room(room->epoch, room->next_post);
  } else if (const auto* over = std::get_if<inbox::SessionEnded>(&notice)) {
    context_.metrics.expired.add(index());
    tell_expired(over->owner);
    context_.log.write(observe::events::session_expired,
                       "a session was discarded: its expiry interval has passed",
                       {{"client_id", over->owner.client_id}});
    remove_routes({std::string(over->owner.tenant), std::string(over->owner.client_id)}, over->ended);
  }
}

void Shard::look_into_inboxes() {
  enter();
  for (const Slot& slot : slots_)
    if (slot.link) slot.link->look_into_inbox();
}

}  // namespace tenon::broker
