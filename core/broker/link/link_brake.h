#pragma once

#include "base/reactor.h"
#include "broker/limits/rate_budget.h"
#include "broker/link/link.h"

// Inside core/broker only.

namespace tenon::broker {

// What makes a link wait until more is taken from its client.
struct Link::Brake {
  RateBudget messages;
  RateBudget bytes;
  TimerToken timer{};
  bool waits = false;  // the timer runs
};

}  // namespace tenon::broker
