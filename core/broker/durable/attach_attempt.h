#pragma once

#include <cstdint>

#include "broker/durable/inbox_directory.h"
#include "service/inbox/inbox_replies.h"

namespace tenon::broker {

// An attach that was asked for, so that it can be undone whatever becomes of it.
struct AttachAttempt {
  InboxOwner owner;
  service::inbox::Holder holder;
  service::inbox::Number candidate = 0;
  std::uint32_t expiry_s = 0;
};

}  // namespace tenon::broker
