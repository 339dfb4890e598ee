#pragma once

#include <deque>
#include <vector>

#include "session/connection.h"

// Inside core/session only.

namespace tenon::session {

struct Connection::Waiting {
  Ref<Message> message;
  mqtt::QoS qos;
  bool retain;
  std::vector<std::uint32_t> subscription_ids;
  std::uint64_t group;
};

// QoS 1 and 2 messages of a session without an inbox that wait for room. Exists only while there are some.
struct Connection::Queue {
  std::deque<Waiting> items;
  std::uint64_t bytes = 0;
  // When it began to refuse messages; 0: it has been half empty since.
  MonoNs refusing_since_ns = 0;
};

// QoS 1 messages of shared subscriptions that were sent to a session without an inbox and are not
// acknowledged, by their numbers. Exists from the first one on.
struct Connection::SharedFlight {
  struct Sent {
    std::uint64_t number;
    Undelivered message;
  };
  std::deque<Sent> sent;
};

}  // namespace tenon::session
