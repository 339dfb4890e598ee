#pragma once

#include <functional>
#include <string_view>

#include "session/message.h"

namespace tenon::service::retain {

// What follows the retained messages of all ranges of this node, such as the index in its memory. Called
// while commands are applied; the views live for the call.
class RetainSink {
 public:
  // Replaces the message of its topic; an empty payload: there is none any more.
  virtual void follow(const session::MessageView& message) = 0;
  // A message that somebody may show already is not to be: it came late, and the topic has `current`, which
  // is without a payload if it has none.
  virtual void refuse(const session::MessageView& late, const session::MessageView& current) = 0;
  // All of a range come by follow(), until load_ends(). Those that are known of it, and do not come, are
  // forgotten only then: whoever subscribes meanwhile misses none that was there before and is there behind
  // it.
  virtual void load_begins(const std::function<bool(std::string_view topic)>& is_of_range) = 0;
  // `is_whole`: all have come. Else nothing is forgotten.
  virtual void load_ends(bool is_whole) = 0;

 protected:
  ~RetainSink() = default;
};

}  // namespace tenon::service::retain
