#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/intercept/intercept_request.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/reason_code.h"
#include "session/message.h"

namespace tenon::broker {

// What interceptors are to see of the message itself. `topic`: as clients write it; views of both.
host::InterceptedMessage shown_message(const session::MessageView& message, std::string_view topic);

// A message with what interceptors have put in the place of parts of it. Pure.
class ChangedMessage {
 public:
  // `message` and `change` outlive this. A topic that is replaced stands behind `prefix`.
  ChangedMessage(const session::MessageView& message, const host::MessageChange& change,
                 std::string_view prefix = {});
  ChangedMessage(const ChangedMessage&) = delete;
  ChangedMessage& operator=(const ChangedMessage&) = delete;

  const session::MessageView& view() const { return view_; }
  // Why it can't go on like that; success: it can.
  mqtt::ReasonCode fault(std::uint64_t bytes_max) const;

 private:
  session::MessageView view_;
  std::string topic_;
  mqtt::ByteBuffer forwarded_;
  bool is_expressible_ = true;
};

}  // namespace tenon::broker
