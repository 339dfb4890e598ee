#pragma once

#include <cstdint>

#include "mqtt/types.h"

namespace tenon::routing {

// What a subscription says besides its filter, in eight bytes. Of another node: it wants the messages for
// members of its own, in a group for so many of them as `subscription_id` says; with `no_local`, only those
// with QoS 0.
struct SubscriptionOptions {
  std::uint32_t subscription_id = 0;  // 0: none
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;

  friend bool operator==(const SubscriptionOptions&, const SubscriptionOptions&) = default;
};
static_assert(sizeof(SubscriptionOptions) <= 8);

}  // namespace tenon::routing
