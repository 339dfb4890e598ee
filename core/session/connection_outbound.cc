#include <algorithm>
#include <cstring>

#include "mqtt/decode.h"
#include "session/connection.h"
#include "session/connection_queue.h"
#include "session/connection_rare.h"
#include "session/connection_write.h"
#include "session/sent_aliases.h"

// Messages to the client and its acknowledgements.

namespace tenon::session {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::QoS;
using mqtt::ReasonCode;

namespace {

TopicForm form_of(const SentAliases::Choice& choice) {
  if (choice.alias == 0) return TopicForm::name;
  return choice.is_known ? TopicForm::alias : TopicForm::name_and_alias;
}

// Another member of the group gets it when this one leaves without having acknowledged it.
bool is_kept_for_group(QoS qos, std::uint64_t group, bool has_inbox) {
  return group != 0 && qos == QoS::at_least_once && !has_inbox;
}

}  // namespace

void Connection::deliver(Publication& publication, const ShowAs& show) {
  const MessageView& message = publication.view();
  if (has_expired(message, time_.unix_ms)) return ports_.dropped(DropCause::expired, show.qos);
  if (show.qos == QoS::at_most_once) {
    if (!output_has_room()) return ports_.dropped(DropCause::output_full, show.qos);
    send_publish(publication, show, PacketId::none, false);
    return;
  }
  // Behind others that wait, to keep the order. [MQTT-4.6.0-6]
  if (!sends_at_once()) return enqueue(publication, show);
  const PacketId id = SendWindow::packet_id(window_.next());
  if (is_kept_for_group(show.qos, show.group, has_inbox_))
    (void)publication.shared();  // so that it is sent from there
  if (send_publish(publication, show, id, false)) note_sent(publication, show.qos, show.group);
}

void Connection::note_sent(Publication& publication, QoS qos, std::uint64_t group) {
  const bool is_qos1 = qos == QoS::at_least_once;
  const std::uint64_t number =
      window_.push(is_qos1 ? SendWindow::State::sent_qos1 : SendWindow::State::sent_qos2);
  if (!is_kept_for_group(qos, group, has_inbox_)) return;
  std::unique_ptr<SharedFlight>& flight = rare().shared;
  if (!flight) flight = std::make_unique<SharedFlight>();
  flight->sent.push_back({number, {publication.shared(), group}});
}

void Connection::note_acknowledged(std::uint64_t number) {
  if (!rare_ || !rare_->shared) return;
  auto& sent = rare_->shared->sent;
  const auto at = std::lower_bound(sent.begin(), sent.end(), number,
                                   [](const auto& one, std::uint64_t wanted) { return one.number < wanted; });
  if (at != sent.end() && at->number == number) sent.erase(at);
}

std::vector<Undelivered> Connection::take_undelivered() {
  std::vector<Undelivered> undelivered;
  if (rare_ && rare_->shared) {
    for (auto& one : rare_->shared->sent) undelivered.push_back(std::move(one.message));
    rare_->shared.reset();
  }
  if (queue_)
    for (const Waiting& waiting : queue_->items)
      if (waiting.group != 0) undelivered.push_back({waiting.message, waiting.group});
  return undelivered;
}

std::uint64_t Connection::unanswered_count() const {
  std::uint64_t count = queue_ ? queue_->items.size() : 0;
  for (std::uint64_t number = window_.first(); number < window_.next(); ++number) {
    const SendWindow::State state = window_.state(number);
    if (state == SendWindow::State::sent_qos1 || state == SendWindow::State::sent_qos2) ++count;
  }
  return count;
}

bool Connection::turns_down(std::size_t content_bytes) {
  if (sends_at_once() || queue_has_room(content_bytes)) return false;
  lose_patience();
  return true;
}

bool Connection::queue_has_room(std::size_t content_bytes) const {
  const std::size_t count = queue_ ? queue_->items.size() : 0;
  return count < limits_.queue_count_max && queued_bytes() + content_bytes <= limits_.queue_bytes_max;
}

std::uint64_t Connection::queued_bytes() const {
  return queue_ ? queue_->bytes : 0;
}

// Returns where the packet begins, for what else is to be patched. REQUIRES: takes(head.layout). In line, as
// nearly all that the broker sends comes by here: a call costs each of 100 receivers 35 of 500 instructions
// (docs/internals/tricks.md).
[[gnu::always_inline]] inline std::uint8_t* Connection::put_publish(Publication& publication,
                                                                    const ShowAs& show,
                                                                    const Publication::Head& head,
                                                                    PacketId id, bool dup) {
  const mqtt::PublishLayout& layout = head.layout;
  const Bytes payload = publication.view().payload;
  const bool by_reference =
      publication.is_large() && publication.goes_by_reference(output_.would_begin_early(layout.packet_bytes));
  std::uint8_t* to = output_.extend(by_reference ? layout.head_bytes : layout.packet_bytes);
  std::memcpy(to, head.bytes, layout.head_bytes);
  if (show.qos != QoS::at_most_once) mqtt::patch_packet_id(to, layout, id);
  if (dup) mqtt::patch_dup(to);
  if (by_reference) {
    const Ref<Message>& shared = publication.shared();
    output_.append_shared(shared, shared->view().payload);
  } else if (!payload.empty()) {
    std::memcpy(to + layout.head_bytes, payload.data(), payload.size());
  }
  if (time_.is_traced) [[unlikely]]
    show_sent(publication, show, id, dup, layout.packet_bytes);
  return to;
}

// False: it was left out, because the client can't take a packet of this size. [MQTT-3.1.2-24]
// [MQTT-3.1.2-25]
bool Connection::send_publish(Publication& publication, const ShowAs& show, PacketId id, bool dup) {
  if (version_ == mqtt::Version::v5 && !show.subscription_ids.empty())
    return send_with_ids(publication, show, id, dup);
  if (topic_alias_out_max_ != 0) [[unlikely]]
    return send_with_alias(publication, show, id, dup);
  const Publication::Head& head = publication.head(version_, show.qos, show.retain, time_.unix_ms);
  if (!takes(head.layout)) return leave_out(show.qos);
  put_publish(publication, show, head, id, dup);
  return true;
}

SentAliases& Connection::sent_aliases() {
  std::unique_ptr<SentAliases>& aliases = rare().sent_aliases;
  if (!aliases) aliases = std::make_unique<SentAliases>(topic_alias_out_max_);
  return *aliases;
}

// An alias is given with a packet that is in the output, and what is there is never dropped while the
// connection lives: so the client knows all that sent_aliases() knows.
bool Connection::send_with_alias(Publication& publication, const ShowAs& show, PacketId id, bool dup) {
  const auto head = [&](TopicForm form) -> const Publication::Head& {
    return publication.head(version_, show.qos, show.retain, time_.unix_ms, form);
  };
  SentAliases& aliases = sent_aliases();
  SentAliases::Choice choice = aliases.choose(publication.topic(), publication.topic_hash());
  // A packet that the alias would make too large goes without it.
  if (choice.is_new() && !takes(head(TopicForm::name_and_alias).layout)) choice = {};
  const Publication::Head& chosen = head(form_of(choice));
  if (!takes(chosen.layout)) return leave_out(show.qos);
  std::uint8_t* packet = put_publish(publication, show, chosen, id, dup);
  if (choice.alias == 0) return true;
  mqtt::patch_topic_alias(packet, chosen.layout, choice.alias);
  if (choice.is_new()) aliases.keep(choice.alias, publication.topic(), publication.topic_hash());
  return true;
}

bool Connection::send_with_ids(Publication& publication, const ShowAs& show, PacketId id, bool dup) {
  const MessageView& message = publication.view();
  mqtt::PublishFields fields;
  fields.version = version_;
  fields.qos = show.qos;
  fields.retain = show.retain;
  fields.dup = dup;
  fields.topic = publication.topic();
  fields.packet_id = id;
  fields.forwarded = message.forwarded;
  fields.message_expiry_s = remaining_expiry_s(message.expires_at_ms, time_.unix_ms);
  fields.subscription_ids = show.subscription_ids;
  fields.payload_bytes = static_cast<std::uint32_t>(message.payload.size());
  SentAliases::Choice choice;
  if (topic_alias_out_max_ != 0)
    choice = sent_aliases().choose(publication.topic(), publication.topic_hash());
  fields.topic_alias = choice.alias;
  if (choice.is_known) fields.topic = {};
  mqtt::PublishLayout layout = mqtt::lay_out(fields);
  if (choice.is_new() && !takes(layout)) {
    choice = {};
    fields.topic_alias = 0;
    layout = mqtt::lay_out(fields);
  }
  if (!takes(layout)) return leave_out(show.qos);
  std::uint8_t* to = output_.extend(layout.packet_bytes);
  mqtt::write_head(fields, layout, to);
  if (!message.payload.empty())
    std::memcpy(to + layout.head_bytes, message.payload.data(), message.payload.size());
  if (choice.is_new()) sent_aliases().keep(choice.alias, publication.topic(), publication.topic_hash());
  if (time_.is_traced) [[unlikely]]
    show_sent(publication, show, id, dup, layout.packet_bytes);
  return true;
}

bool Connection::leave_out(QoS qos) {
  ports_.dropped(DropCause::too_large, qos);
  return false;
}

void Connection::enqueue(Publication& publication, const ShowAs& show) {
  const std::size_t bytes = publication.view().content_bytes();
  if (!queue_has_room(bytes) || !ports_.queue_grows(bytes)) return refuse_to_queue(show.qos);
  if (!queue_) queue_ = std::make_unique<Queue>();
  queue_->bytes += bytes;
  queue_->items.push_back({publication.shared(),
                           show.qos,
                           show.retain,
                           {show.subscription_ids.begin(), show.subscription_ids.end()},
                           show.group});
}

// The newest is refused, and nobody waits for this client.
void Connection::refuse_to_queue(QoS qos) {
  ports_.dropped(DropCause::queue_full, qos);
  lose_patience();
}

// One that goes on like that is told to go: it can't keep up, and its session lacks messages that their
// publishers were acknowledged, or others of its group have its share of them.
void Connection::lose_patience() {
  if (!queue_) return;
  if (queue_->refusing_since_ns == 0) queue_->refusing_since_ns = time_.mono_ns;
  const std::int64_t patience_ns = std::int64_t{limits_.slow_client_timeout_s} * ns_per_s;
  if (patience_ns == 0 || time_.mono_ns - queue_->refusing_since_ns < patience_ns || phase_ != Phase::live)
    return;
  ports_.limit_met(Limit::slow_client);
  close(EndCause::server, ReasonCode::quota_exceeded, "too slow for what it subscribes");
}

void Connection::pump() {
  if (phase_ != Phase::live || pumping_ || output_lost_) return;
  pumping_ = true;
  if (queue_) pump_queue();
  if (has_inbox_) pump_inbox();
  pumping_ = false;
}

void Connection::pump_queue() {
  while (!queue_->items.empty() && window_.has_room() && output_has_room()) {
    const Waiting waiting = std::move(queue_->items.front());
    queue_->items.pop_front();
    Publication publication(waiting.message);
    const std::size_t bytes = publication.view().content_bytes();
    queue_->bytes -= bytes;
    ports_.queue_shrinks(bytes);
    if (queue_->items.size() <= limits_.queue_count_max / 2 && queue_->bytes <= limits_.queue_bytes_max / 2)
      queue_->refusing_since_ns = 0;
    if (has_expired(publication.view(), time_.unix_ms)) {
      ports_.dropped(DropCause::expired, waiting.qos);
      continue;
    }
    const ShowAs show{waiting.qos, waiting.retain, waiting.subscription_ids};
    if (send_publish(publication, show, SendWindow::packet_id(window_.next()), false))
      note_sent(publication, waiting.qos, waiting.group);
  }
  if (queue_->items.empty()) queue_.reset();
}

void Connection::pump_inbox() {
  constexpr std::size_t page_max = 64;
  std::vector<InboxItem> items;
  while (!inbox_drained_ && output_has_room()) {
    items.clear();
    const std::size_t page = window_.has_room() ? std::min<std::size_t>(page_max, window_.room()) : 0;
    const bool has_more = ports_.fetch(inbox_position_, page, items);
    std::size_t taken = 0;
    while (taken < items.size() && may_take(items[taken])) {
      send_item(items[taken]);
      inbox_position_ = items[taken++].position + 1;
    }
    if (taken > 0) ports_.sent(inbox_position_ - 1);
    if (taken < items.size()) return;
    inbox_drained_ = !has_more;
    if (!window_.has_room()) return;
  }
}

// A PUBREL that is owed waits for no other message to be acknowledged. [MQTT-4.4.0-1] [MQTT-4.9.0-3]
bool Connection::may_take(const InboxItem& item) const {
  return output_has_room() && window_.reaches(item.number) && (!item.message || window_.has_room());
}

void Connection::send_item(const InboxItem& item) {
  using State = SendWindow::State;
  if (item.qos == QoS::at_most_once) {
    if (item.state == InboxItem::State::withheld) return;
    Publication publication(item.message);
    if (has_expired(publication.view(), time_.unix_ms)) return ports_.dropped(DropCause::expired, item.qos);
    send_publish(publication, {item.qos, item.retain, item.subscription_ids}, PacketId::none, false);
    return;
  }
  // Numbers that are missing were acknowledged out of order before the resume.
  while (window_.next() < item.number) window_.push(State::done);
  TENON_INVARIANT(window_.next() == item.number, "inbox numbers went back");
  if (item.state == InboxItem::State::withheld) {
    window_.push(State::done);
    return ports_.acknowledge(item.number);
  }
  const PacketId id = SendWindow::packet_id(item.number);
  if (item.state == InboxItem::State::released) {
    send_ack(PacketType::pubrel, id, ReasonCode::success);  // [MQTT-4.4.0-1]
    window_.push(State::released);
    return;
  }
  Publication publication(item.message);
  const bool sent = item.state == InboxItem::State::sent;
  const bool dup = sent || item.state == InboxItem::State::maybe_sent;  // [MQTT-3.3.1-1]
  // An expired message is dropped, but not one whose delivery has begun. [MQTT-3.3.2-5]
  const bool expired = !sent && has_expired(publication.view(), time_.unix_ms);
  if (expired) ports_.dropped(DropCause::expired, item.qos);
  if (expired || !send_publish(publication, {item.qos, item.retain, item.subscription_ids}, id, dup)) {
    window_.push(State::done);
    ports_.acknowledge(item.number);
    return;
  }
  window_.push(item.qos == QoS::at_least_once ? State::sent_qos1 : State::sent_qos2);
}

void Connection::on_inbox_ready() {
  inbox_drained_ = false;
  pump();
}
void Connection::on_output_sent() {
  if (queue_ || has_inbox_) pump();
}

void Connection::on_puback(const mqtt::Ack& packet) {
  const auto number = window_.find(packet.packet_id);
  if (!number) return;  // late, or of an earlier connection
  if (window_.state(*number) != SendWindow::State::sent_qos1)
    return fail(ReasonCode::protocol_error, "PUBACK for a QoS 2 message");
  acknowledged(*number);
}

void Connection::on_pubrec(const mqtt::Ack& packet) {
  const auto number = window_.find(packet.packet_id);
  if (!number) {
    // [MQTT-4.3.3-4] wants a PUBREL unless PUBREC said an error; the code tells that nothing was waiting.
    if (!mqtt::is_failure(packet.reason))
      send_ack(PacketType::pubrel, packet.packet_id, ReasonCode::packet_identifier_not_found);
    return;
  }
  if (window_.state(*number) == SendWindow::State::sent_qos1)
    return fail(ReasonCode::protocol_error, "PUBREC for a QoS 1 message");
  if (mqtt::is_failure(packet.reason)) return acknowledged(*number);
  if (window_.state(*number) == SendWindow::State::releasing) return;
  if (window_.state(*number) == SendWindow::State::sent_qos2) {
    // Once PUBREL is out, the message must never be sent again [MQTT-4.4.0-1]: what remembers that comes
    // first.
    if (has_inbox_) {
      window_.set_releasing(*number);
      return ports_.release(*number);
    }
    window_.set_released(*number);
  }
  send_ack(PacketType::pubrel, packet.packet_id, ReasonCode::success);  // [MQTT-4.3.3-4]
}

void Connection::on_released(std::uint64_t number) {
  if (phase_ != Phase::live || number < window_.first() || number >= window_.next()) return;
  if (window_.state(number) != SendWindow::State::releasing) return;
  window_.set_released(number);
  send_ack(PacketType::pubrel, SendWindow::packet_id(number), ReasonCode::success);  // [MQTT-4.3.3-4]
}

void Connection::on_pubcomp(const mqtt::Ack& packet) {
  const auto number = window_.find(packet.packet_id);
  if (!number) return;
  if (window_.state(*number) != SendWindow::State::released)
    return fail(ReasonCode::protocol_error, "PUBCOMP before PUBREL");
  acknowledged(*number);
}

void Connection::acknowledged(std::uint64_t number) {
  window_.set_done(number);
  note_acknowledged(number);
  if (has_inbox_) ports_.acknowledge(number);
  if (queue_ || has_inbox_) pump();
}

}  // namespace tenon::session
