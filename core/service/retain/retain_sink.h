#pragma once

#include "session/message.h"

namespace tenon::service::retain {

// What follows the retained messages of one range, such as the index in this node's memory. Called while
// commands are applied; the views live for the call.
class RetainSink {
 public:
  // Replaces the message of its topic; an empty payload: there is none any more.
  virtual void follow(const session::MessageView& message) = 0;
  // All of this range are forgotten; those that are there come by follow() again.
  virtual void clear() = 0;

 protected:
  ~RetainSink() = default;
};

}  // namespace tenon::service::retain
