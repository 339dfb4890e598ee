#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/durable/countdown.h"
#include "broker/durable/held_messages.h"
#include "broker/durable/inbox_append.h"
#include "broker/durable/known_inbox.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_queries.h"
#include "session/ports.h"
#include "store/request.h"

namespace tenon::broker {

// A link's side of its own inbox: what was fetched and is not yet sent, and what the range is to be told of
// the session at the end of the turn. Pure; belongs to one link.
class InboxFeed {
 public:
  // How large a message with QoS 2 may be, so that a range takes the record that posts it, and later what
  // brings it to inboxes and to the store `retain`: the rest is for all else that those say.
  static constexpr std::size_t post_bytes_max =
      store::request_text_bytes_max - 4 * InboxAppend::part_bytes_max;

  // So many messages are held ready for a connection: more, while it has sent all of them each time before
  // the next ones are here. With so many bytes of payload waiting no more is asked for.
  static constexpr std::size_t items_ready_min = 256;
  static constexpr std::size_t items_ready_max = 4096;
  static constexpr std::size_t ready_bytes_max = 512 * 1024;

  // As the attach was answered. What a connection that had the session until then has sent is on record only
  // as far as it had said so: all that was there may have been sent by it.
  InboxFeed(Ref<const KnownInbox> inbox, const service::inbox::AttachReply& attached)
      : inbox_(std::move(inbox)),
        number_(attached.number),
        epoch_(attached.epoch),
        next_to_fetch_(attached.first_number),
        known_next_(attached.next_number),
        maybe_sent_before_(attached.previous ? attached.next_number : 0) {}

  std::uint64_t number() const { return number_; }
  const Ref<const KnownInbox>& inbox() const { return inbox_; }
  std::string key() const { return service::inbox::owner_prefix(inbox_->owner()); }
  service::inbox::Held held() const { return {inbox_->owner(), number_, epoch_}; }
  std::uint64_t epoch() const { return epoch_; }

  // What is here from `position` on, with at most so many messages, as session::Ports::fetch says it; what is
  // before it is forgotten. False: the connection waits for more from now on.
  bool copy(std::uint64_t position, std::size_t message_count_max, std::vector<session::InboxItem>& items);
  // There are messages below `next_number`.
  void announce(std::uint64_t next_number) { known_next_ = std::max(known_next_, next_number); }
  // A notice may have been lost: looks once.
  void look() {
    must_look_ = true;
    is_full_ = false;
  }
  // The question for more, when it is time for one. take() or fetch_failed() follows.
  std::optional<service::inbox::Fetch> next_fetch();
  // True: the connection waits, and there is something for it.
  bool take(const service::inbox::Fetch::Reply& reply);
  void fetch_failed() {
    fetching_ = false;
    must_look_ = true;
  }

  // What is to be told. A countdown ends when it is on record. What was sent makes room for what is fetched
  // next.
  void sent(std::uint64_t upto) {
    sent_ = std::max(sent_, upto);
    forget_before(upto + 1);
  }
  void acknowledge(std::uint64_t number) { acknowledged_.push_back(number); }
  void release(std::uint64_t number) { record_.released.push_back(number); }
  void remember(mqtt::PacketId id) { remembered_.push_back(mqtt::number(id)); }
  void forget(mqtt::PacketId id) { record_.forgotten.push_back(id); }
  // Whether the next record is short enough for one more post, of a message with so many bytes; if not,
  // another one is to be begun before it.
  bool has_room_for_post(std::size_t content_bytes) const {
    return posts_.count() == 0 || posts_.size_bytes() + content_bytes <= post_bytes_max;
  }
  // Puts the message into the outbox, and remembers its id with it; `countdown`, which has been started, ends
  // when it is there. `chosen`: of groups. `for_links`: what connections get of it then.
  void post(mqtt::PacketId id, const session::MessageView& message,
            std::span<const InboxAppend::Target> chosen, std::uint32_t count_max,
            std::shared_ptr<Countdown> countdown, std::optional<HeldMessages::One> for_links = {});
  // What connections get of the message whose id was remembered last, when the id is on record.
  void hold(HeldMessages::One&& one) { hold(std::move(one), std::nullopt); }
  // What stands of the id in a record is done in no order of its own: another one is to be begun before it is
  // forgotten behind a post, or used again.
  bool has_in_record(mqtt::PacketId id) const;
  // The next record has the last remembered id: `countdown` is to end with it.
  void wait_for_record(std::shared_ptr<Countdown> countdown) {
    record_.waiting.push_back(std::move(countdown));
  }

  // The outbox took a post. Too many wait there: the client is to be held until there is room.
  void posted(const service::inbox::PostReply& reply) {
    --posts_unanswered_;
    if (reply.open_count >= service::inbox::posts_high && reply.post >= room_next_post_) is_full_ = true;
  }
  void has_room(std::uint64_t next_post) {
    room_next_post_ = std::max(room_next_post_, next_post);
    is_full_ = false;
  }
  // Nothing more is to be read of the client. What it sent before that is known may still come: the posts of
  // one read.
  bool is_held() const { return is_full_ || posts_unanswered_ >= service::inbox::posts_high; }

  // What a record says, and who waits for it.
  struct Record {
    struct Posted {
      mqtt::PacketId id;
      std::shared_ptr<Countdown> waits;
    };
    struct Held {
      HeldMessages::Place place;
      std::optional<std::size_t> post;  // in `posted`
    };
    bool has_sent = false;
    bool has_acknowledged = false;
    bool has_received = false;
    std::vector<std::uint64_t> released;
    std::vector<mqtt::PacketId> forgotten;
    std::vector<std::shared_ptr<Countdown>> waiting;
    std::vector<Posted> posted;
    std::vector<Held> held;
    std::shared_ptr<HeldMessages> messages;  // where those are; null: there are none

    // What the record has brought, to everything that is held for it. `posts`: a reply for each post; empty
    // when the record has come to nothing.
    void settle_held(std::span<const service::inbox::PostReply> posts, bool is_recorded) const;
    // The client is told something when it is there.
    bool is_awaited() const {
      return !released.empty() || !forgotten.empty() || !waiting.empty() || !posted.empty() || !held.empty();
    }
  };
  // Adds what there is to tell to the command; false: there is nothing. Given again, as long as nobody was
  // told that it is there, the command changes nothing that it has changed before, and is answered anew.
  bool write_record(service::inbox::CommandBuilder& command);
  // Who is to be told when the command of the last write_record() was applied.
  Record take_record() { return std::exchange(record_, {}); }
  // Whether the reply to the record says that the session was still this connection's; if so, `ret_posts` are
  // the replies to its posts.
  static bool is_recorded(std::string_view reply, const Record& record,
                          std::vector<service::inbox::PostReply>& ret_posts);

 private:
  void adapt(const service::inbox::Fetch::Reply& reply);
  session::InboxItem item_of(const service::inbox::Fetch::Item& fetched) const;
  void forget_before(std::uint64_t position);
  void hold(HeldMessages::One&& one, std::optional<std::size_t> post);

  const Ref<const KnownInbox> inbox_;
  const std::uint64_t number_;
  const std::uint64_t epoch_;

  std::deque<session::InboxItem> items_;  // fetched, ascending
  std::uint64_t next_to_fetch_;
  std::uint64_t known_next_;  // there are messages below it
  const std::uint64_t maybe_sent_before_;
  bool fetching_ = false;
  bool must_look_ = false;
  bool waiting_ = false;  // the connection was given all that is here
  std::size_t items_ready_ = items_ready_min;
  std::size_t asked_count_ = 0;
  std::size_t ready_bytes_ = 0;  // of payloads in items_

  std::uint64_t sent_ = 0;
  std::uint64_t sent_told_ = 0;
  std::vector<std::uint64_t> acknowledged_;
  std::vector<std::uint16_t> remembered_;
  service::inbox::CommandBuilder posts_;
  std::uint64_t room_next_post_ = 0;
  bool is_full_ = false;  // the outbox has said so
  std::uint32_t posts_unanswered_ = 0;
  std::shared_ptr<HeldMessages> messages_;  // null: there were none yet
  Record record_;
};

}  // namespace tenon::broker
