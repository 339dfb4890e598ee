#include "broker/durable/inbox_feed.h"

#include <algorithm>

namespace tenon::broker {

namespace inbox = service::inbox;

namespace {

session::InboxItem::State state_of(inbox::ItemState state) {
  using State = session::InboxItem::State;
  switch (state) {
    case inbox::ItemState::fresh:
      return State::fresh;
    case inbox::ItemState::sent:
      return State::sent;
    case inbox::ItemState::released:
      return State::released;
    case inbox::ItemState::withheld:
      break;
  }
  return State::withheld;
}

std::size_t payload_bytes(const session::InboxItem& item) {
  return item.message ? item.message->view().payload.size() : 0;
}

}  // namespace

void InboxFeed::forget_before(std::uint64_t position) {
  while (!items_.empty() && items_.front().position < position) {
    ready_bytes_ -= payload_bytes(items_.front());
    items_.pop_front();
  }
}

bool InboxFeed::copy(std::uint64_t position, std::size_t message_count_max,
                     std::vector<session::InboxItem>& items) {
  forget_before(position);
  waiting_ = false;
  for (const session::InboxItem& item : items_) {
    if (item.message && message_count_max-- == 0) return true;
    items.push_back(item);
  }
  waiting_ = true;
  return false;
}

std::optional<inbox::Fetch> InboxFeed::next_fetch() {
  if (fetching_ || items_.size() >= items_ready_ / 2 || ready_bytes_ >= ready_bytes_max) return std::nullopt;
  if (next_to_fetch_ >= known_next_ && !must_look_) return std::nullopt;
  fetching_ = true;
  must_look_ = false;
  inbox::Fetch fetch;
  fetch.held = held();
  fetch.from_number = next_to_fetch_;
  fetch.count_max = asked_count_ = static_cast<std::uint32_t>(items_ready_ - items_.size());
  return fetch;
}

session::InboxItem InboxFeed::item_of(const inbox::Fetch::Item& fetched) const {
  using State = session::InboxItem::State;
  session::InboxItem item;
  item.position = item.number = fetched.number;
  item.state = state_of(fetched.state);
  if (item.state == State::fresh && item.number < maybe_sent_before_) item.state = State::maybe_sent;
  item.qos = fetched.qos;
  item.retain = fetched.retain;
  item.subscription_ids = fetched.subscription_ids;
  if (item.state != State::released && item.state != State::withheld)
    item.message = session::Message::make(fetched.message.view);
  return item;
}

bool InboxFeed::take(const inbox::Fetch::Reply& reply) {
  fetching_ = false;
  adapt(reply);
  for (const inbox::Fetch::Item& fetched : reply.items) {
    items_.push_back(item_of(fetched));
    ready_bytes_ += payload_bytes(items_.back());
    next_to_fetch_ = fetched.number + 1;
  }
  // What is missing between the numbers was acknowledged before.
  if (!reply.more) next_to_fetch_ = std::max(next_to_fetch_, reply.next_number);
  announce(reply.next_number);
  return waiting_ && !reply.items.empty() && std::exchange(waiting_, false);
}

// A client that takes everything before the next part is here is held up by the way to the range alone, and
// one that does not wait by itself.
void InboxFeed::adapt(const inbox::Fetch::Reply& reply) {
  if (!reply.more)
    items_ready_ = items_ready_min;
  else if (!waiting_ || !items_.empty())
    items_ready_ = std::max(items_ready_ - items_ready_ / 8, items_ready_min);
  else if (reply.items.size() == asked_count_)
    items_ready_ = std::min(2 * items_ready_, items_ready_max);
}

void InboxFeed::post(mqtt::PacketId id, const session::MessageView& message,
                     std::span<const InboxAppend::Target> chosen, std::uint32_t count_max,
                     std::shared_ptr<Countdown> countdown, std::optional<HeldMessages::One> for_links) {
  inbox::Post post{held(), mqtt::number(id), {message}, {}, count_max};
  for (const InboxAppend::Target& target : chosen)
    post.chosen.push_back({target.inbox->owner(),
                           target.number,
                           target.show.qos,
                           target.show.retain,
                           {target.show.subscription_ids.begin(), target.show.subscription_ids.end()}});
  posts_.add(post);
  ++posts_unanswered_;
  record_.posted.push_back({id, std::move(countdown)});
  if (for_links) hold(std::move(*for_links), record_.posted.size() - 1);
}

void InboxFeed::hold(HeldMessages::One&& one, std::optional<std::size_t> post) {
  if (!messages_) messages_ = std::make_shared<HeldMessages>();
  record_.messages = messages_;
  record_.held.push_back({messages_->hold(std::move(one)), post});
}

void InboxFeed::Record::settle_held(std::span<const inbox::PostReply> posts, bool is_recorded) const {
  for (const Held& one : held) {
    // One that existed was brought by this very record, whose first answer is lost: the ids of earlier ones
    // are known here.
    const bool is_refused = is_recorded && one.post && posts[*one.post].status != inbox::OpStatus::ok;
    messages->settle(one.place, is_recorded && !is_refused);
  }
}

bool InboxFeed::has_in_record(mqtt::PacketId id) const {
  return std::any_of(record_.posted.begin(), record_.posted.end(),
                     [id](const Record::Posted& posted) { return posted.id == id; }) ||
         std::find(record_.forgotten.begin(), record_.forgotten.end(), id) != record_.forgotten.end();
}

bool InboxFeed::write_record(inbox::CommandBuilder& command) {
  const std::size_t before = command.count();
  if (sent_ > sent_told_) {
    command.add(inbox::Sent{held(), sent_});
    sent_told_ = sent_;
    record_.has_sent = true;
  }
  if (!acknowledged_.empty()) {
    command.add(inbox::Acknowledge{held(), std::exchange(acknowledged_, {})});
    record_.has_acknowledged = true;
  }
  if (!record_.released.empty()) command.add(inbox::Release{held(), record_.released});
  if (!remembered_.empty() || !record_.forgotten.empty()) {
    inbox::Received received{held(), std::exchange(remembered_, {}), {}};
    for (const mqtt::PacketId id : record_.forgotten) received.forget.push_back(mqtt::number(id));
    command.add(received);
    record_.has_received = true;
  }
  command.add_all(posts_);
  return command.count() > before;
}

bool InboxFeed::is_recorded(std::string_view reply, const Record& record,
                            std::vector<inbox::PostReply>& ret_posts) {
  inbox::ReplyReader replies(reply);
  const auto is_ok = [](const Result<inbox::StatusReply>& one) {
    return one.ok() && one->status == inbox::OpStatus::ok;
  };
  const bool held = (!record.has_sent || is_ok(replies.next<inbox::Sent>())) &&
                    (!record.has_acknowledged || is_ok(replies.next<inbox::Acknowledge>())) &&
                    (record.released.empty() || is_ok(replies.next<inbox::Release>())) &&
                    (!record.has_received || is_ok(replies.next<inbox::Received>()));
  if (!held) return false;
  for (std::size_t i = 0; i < record.posted.size(); ++i) {
    const auto post = replies.next<inbox::Post>();
    if (!post.ok() || (post->status != inbox::OpStatus::ok && post->status != inbox::OpStatus::full))
      return false;
    ret_posts.push_back(*post);
  }
  return true;
}

}  // namespace tenon::broker
