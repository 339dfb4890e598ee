#include "base/text/tenant_topic.h"
#include "broker/link/link.h"

// The link and the inbox of its session, which lies in a range.

namespace tenon::broker {

namespace inbox = service::inbox;
using mqtt::ReasonCode;
using store::AnswerCode;
using store::Request;
using store::StoreId;

bool Link::fetch(std::uint64_t position, std::size_t message_count_max,
                 std::vector<session::InboxItem>& items) {
  if (permset_.stale() && !refresh_permissions()) return false;
  const std::size_t first = items.size();
  const bool has_more = feed_->copy(position, message_count_max, items);
  // What the client may not see (any more) is treated as if it had acknowledged it. It stays in the list,
  // without its message: the connection counts on.
  for (std::size_t i = first; i < items.size(); ++i) {
    session::InboxItem& item = items[i];
    if (!item.message) {
      if (item.state == session::InboxItem::State::withheld) dropped(session::DropCause::expired, item.qos);
      continue;
    }
    const auto view = item.message->view();
    if (permset_.check(host::Action::receive, topic_in_tenant(view.topic),
                       static_cast<std::uint8_t>(view.qos), item.retain)) {
      metrics().publish_sent[static_cast<std::size_t>(item.qos)].add(shard_.index());
      continue;
    }
    dropped(session::DropCause::not_authorized, item.qos);
    item.message = nullptr;
    item.state = session::InboxItem::State::withheld;
  }
  shard_.mark(*this);
  return has_more;
}

void Link::sent(std::uint64_t position) {
  feed_->sent(position);
}
void Link::acknowledge(std::uint64_t number) {
  feed_->acknowledge(number);
}
void Link::release(std::uint64_t number) {
  feed_->release(number);
}
void Link::remember_received(mqtt::PacketId id) {
  received_id_ = id;
}
void Link::forget_received(mqtt::PacketId id) {
  begin_record_for(id);
  feed_->forget(id);
}

// Null: it is none to be remembered.
std::shared_ptr<Countdown> Link::remember(mqtt::PacketId id) {
  if (id == mqtt::PacketId::none) return nullptr;
  begin_record_for(id);
  feed_->remember(id);
  auto remembering = std::make_shared<Countdown>();
  remembering->start_one();
  feed_->wait_for_record(remembering);
  return remembering;
}

void Link::begin_record_for(mqtt::PacketId id) {
  if (feed_->has_in_record(id)) record_inbox();
}

void Link::on_inbox_ready(std::uint64_t epoch, std::uint64_t next_number) {
  if (!feed_ || feed_->epoch() != epoch) return;
  feed_->announce(next_number);
  shard_.mark(*this);
}

void Link::on_outbox_room(std::uint64_t epoch, std::uint64_t next_post) {
  if (!feed_ || feed_->epoch() != epoch) return;
  feed_->has_room(next_post);
  shard_.mark(*this);
}

void Link::look_into_inbox() {
  if (!feed_) return;
  feed_->look();
  shard_.mark(*this);
}

void Link::on_inbox_taken(std::uint64_t epoch) {
  const bool is_awaited = rare_ && rare_->awaited_epoch == epoch;
  const bool is_mine = feed_ ? feed_->epoch() == epoch : is_awaited || (rare_ && rare_->will_epoch == epoch);
  if (is_mine) take_over();
}

// At the end of the turn.
void Link::ask_inbox() {
  const auto fetch = feed_->next_fetch();
  if (!fetch) return;
  service::BatchBuilder<inbox::Question> question;
  question.add(*fetch);
  shard_.store().ask(StoreId::inbox, Request::Kind::glance, feed_->key(), question.take(),
                     shard_.for_link(address_, [](Link& link, const store::Answer& answer) {
                       link.on_fetch_answer(answer);
                     }));
}

void Link::on_fetch_answer(const store::Answer& answer) {
  if (!feed_) return;
  shard_.mark(*this);
  if (answer.code != AnswerCode::done) return feed_->fetch_failed();
  const auto reply = inbox::AnswerReader(answer.text).next<inbox::Fetch>();
  if (!reply.ok()) return lose_session(ReasonCode::unspecified_error);
  if (reply->status != inbox::OpStatus::ok) return lose_session(ReasonCode::session_taken_over);
  if (feed_->take(*reply) && is_reached()) connection_.on_inbox_ready();
  if (rare_ && rare_->replay) continue_replay();
}

// At the end of the turn: what happened to the session's messages in it, as one command.
void Link::record_inbox() {
  inbox::CommandBuilder command;
  if (!feed_->write_record(command)) return;
  ask_to_record(shard_, address_, feed_->key(), command.take(),
                std::make_shared<const InboxFeed::Record>(feed_->take_record()));
}

// Of one that was applied before, the reply is lost: whether it had its effect, or the session was another's
// by then, is said when it is given again.
void Link::ask_to_record(Shard& shard, const ConnectionAddress& address, const std::string& key,
                         const std::string& text, const std::shared_ptr<const InboxFeed::Record>& record) {
  std::string kept = record->is_awaited() ? text : std::string();
  shard.store().ask(StoreId::inbox, Request::Kind::append, key, text,
                    [&shard, address, key, kept = std::move(kept), record](const store::Answer& answer) {
                      if (answer.code == AnswerCode::duplicate && record->is_awaited())
                        return ask_to_record(shard, address, key, kept, record);
                      on_record_answer(shard, address, answer, *record);
                    });
}

// What connections are to have of the client's messages they get, even if its link has ended meanwhile: it
// does not send again what it finds on record.
void Link::on_record_answer(Shard& shard, const ConnectionAddress& address, const store::Answer& answer,
                            const InboxFeed::Record& record) {
  std::vector<inbox::PostReply> posts;
  const bool is_recorded =
      answer.code == AnswerCode::duplicate ||
      (answer.code == AnswerCode::done && InboxFeed::is_recorded(answer.text, record, posts));
  // Of a record that was applied before there are no replies.
  posts.resize(record.posted.size());
  record.settle_held(posts, is_recorded);
  if (record.messages) {
    deliver_held(shard, address, *record.messages);
    if (record.messages->empty()) shard.open_holds().settle(address);
  }
  if (Link* link = shard.find(address)) link->go_on_recorded(answer.code, is_recorded, record, posts);
}

void Link::go_on_recorded(AnswerCode code, bool is_recorded, const InboxFeed::Record& record,
                          std::span<const inbox::PostReply> posts) {
  if (!feed_) return;
  shard_.mark(*this);
  // Whether it was applied nobody knows: the client has to come again, and finds what the range holds then.
  if (!is_applied(code)) return lose_session(ReasonCode::server_unavailable);
  if (!is_recorded) return lose_session(ReasonCode::session_taken_over);
  for (const std::uint64_t number : record.released) connection_.on_released(number);
  for (const mqtt::PacketId id : record.forgotten) connection_.on_forgotten(id);
  for (const auto& waits : record.waiting) waits->end_one(ReasonCode::success);
  for (const inbox::PostReply& reply : posts) feed_->posted(reply);
  // 3.x has no word for it.
  const ReasonCode full = connection_.version() == mqtt::Version::v5 ? ReasonCode::quota_exceeded
                                                                     : ReasonCode::server_unavailable;
  for (std::size_t i = 0; i < posts.size(); ++i)
    record.posted[i].waits->end_one(posts[i].status == inbox::OpStatus::full ? full : ReasonCode::success);
}

void Link::lose_session(ReasonCode code) {
  if (connection_.closing()) return;
  connection_.disconnect(code);
  shard_.mark(*this);
}

// What it has sent and is held back goes out before the session is anybody else's, so that it does not come
// behind what the next connection sends. (INV-O1)
void Link::detach_inbox(inbox::WillFate fate, std::uint32_t expiry_s) {
  record_inbox();
  shard_.when_all_is_out(address_, [&shard = shard_, owner = owner(), number = feed_->number(),
                                    epoch = feed_->epoch(), fate, expiry_s] {
    shard.detach(owner, {{owner.view(), number, epoch}, expiry_s, fate});
  });
  tables().inboxes.detach(feed_->number(), routing::key_of(address_));
  announced_.reset();
  feed_.reset();
}

// The session ends with its connection, so that a delay of the will has no time to pass. [MQTT-3.1.3-9]
void Link::detach_will(inbox::WillFate fate) {
  const InboxOwner owner = this->owner();
  shard_.detach(owner, {{owner.view(), std::exchange(rare_->will_number, 0), rare_->will_epoch}, 0, fate});
}

}  // namespace tenon::broker
