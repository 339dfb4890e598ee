#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker/durable/countdown.h"
#include "session/message.h"

namespace tenon::broker {

// Messages with QoS 2 from the client of a stored session. Connections that have no inbox for them get them
// when their packet ids are on record, and not before: what never comes there its client sends again,
// wherever it is then, and nobody could tell that it is the same. They go out in the order in which they
// came, however the records are answered.
//
// Pure; one worker. Lives as long as records are open, which may be longer than the link.
class HeldMessages {
 public:
  // A member of a group that is to get the message, and has no inbox for it.
  struct Choice {
    std::uint64_t group = 0;  // its digest
    session::ReceiverKey member = session::ReceiverKey::none;
  };
  struct One {
    Ref<session::Message> message;
    std::vector<Choice> chosen;
    // Has been started; ends when the message is delivered or never will be.
    std::shared_ptr<Countdown> waits;
  };
  enum class Place : std::uint64_t {};

  // settle() follows.
  Place hold(One&& one);
  // Whether its id has come on record with this message; if not, it goes nowhere.
  void settle(Place place, bool is_on_record);
  // The next one that is to go out now; the receiver ends its countdown.
  std::optional<One> take();
  bool empty() const { return entries_.empty(); }

 private:
  enum class State : std::uint8_t { open, on_record, dropped };
  struct Entry {
    One one;
    State state = State::open;
  };

  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // the place of the first of them
};

}  // namespace tenon::broker
