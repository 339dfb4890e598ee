#pragma once

#include <deque>
#include <string>
#include <vector>

#include "broker/link/link.h"

// Inside core/broker only.

namespace tenon::broker {

// A SUBSCRIBE or UNSUBSCRIBE that is being worked on.
struct Link::SubscriptionJob {
  struct Filter {
    std::string text;
    routing::SubscriptionOptions options;
    mqtt::RetainHandling retain_handling = mqtt::RetainHandling::send;
    mqtt::ReasonCode code = mqtt::ReasonCode::success;  // so far; a failure is final
    bool is_new = false;

    // Whether retained messages are to follow the answer.
    bool wants_retained() const;
  };
  mqtt::PacketId packet_id = mqtt::PacketId::none;
  bool subscribes = false;
  std::vector<Filter> filters;
};

// SUBSCRIBE and UNSUBSCRIBE of a session with an inbox: the first is under way, the others wait for it.
struct Link::Jobs {
  // Beyond so many, the link is not read.
  static constexpr std::size_t open_max = 64;

  std::deque<SubscriptionJob> open;
  bool is_started = false;  // the first one
  bool is_running = false;  // run_jobs()
};

}  // namespace tenon::broker
