#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/limits/message_limits.h"
#include "host/intercept/intercept_request.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/reason_code.h"
#include "session/message.h"

namespace tenon::broker {

// What interceptors are to see of the message itself. `topic`: as clients write it; views of both.
host::InterceptedMessage shown_message(const session::MessageView& message, std::string_view topic);

// Why a message is refused that fault() is found with.
constexpr std::string_view unfit_change = "what interceptors have made of it can't be published";

// A message with what interceptors have put in the place of parts of it. Pure.
class ChangedMessage {
 public:
  // `message` and `change` outlive this. A topic that is replaced stands behind `prefix`.
  ChangedMessage(const session::MessageView& message, const host::MessageChange& change,
                 std::string_view prefix = {});
  ChangedMessage(const ChangedMessage&) = delete;
  ChangedMessage& operator=(const ChangedMessage&) = delete;

  const session::MessageView& view() const { return view_; }
  // Why it can't go on like that; success: it can. A client could not have written it either: limits hold for
  // what was replaced, and for the whole if anything was.
  mqtt::ReasonCode fault(const MessageLimits& limits) const;

 private:
  const host::MessageChange& change_;
  session::MessageView view_;
  std::string topic_;
  mqtt::ByteBuffer forwarded_;
  bool is_expressible_ = true;
};

}  // namespace tenon::broker
