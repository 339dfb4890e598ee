#pragma once

#include "routing/match_set.h"
#include "session/ports.h"

namespace tenon::broker {

// How `receiver`, one of the set's, is shown the message, but for the group that it comes by.
inline session::ShowAs show_as(const session::MessageView& message, const routing::MatchSet& set,
                               const routing::Receiver& receiver) {
  const routing::Terms& terms = receiver.terms_for(message.source);
  return {mqtt::min(message.qos, terms.qos), terms.retain_as_published && message.retain,
          set.ids(receiver, terms)};
}

// For this receiver, which has an inbox, the message does not wait there.
inline bool is_past_inbox(const session::MessageView& message, const routing::Receiver& receiver) {
  return mqtt::min(message.qos, receiver.terms_for(message.source).qos) == mqtt::QoS::at_most_once;
}

}  // namespace tenon::broker
