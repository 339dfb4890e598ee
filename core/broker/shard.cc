#include "broker/shard.h"

#include <algorithm>

#include "broker/link/link.h"
#include "broker/operate/departures.h"
#include "broker/show_as.h"
#include "routing/offer_order.h"
#include "service/retain/retain_key.h"

namespace tenon::broker {

using routing::Presence;
using PutOff = routing::OfferOrder::PutOff;

namespace {

constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t topic_count_max = 1 << 16;
constexpr std::size_t topic_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t topic_age_s = 60;  // one that has got no message for so long is soon forgotten
constexpr std::size_t group_count_max = 1 << 16;
constexpr std::size_t free_batches_max = 16;
// A batch of this size is sent before the turn ends.
constexpr std::size_t batch_bytes_max = 256 * 1024;
// Publishers are held while a worker has more than this waiting, and read again below half of it.
constexpr std::size_t waiting_bytes_max = 8 * 1024 * 1024;
// The same for what is parked at the links of one worker.
constexpr std::size_t parked_bytes_max = 8 * 1024 * 1024;

}  // namespace

Shard::Shard(runtime::Worker& worker, const ShardContext& context)
    : worker_(worker),
      context_(context),
      events_(context.events),
      read_buffer_(read_buffer_bytes),
      store_(context.gate, time_, worker.index()),
      topics_(topic_count_max, topic_bytes_max, context.hash_seed),
      turns_(context.hash_seed + worker.index()),
      remote_(context.tables.remote.slots()) {
  unix_offset_ms_ = context_.clock.unix_ms() - context_.clock.mono_ns() / ns_per_ms;
  worker_.add_turn_hook(&Shard::on_turn_end, this);
  worker_.start_timer(ns_per_s, &Shard::on_second, this);
  store_.set_timeout(context_.publish_timeout_ns);
}

Shard::~Shard() {
  for (Handover* batch : batches_)
    if (batch) batch->drop();
  for (Handover* batch : free_batches_) batch->drop();
}

void Shard::connect(std::span<const std::unique_ptr<Shard>> shards) {
  for (const auto& shard : shards) shards_.push_back(shard.get());
  batches_.resize(shards_.size());
  remote_.set_way_count(static_cast<std::uint32_t>(shards_.size()));
}

void Shard::enter() {
  time_.mono_ns = worker_.now_ns();
  time_.unix_ms = time_.mono_ns / ns_per_ms + unix_offset_ms_;
  time_.is_traced = tables().traces.is_on();
}

Link& Shard::open_link(Listener& listener, tenon_conn* conn, const tenon_peer_info& peer,
                       std::int64_t wait_ns) {
  if (free_slots_.empty()) {
    TENON_BUG(slots_.size() < routing::slot_limit, "more links on one worker than there are slots");
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  Slot& place = slots_[slot];
  place.generation = (place.generation + 1) & routing::generation_mask;
  place.link = std::make_unique<Link>(*this, listener, conn, peer,
                                      ConnectionAddress{index(), slot, place.generation}, wait_ns);
  link_count_.fetch_add(1, std::memory_order_relaxed);
  return *place.link;
}

Link* Shard::find(const ConnectionAddress& address) {
  if (address.worker != index() || address.slot >= slots_.size()) return nullptr;
  const Slot& slot = slots_[address.slot];
  return slot.generation == address.generation ? slot.link.get() : nullptr;
}

void Shard::mark(Link& link) {
  if (link.set_marked()) marked_.push_back(link.address());
}

void Shard::retire(Link& link) {
  retired_.push_back(link.address());
  worker_.request_turn();
}

void Shard::hold(Link& link) {
  held_.push_back(link.address());
}

void Shard::park(Link& link) {
  parked_.push_back(link.address());
  look_at_parked_later();
}

void Shard::when_routes_known(std::function<void(bool are_known)> fn) {
  // Nobody goes past those that wait.
  if (route_waiters_.empty() && tables().routes.complete()) return fn(true);
  route_waiters_.push_back({std::move(fn), time_.mono_ns + context_.publish_timeout_ns});
  look_at_parked_later();
}

void Shard::look_at_parked_later() {
  if (std::exchange(looks_at_parked_later_, true)) return;
  // Between two rounds of those that may go on, others have their turn.
  const std::int64_t look_interval_ns = tables().routes.complete() ? ns_per_ms : 20 * ns_per_ms;
  worker_.start_timer(
      look_interval_ns, [](void* self) { static_cast<Shard*>(self)->look_at_parked(); }, this);
}

void Shard::look_at_parked() {
  looks_at_parked_later_ = false;
  enter();
  tell_who_waits_for_routes();
  for (const ConnectionAddress& address : std::exchange(parked_, {})) {
    Link* link = find(address);
    if (link && link->look_at_parked()) park(*link);
  }
}

// In the order in which they came, which is that of their times, too.
void Shard::tell_who_waits_for_routes() {
  while (!route_waiters_.empty()) {
    const bool are_known = tables().routes.complete();
    if (!are_known && !stopping_ && time_.mono_ns < route_waiters_.front().until_ns)
      return look_at_parked_later();
    const auto fn = std::move(route_waiters_.front().fn);
    route_waiters_.pop_front();
    fn(are_known);
  }
}

void Shard::disconnect_all(mqtt::ReasonCode code) {
  enter();
  stopping_ = true;
  for (const Slot& slot : slots_)
    if (slot.link) slot.link->disconnect(code);
}

void Shard::disconnect_of(const Listener& listener, mqtt::ReasonCode code) {
  enter();
  for (const Slot& slot : slots_)
    if (slot.link && &slot.link->listener() == &listener) slot.link->disconnect(code);
}

std::size_t Shard::send_away(std::size_t count) {
  enter();
  std::size_t ended = 0;
  for (const Slot& slot : slots_) {
    if (ended == count) break;
    if (!slot.link || !slot.link->is_reached()) continue;
    const auto redirect = tables().redirects.next(slot.link->listener().context().name);
    if (!redirect) break;
    slot.link->disconnect(redirect->code, redirect->server_reference);
    ++ended;
  }
  context_.metrics.redirected.add(index(), ended);
  return ended;
}

void Shard::abandon_all() {
  enter();
  for (const Slot& slot : slots_)
    if (slot.link) slot.link->abandon();
  end_turn();
}

routing::TopicCache::Entry& Shard::receivers_of(std::string_view topic) {
  auto& entry = topics_.find(topic);
  tables().subscriptions.refresh(topics_, entry);
  return entry;
}

void Shard::route(session::Publication& publication, const Ref<routing::MatchSet>& set,
                  routing::Spread spread, std::shared_ptr<Countdown>* waits,
                  const std::optional<service::inbox::Origin>& origin, Connections connections) {
  RemoteTargets nodes;
  const bool to_own = connections == Connections::all;
  if (to_own) route_to_workers(publication, set);
  add_nodes(publication, *set, nodes);
  std::shared_ptr<InboxAppend> append;
  const auto add = [&](const std::optional<InboxTarget>& target) {
    if (!target) return;
    if (!append) append = make_append(publication, origin);
    append->add(*target);
    if (target->show.group != 0) append->keep_message(publication.shared());
  };
  for (const auto& receiver : set->inboxes())
    if (to_own || !is_past_inbox(publication.view(), receiver)) add(find_inbox(publication, set, receiver));
  for (const auto& group : set->groups()) add(deliver_to_group(publication, set, group, spread, nodes));
  send_to_nodes(publication, std::move(nodes), 0, will_of(origin));
  if (append) send_append(append, waits);
}

void Shard::route_to_links(session::Publication& publication, const Ref<routing::MatchSet>& set,
                           RemoteTargets& ret_nodes) {
  route_to_workers(publication, set);
  add_nodes(publication, *set, ret_nodes);
}

void Shard::add_nodes(const session::Publication& publication, const routing::MatchSet& set,
                      RemoteTargets& ret_nodes) {
  for (const auto& node : set.nodes())
    if (!node.no_local || publication.view().qos == mqtt::QoS::at_most_once)
      ret_nodes.add_subscribers(routing::slot_of(node.key));
}

void Shard::route_to_workers(session::Publication& publication, const Ref<routing::MatchSet>& set) {
  for (const auto& range : set->workers()) {
    const auto receivers = set->receivers(range);
    if (range.worker == index())
      deliver(publication, set, receivers);
    else
      batch_for(range.worker).add(publication, set, receivers);
  }
}

void Shard::deliver(session::Publication& publication, const Ref<routing::MatchSet>& set,
                    std::span<const routing::Receiver> receivers, Offer offer) {
  enter();
  for (const auto& receiver : receivers) {
    const bool is_shared = publication.view().qos != mqtt::QoS::at_most_once && !set->groups().empty();
    const routing::GroupMatch* group = is_shared ? set->group_with(receiver) : nullptr;
    if (group && is_gone(receiver))
      pass_on({{publication.shared(), group->digest}});
    else if (group && is_turned_down(publication, *group, receiver)) [[unlikely]]
      deliver_to_one_with_room(publication, set, *group, receiver, offer);
    else
      deliver_here(publication, *set, receiver);
  }
}

// Whoever has room on another worker is known there only: one other worker is asked, once, so that a message
// never goes round between workers whose members are all full. Then a stored session keeps it, if there is
// one.
void Shard::deliver_to_one_with_room(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                     const routing::GroupMatch& group, const routing::Receiver& full,
                                     Offer offer) {
  const std::size_t count = group.members.size();
  const auto at = static_cast<std::size_t>(&full - group.members.data());
  const routing::Receiver* elsewhere = nullptr;
  for (std::size_t i = 1; i < std::min(count, routing::TurnTaker::asked_max); ++i) {
    const routing::Receiver& member = group.members[(at + i) % count];
    if (routing::is_inbox(member.key) || routing::is_node(member.key)) continue;
    if (routing::address_of(member.key).worker != index())
      elsewhere = elsewhere ? elsewhere : &member;
    else if (!is_gone(member) && !is_turned_down(publication, group, member) &&
             deliver_here(publication, *set, member))
      return;
  }
  if (elsewhere && offer == Offer::first)
    batch_for(routing::address_of(elsewhere->key).worker).add(publication, set, {elsewhere, 1}, Offer::last);
  else if (!keep_for_stored_member(publication, set, group))
    deliver_here(publication, *set, full);
}

bool Shard::keep_for_stored_member(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                   const routing::GroupMatch& group) {
  const routing::Receiver* chosen = nullptr;
  std::size_t away_count = 0;
  for (const auto& member : group.members) {
    if (!routing::is_inbox(member.key) || is_past_inbox(publication.view(), member)) continue;
    if (!is_of_use(member, false)) continue;
    const bool is_away = presence_of(member) == Presence::away;
    if (!chosen || !is_away) chosen = &member;
    if (!is_away || ++away_count == routing::TurnTaker::asked_max) break;
  }
  const auto target = chosen ? find_inbox_of(publication, set, group, *chosen) : std::nullopt;
  if (target) keep_for_group(publication, *target, nullptr);
  return target.has_value();
}

std::optional<Shard::InboxTarget> Shard::find_inbox_of(session::Publication& publication,
                                                       const Ref<routing::MatchSet>& set,
                                                       const routing::GroupMatch& group,
                                                       const routing::Receiver& member) {
  auto target = find_inbox(publication, set, member);
  if (target) target->show.group = group.digest;
  return target;
}

void Shard::keep_for_group(session::Publication& publication, const InboxTarget& target,
                           std::shared_ptr<Countdown>* waits) {
  const auto append = make_append(publication);
  append->add(target);
  append->keep_message(publication.shared());
  send_append(append, waits);
}

bool Shard::is_gone(const routing::Receiver& receiver) {
  if (routing::is_inbox(receiver.key)) return false;
  Link* link = find(routing::address_of(receiver.key));
  return !link || !link->is_reached();
}

bool Shard::deliver_here(session::Publication& publication, const routing::MatchSet& set,
                         const routing::Receiver& receiver) {
  if (routing::is_inbox(receiver.key)) return deliver_past_inbox(publication, set, receiver);
  Link* link = find(routing::address_of(receiver.key));
  if (link && link->deliver(publication, set, receiver)) return true;
  if (!link) context_.metrics.dropped_no_session.add(index());
  return false;
}

// The member whose turn it is; when it can't take the message, the one after it. Of a member on another
// worker nobody can tell here, so it counts as one that can; so do a range and another node. `ret_later`: who
// has no inbox for the message is only chosen.
std::optional<Shard::InboxTarget> Shard::deliver_to_group(session::Publication& publication,
                                                          const Ref<routing::MatchSet>& set,
                                                          const routing::GroupMatch& group,
                                                          routing::Spread spread, RemoteTargets& ret_nodes,
                                                          std::vector<HeldMessages::Choice>* ret_later) {
  const bool may_be_lost = publication.view().qos == mqtt::QoS::at_most_once;
  const bool is_for_other_node = may_be_lost && !group.nodes_for_qos0.empty();
  routing::OfferOrder order(group.members.size(), pick_member(group, spread, publication.view()));
  while (const auto index = order.next()) {
    const auto& receiver = group.members[*index];
    if (routing::is_inbox(receiver.key)) {
      const bool is_past = is_past_inbox(publication.view(), receiver);
      if (!is_of_use(receiver, is_past) && (!order.is_last() || is_for_other_node)) continue;
      if (!is_past && !order.is_first() && presence_of(receiver) == Presence::away &&
          order.put_off(PutOff::away))
        continue;
      if (ret_later && is_past) {
        ret_later->push_back({group.digest, receiver.key});
        return std::nullopt;
      }
      return find_inbox_of(publication, set, group, receiver);
    }
    if (!may_be_lost && is_turned_down(publication, group, receiver) && order.put_off(PutOff::full)) continue;
    if (ret_later) {
      ret_later->push_back({group.digest, receiver.key});
      return std::nullopt;
    }
    if (routing::is_node(receiver.key)) {
      ret_nodes.add_group(routing::slot_of(receiver.key), group.digest);
      return std::nullopt;
    }
    if (offer_to_connection(publication, set, receiver)) return std::nullopt;
  }
  if (may_be_lost) offer_to_node_of_stored(group, ret_nodes);
  return std::nullopt;
}

// What does not wait in an inbox is for a client that is here. Without an owner, its session has ended, and
// its routes are about to go.
bool Shard::is_of_use(const routing::Receiver& stored, bool is_past) {
  const InboxDirectory::Entry known = tables().inboxes.find(routing::inbox_number(stored.key));
  return known.inbox && !(is_past && known.connection == session::ReceiverKey::none);
}

// Its members with inboxes are not connected here; whoever of them is connected elsewhere takes the message
// there.
void Shard::offer_to_node_of_stored(const routing::GroupMatch& group, RemoteTargets& ret_nodes) {
  const auto& nodes = group.nodes_for_qos0;
  if (nodes.empty()) return;
  ret_nodes.add_group(routing::slot_of(nodes[next_node_of_stored_++ % nodes.size()].key), group.digest);
}

std::size_t Shard::pick_member(const routing::GroupMatch& group, routing::Spread spread,
                               const session::MessageView& message) {
  return turns_.pick(group, spread, message.source, message.topic,
                     [this](const routing::Receiver& member) { return presence_of(member); });
}

Presence Shard::presence_of(const routing::Receiver& member) {
  if (routing::is_node(member.key)) return Presence::elsewhere;
  if (!routing::is_inbox(member.key)) return Presence::here;
  const std::uint64_t number = routing::inbox_number(member.key);
  if (tables().inboxes.find(number).connection != session::ReceiverKey::none) return Presence::here;
  return tables().remote.members().has(number) ? Presence::elsewhere : Presence::away;
}

// Known of links of this worker only. A member of an ordered group drops what it has no room for, since
// another one would have it out of order.
bool Shard::is_turned_down(const session::Publication& publication, const routing::GroupMatch& group,
                           const routing::Receiver& member) {
  if (group.sharing == Sharing::ordered) return false;
  if (routing::is_inbox(member.key) || routing::is_node(member.key)) return false;
  if (is_past_inbox(publication.view(), member)) return false;  // it would have it with QoS 0
  Link* link = find(routing::address_of(member.key));
  return link && link->turns_down(publication.view().content_bytes());
}

// This ends: whoever is gone has no subscription any more, so that each time there are fewer to choose from.
void Shard::pass_on(std::vector<session::Undelivered> messages, std::shared_ptr<Countdown> waits) {
  worker_.post(make_task([this, messages = std::move(messages), waits = std::move(waits)]() mutable {
    enter();
    for (const auto& message : messages) pass_on_now(message, waits ? &waits : nullptr);
    if (waits) waits->end_one(mqtt::ReasonCode::success);
  }));
}

void Shard::pass_on_now(const session::Undelivered& undelivered, std::shared_ptr<Countdown>* waits,
                        std::uint8_t passes) {
  session::Publication publication(undelivered.message);
  const Ref<routing::MatchSet> set = receivers_of(publication.view().topic).set;
  const auto group = std::ranges::find(set->groups(), undelivered.group, &routing::GroupMatch::digest);
  if (group == set->groups().end()) return context_.metrics.dropped_no_session.add(index());
  context_.metrics.passed_on.add(index());
  RemoteTargets nodes;
  const auto target = deliver_to_group(publication, set, *group, context_.spread, nodes);
  send_to_nodes(publication, std::move(nodes), passes);
  if (target) keep_for_group(publication, *target, waits);
}

bool Shard::offer_to_connection(session::Publication& publication, const Ref<routing::MatchSet>& set,
                                const routing::Receiver& member) {
  const std::uint32_t worker = routing::address_of(member.key).worker;
  if (worker != index()) {
    batch_for(worker).add(publication, set, {&member, 1});
    return true;
  }
  enter();
  return deliver_here(publication, *set, member);
}

Handover& Shard::batch_for(std::uint32_t worker) {
  Handover*& batch = batches_[worker];
  if (batch && batch->size_bytes() >= batch_bytes_max) post_batches();
  if (!batch) {
    if (free_batches_.empty()) {
      batch = new Handover(*shards_[worker]);
    } else {
      batch = free_batches_.back();
      free_batches_.pop_back();
      batch->set_target(*shards_[worker]);
    }
  }
  return *batch;
}

void Shard::post_batches() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    Handover* batch = std::exchange(batches_[i], nullptr);
    if (!batch) continue;
    shards_[i]->waiting_bytes_.fetch_add(batch->size_bytes(), std::memory_order_relaxed);
    shards_[i]->worker_.post(batch);
  }
}

void Shard::keep(Handover* batch, std::size_t size_bytes) {
  waiting_bytes_.fetch_sub(size_bytes, std::memory_order_relaxed);
  if (free_batches_.size() < free_batches_max)
    free_batches_.push_back(batch);
  else
    batch->drop();
}

void Shard::look_at_congestion() {
  const std::size_t limit = backed_up_ ? waiting_bytes_max / 2 : waiting_bytes_max;
  backed_up_ = store_.congested() || tables().remote.congested() ||
               std::any_of(shards_.begin(), shards_.end(), [&](const Shard* shard) {
                 return shard != this && shard->waiting_bytes_.load(std::memory_order_relaxed) > limit;
               });
  // What is parked goes on while nothing else is in its way, and so ends this by itself.
  congested_ = backed_up_ || parked_bytes_ > (congested_ ? parked_bytes_max / 2 : parked_bytes_max);
  release_held();
}

// So that who is held is looked at again.
void Shard::time_congestion() {
  if (congestion_timer_ || !(congested_ || !held_publishers_.empty())) return;
  congestion_timer_ = true;
  worker_.start_timer(
      ns_per_ms, [](void* self) { static_cast<Shard*>(self)->congestion_timer_ = false; }, this);
}

void Shard::release_held() {
  const auto release = [this](const std::vector<ConnectionAddress>& links) {
    for (const auto& address : links)
      if (Link* link = find(address)) link->release_hold();
  };
  if (!held_publishers_.empty()) release(held_publishers_.take_released(tables().remote.slots()));
  if (!congested_ && !held_.empty()) release(std::exchange(held_, {}));
}

void Shard::on_turn_end(void* self) {
  static_cast<Shard*>(self)->end_turn();
}

void Shard::end_turn() {
  enter();
  post_batches();
  look_at_congestion();
  flush_links();
  // Links that go on with what they had read may be held in there.
  time_congestion();
  // Delivering while flushing (messages that waited for room) may have filled batches again.
  post_batches();
  outbox_.flush();
  store_.flush();
  // What a client has left here is on its way before it may be served elsewhere.
  flush_remote();
  if (!behind_requests_.empty()) {
    for (const auto& then : std::exchange(behind_requests_, {})) then();
    flush_remote();
  }
  request_count_.store(store_.open_count() + open_departures_, std::memory_order_release);
  for (const auto& address : std::exchange(retired_, {})) {
    Slot& slot = slots_[address.slot];
    if (slot.generation != address.generation || !slot.link) continue;
    slot.link.reset();
    free_slots_.push_back(address.slot);
    link_count_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void Shard::flush_links() {
  // Each is written to once for all that the turn has brought it: at window 100 a message costs less than a
  // tenth of a system call instead of more than one (docs/internals/tricks.md). Requires mark() behind every
  // change of a link. Links marked while this runs have their turn in the next one.
  marked_before_.swap(marked_);
  for (const auto& address : marked_before_)
    if (Link* link = find(address)) link->end_of_turn();
  marked_before_.clear();
  if (!marked_.empty()) worker_.request_turn();
}

void Shard::on_second(void* self) {
  auto* shard = static_cast<Shard*>(self);
  shard->worker_.start_timer(ns_per_s, &Shard::on_second, self);
  shard->tick();
}

void Shard::tick() {
  unix_offset_ms_ = context_.clock.unix_ms() - context_.clock.mono_ns() / ns_per_ms;
  enter();
  turns_.trim(group_count_max);
  topics_.age(topic_age_s);
  open_holds_.give_up(time_.mono_ns - departure_patience_ns);
  if (index() != 0) return;
  for (const std::string& topic : tables().retained.tick(time_.unix_ms))
    look_at_retained(std::string(service::retain::tenant_of(topic)), topic);
  tables().remote.tick(time_.mono_ns);
  tell_of_wills();
}

}  // namespace tenon::broker
