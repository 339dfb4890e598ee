#include <algorithm>
#include <array>

#include "broker/shard.h"
#include "broker/show_as.h"
#include "service/inbox/inbox_commands.h"
#include "topic/filter_index.h"

// Messages that reach each inbox once, whoever brings them how often: posts and wills.

namespace tenon::broker {

namespace inbox = service::inbox;
using mqtt::ReasonCode;
using store::Request;
using store::StoreId;

namespace {

WillName name_of(const inbox::WillId& id) {
  return {id.number, id.epoch};
}

// The id is all that each node knows of an owner; whoever has its permit knows more.
bool is_banned(const BanList& bans, const InboxOwner& owner, UnixMs now_ms) {
  static constexpr std::array<std::uint8_t, 16> no_address{};
  return bans.find({owner.client_id, {}, TENON_PEER_NONE, no_address}, now_ms) != nullptr;
}

}  // namespace

std::optional<HeldMessages::One> Shard::hold_back(session::Publication& publication,
                                                  const Ref<routing::MatchSet>& set, routing::Spread spread,
                                                  const std::shared_ptr<Countdown>& waits,
                                                  std::vector<InboxTarget>& ret_chosen) {
  std::vector<HeldMessages::Choice> later;
  RemoteTargets none;
  for (const auto& group : set->groups())
    if (auto target = deliver_to_group(publication, set, group, spread, none, &later))
      ret_chosen.push_back(std::move(*target));
  const bool is_for_links = !set->workers().empty() || !set->nodes().empty() ||
                            std::ranges::any_of(set->inboxes(), [&](const auto& receiver) {
                              return is_past_inbox(publication.view(), receiver);
                            });
  if (!is_for_links && later.empty() && !publication.view().retain) return std::nullopt;
  waits->start_one();
  return HeldMessages::One{publication.shared(), std::move(later), waits};
}

// Whoever has subscribed meanwhile finds it stored, or gets it here, or both, never neither (INV-R2).
ReasonCode Shard::deliver_held(const HeldMessages::One& one) {
  session::Publication publication(one.message);
  const bool is_kept = !publication.view().retain || show_retained(publication);
  const Ref<routing::MatchSet> set = receivers_of(publication.view().topic).set;
  RemoteTargets nodes;
  route_to_links(publication, set, nodes);
  for (const auto& receiver : set->inboxes())
    if (is_past_inbox(publication.view(), receiver)) (void)find_inbox(publication, set, receiver);
  for (const auto& chosen : one.chosen) deliver_to_chosen(publication, set, chosen, nodes);
  send_to_nodes(publication, std::move(nodes));
  return is_kept ? ReasonCode::success : ReasonCode::quota_exceeded;
}

// Another member has it if the chosen one is gone, is full, or has an inbox by now.
void Shard::deliver_to_chosen(session::Publication& publication, const Ref<routing::MatchSet>& set,
                              const HeldMessages::Choice& chosen, RemoteTargets& ret_nodes) {
  const auto pass_on = [&] { pass_on_now({publication.shared(), chosen.group}, nullptr); };
  const auto group = std::ranges::find(set->groups(), chosen.group, &routing::GroupMatch::digest);
  if (group == set->groups().end()) return pass_on();
  const auto member = std::ranges::find(group->members, chosen.member, &routing::Receiver::key);
  if (member == group->members.end()) return pass_on();
  if (routing::is_node(member->key)) return ret_nodes.add_group(routing::slot_of(member->key), chosen.group);
  if (!routing::is_inbox(member->key)) {
    if (is_turned_down(publication, *group, *member) || !offer_to_connection(publication, set, *member))
      pass_on();
  } else if (is_past_inbox(publication.view(), *member)) {
    (void)find_inbox(publication, set, *member);
  } else {
    pass_on();
  }
}

void Shard::fetch_posts(const InboxOwner& poster, const inbox::FetchPosts& fetch) {
  service::BatchBuilder<inbox::Question> question;
  question.add(fetch);
  store_.ask(StoreId::inbox, Request::Kind::glance, inbox::owner_prefix(poster.view()), question.take(),
             [this, poster](const store::Answer& answer) {
               if (answer.code != store::AnswerCode::done) return outbox_.on_fetched(poster, nullptr);
               const auto reply = inbox::AnswerReader(answer.text).next<inbox::FetchPosts>();
               outbox_.on_fetched(poster, reply.ok() ? &*reply : nullptr);
             });
}

void Shard::relay_post(const InboxOwner& poster, const inbox::FetchPosts::Item& post,
                       std::string_view group) {
  // Whom it is for is not known yet.
  if (!tables().routes.complete()) {
    outbox_.on_relayed(poster, post.id, false);
    return when_routes_known([this, poster](bool are_known) {
      if (are_known) outbox_.posted(poster.view());
    });
  }
  session::MessageView view = post.message.view;
  view.source = routing::key_of_inbox(post.id.number);
  auto waits = std::make_shared<Countdown>();
  if (group.empty()) {
    session::Publication publication(view);
    if (view.retain)
      keep_retained(publication, poster.tenant, waits, StoreClient::Patience::endless, nullptr,
                    service::retain::Writer::outbox(post.id.number, post.id.post));
    const Ref<routing::MatchSet> set = receivers_of(view.topic).set;
    relay_to_inboxes(publication, set, inbox::Origin::of(post.id), post.chosen, waits);
  } else {
    // Whose it was has ended, though its routes may still be there.
    tables().inboxes.end(post.id.number);
    pass_on_now({session::Message::make(view), topic::digest_of(group)}, &waits);
  }
  when_done(waits, [this, poster, id = post.id](ReasonCode code) {
    outbox_.on_relayed(poster, id, !mqtt::is_failure(code));
  });
}

void Shard::relay_to_inboxes(session::Publication& publication, const Ref<routing::MatchSet>& set,
                             const inbox::Origin& origin, std::span<const inbox::Append::Target> chosen,
                             std::shared_ptr<Countdown>& waits) {
  const auto append = make_append(publication, origin);
  for (const auto& receiver : set->inboxes())
    if (!is_past_inbox(publication.view(), receiver))
      if (const auto target = find_inbox(publication, set, receiver)) append->add(*target);
  for (const inbox::Append::Target& one : chosen)
    append->add({KnownInbox::make(one.owner), one.number, {one.qos, one.retain, one.subscription_ids}});
  send_append(append, &waits);
}

std::optional<RemoteWill> Shard::will_of(const std::optional<inbox::Origin>& origin) {
  if (!origin || origin->lane != inbox::Origin::Lane::will) return std::nullopt;
  return RemoteWill{origin->session, origin->number};
}

void Shard::confirm_posts(const InboxOwner& poster, const inbox::PostDone& done) {
  inbox::CommandBuilder command;
  command.add(done);
  store_.ask(StoreId::inbox, Request::Kind::command, inbox::owner_prefix(poster.view()), command.take(),
             [this, poster](const store::Answer&) { outbox_.on_confirmed(poster); });
}

void Shard::when_done(const std::shared_ptr<Countdown>& waits, Countdown::Finished finished) {
  if (waits->open()) return waits->wait(std::move(finished));
  finished(ReasonCode::success);
}

void Shard::publish_due_will(const InboxOwner& owner, const inbox::DueWill& will) {
  if (!tables().waiting_wills.begin(name_of(will.id))) return;
  when_will_has_routes(owner, will.id, will.message.view, &Shard::go_on_with_will);
}

// Whom it is for may not be known yet; if that does not change the inbox hands it out again.
void Shard::when_will_has_routes(const InboxOwner& owner, const inbox::WillId& id,
                                 const session::MessageView& message, WillStep step) {
  if (tables().routes.complete()) return (this->*step)(owner, id, message);
  when_routes_known([this, owner, id, step, kept = session::Message::make(message)](bool are_known) {
    if (are_known) return (this->*step)(owner, id, kept->view());
    tables().waiting_wills.end(name_of(id), WaitingWills::End::not_done);
  });
}

void Shard::go_on_with_will(const InboxOwner& owner, const inbox::WillId& id,
                            const session::MessageView& left) {
  session::MessageView message = left;
  if (will_is_refused(owner, id, message)) return drop_will(owner, id);
  // Until now the field held how long the message lives from its publication on (see Connection::take_will).
  if (message.expires_at_ms != 0) message.expires_at_ms += time_.unix_ms;
  if (receivers_of(message.topic).interceptors == 0) return publish_will(owner, id, message);
  host::InterceptedMessage who;
  who.flags = TENON_INTERCEPT_WILL;
  who.tenant = owner.tenant;
  who.client_id = owner.client_id;
  intercept(who, message,
            [this, owner, id](const host::InterceptOutcome& outcome, const session::MessageView& changed) {
              on_will_intercepted(owner, id, outcome, changed);
            });
}

void Shard::on_will_intercepted(const InboxOwner& owner, const inbox::WillId& id,
                                const host::InterceptOutcome& outcome, const session::MessageView& changed) {
  using Decision = host::InterceptOutcome::Decision;
  // A plugin that is told to end has decided nothing: whoever leads the range next has the will decided on.
  if (stopping_ && outcome.is_failure)
    return tables().waiting_wills.end(name_of(id), WaitingWills::End::not_done);
  if (outcome.decision == Decision::publish)
    return when_will_has_routes(owner, id, changed, &Shard::publish_will);
  if (outcome.decision == Decision::refuse)
    tell_refused_will(owner, changed, static_cast<ReasonCode>(outcome.reason_code));
  drop_will(owner, id);
}

// Who has an inbox does not take it twice, whoever brings it how often; everybody else gets it the first time
// only.
void Shard::publish_will(const InboxOwner& owner, const inbox::WillId& id,
                         const session::MessageView& message) {
  using Reach = WaitingWills::Reach;
  const Reach reach = tables().waiting_wills.publish(name_of(id), time_.unix_ms);
  session::MessageView view = message;
  view.source = routing::key_of_inbox(id.number);  // [MQTT-3.8.3-3]
  session::Publication publication(view);
  auto waits = std::make_shared<Countdown>();
  // Stored before it is matched: a new subscriber sees it as retained, or live, or both, never neither
  // (INV-R2).
  const auto reached = message.retain ? make_reached() : nullptr;
  if (message.retain)
    keep_retained(publication, owner.tenant, waits, StoreClient::Patience::endless, reached,
                  service::retain::Writer::will(id.number, id.epoch));
  const Ref<routing::MatchSet> set = receivers_of(message.topic).set;
  const inbox::Origin origin = inbox::Origin::of(id);
  if (reached) *reached = {set, origin};
  if (reach == Reach::all) tell_will(owner, message);
  if (reach == Reach::nobody) {
    relay_to_inboxes(publication, set, origin, {}, waits);
  } else {
    route(publication, set, context_.spread, &waits, origin,
          reach == Reach::all ? Connections::all : Connections::of_others);
    context_.log.write(observe::events::session_will_sent, "a will was published",
                       {{"topic", message.topic}});
  }
  when_done(waits, [this, owner, id](ReasonCode code) {
    if (!mqtt::is_failure(code)) return drop_will(owner, id);
    tables().waiting_wills.end(name_of(id), WaitingWills::End::not_done);
  });
}

// It is published, or may not be.
void Shard::drop_will(const InboxOwner& owner, const inbox::WillId& id) {
  tables().will_permits.forget(name_of(id));
  inbox::CommandBuilder command;
  command.add(inbox::WillDone{owner.view(), id});
  store_.ask(StoreId::inbox, Request::Kind::command, inbox::owner_prefix(owner.view()), command.take(),
             [this, name = name_of(id)](const store::Answer& answer) {
               using End = WaitingWills::End;
               const bool is_done = answer.code == store::AnswerCode::done;
               tables().waiting_wills.end(name, is_done ? End::done : End::not_done);
             });
}

// Whoever left it may have lost the permission, or have been banned, while it waited. (ATTACK-13)
bool Shard::will_is_refused(const InboxOwner& owner, const inbox::WillId& id,
                            const session::MessageView& message) {
  const auto bans = tables().bans.list();
  if (!is_banned(*bans, owner, time_.unix_ms) &&
      tables().will_permits.allows(name_of(id), *bans, time_.unix_ms))
    return false;
  context_.metrics.dropped[static_cast<std::size_t>(session::DropCause::not_authorized)].add(index());
  context_.log.write(observe::events::auth_access_denied, "a will was refused", {{"topic", message.topic}});
  tell_refused_will(owner, message);
  return true;
}

// Whichever node publishes them has to know.
void Shard::tell_of_wills() {
  const auto tell = [this](RemoteMessage kind, const std::vector<WillName>& wills) {
    RemoteWills told;
    for (const auto& [number, epoch] : wills) told.wills.push_back({number, epoch});
    if (!told.wills.empty()) tables().remote.own().send_to_all(kind, write_remote(told));
  };
  tell(RemoteMessage::wills_refused, tables().will_permits.tick(tables().bans.list(), time_.unix_ms));
  tell(RemoteMessage::wills_shown, tables().waiting_wills.tick(time_.unix_ms));
}

}  // namespace tenon::broker
