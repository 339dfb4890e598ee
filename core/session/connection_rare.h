#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "session/connection.h"
#include "session/sent_aliases.h"

// Inside core/session only.

namespace tenon::session {

// QoS 1 messages of shared subscriptions that were sent to a session without an inbox and are not
// acknowledged, by their numbers. Exists from the first one on.
struct Connection::SharedFlight {
  struct Sent {
    std::uint64_t number;
    Undelivered message;
  };
  std::deque<Sent> sent;
};

// Enhanced authentication (MQTT 5.0 §4.12) of a client whose CONNECT named a method.
struct Connection::Exchange {
  // Of the login of a live connection.
  enum class Step : std::uint8_t { none, asked, awaiting_client };
  std::string method;
  std::vector<std::uint8_t> connack_data;
  Step step = Step::none;
};

// What few connections have, behind one pointer of theirs. Exists from the first of it on.
struct Connection::Rare {
  Ref<Message> will;  // null: there is none, or not any more
  std::uint32_t will_delay_s = 0;
  MonoNs authorized_until_ns = 0;  // 0: without end
  std::unique_ptr<Exchange> exchange;
  std::unique_ptr<SharedFlight> shared;
  std::string close_text;                     // the reason for closing, where it was put together
  std::unique_ptr<SentAliases> sent_aliases;  // null: no message has come that may use one
};

}  // namespace tenon::session
