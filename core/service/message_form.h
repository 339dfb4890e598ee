#pragma once

#include "routing/subscription.h"
#include "service/form.h"
#include "session/message.h"

// How messages and subscriptions are written in all stores.

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<mqtt::QoS> = 2;

// A message as a store keeps it: all of it but its publisher, who is of one node only.
struct StoredMessage {
  session::MessageView view;

  // What it counts in limits.
  std::uint64_t bytes() const { return view.content_bytes(); }

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    auto& v = s.view;
    f(v.topic, v.forwarded, v.payload, v.expires_at_ms, v.qos, v.retain);
  }
};

struct StoredOptions {
  routing::SubscriptionOptions options;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    auto& o = s.options;
    f(o.qos, o.no_local, o.retain_as_published, o.subscription_id);
  }
};

}  // namespace tenon::service
