#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "session/message.h"
#include "session/ports.h"
#include "session/received_ids.h"

namespace tenon::service {

using session::InboxItem;
using session::Message;
using session::MessageView;
using session::ReceiverKey;

// How much an inbox may hold; one object for all.
struct InboxLimits {
  std::uint32_t message_count_max = 1000;
  std::uint64_t message_bytes_max = 16u << 20;
};

// The messages of one session, from the moment they are due to it until its client has acknowledged them.
//
// QoS 1 and 2 messages are numbered without a gap (see session::SendWindow); QoS 0 messages only have a
// position among the others and are forgotten once sent. When the inbox is full, the newest message is
// refused: what was accepted stays. Pure; not thread-safe.
class InboxQueue {
 public:
  enum class Append : std::uint8_t { stored, full };

  Append append(Ref<Message> message, const session::ShowAs& show, const InboxLimits& limits);
  // Copies of at most `count_max` items at or behind `position`; as session::Ports::fetch.
  void fetch(std::uint64_t position, std::size_t count_max, std::vector<InboxItem>& items) const;
  // Items up to `position` were sent; those of QoS 0 are forgotten.
  void sent(std::uint64_t position);
  // False: no such number, or done already.
  bool acknowledge(std::uint64_t number);
  // PUBREC: the payload is no longer needed. False as above.
  bool release(std::uint64_t number);

  // The number that the oldest unacknowledged message has, or the next one will get.
  std::uint64_t first_number() const;
  std::size_t size() const { return live_; }
  // What it takes in memory, counted in messages: those that are done, too.
  std::size_t place_count() const { return items_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  bool has_behind(std::uint64_t position) const {
    return !items_.empty() && items_.back().item.position >= position;
  }

 private:
  struct Stored {
    InboxItem item;
    bool gone = false;
  };
  std::deque<Stored>::iterator find(std::uint64_t number);
  void drop(Stored& stored);
  void trim();

  std::deque<Stored> items_;  // ascending by position and by number
  std::size_t live_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t next_position_ = 1;
  std::uint64_t next_number_ = 0;
  std::uint64_t sent_position_ = 0;
};

}  // namespace tenon::service
