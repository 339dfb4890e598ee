#pragma once

#include <string>
#include <vector>

#include "broker/link/link.h"

// Inside core/broker only.

namespace tenon::broker {

// Retained messages on their way to a new subscription, as fast as the client takes them.
struct Link::Replay {
  struct Part {
    std::string filter;
    std::vector<Ref<session::Message>> messages;
    std::size_t next = 0;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    std::uint32_t subscription_id = 0;
  };
  std::vector<Part> parts;
  std::size_t appending = 0;  // on their way to the inbox
};

}  // namespace tenon::broker
