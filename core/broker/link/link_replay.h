#pragma once

#include <cstddef>

#include "broker/link/link.h"
#include "broker/link/replay.h"

// Inside core/broker only.

namespace tenon::broker {

// Retained messages go out as fast as the client takes them.
struct Link::Replaying {
  Replay queue;
  std::size_t appending = 0;  // on their way to the inbox

  bool is_done() const { return queue.empty() && appending == 0; }
};

}  // namespace tenon::broker
