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

}  // namespace tenon::session
