#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/durable/inbox_directory.h"
#include "routing/receiver_key.h"
#include "service/inbox/inbox_commands.h"
#include "store/request.h"

namespace tenon::broker {

// An attach that was asked for, so that it can be undone whatever becomes of it.
struct AttachAttempt {
  InboxOwner owner;
  service::inbox::Holder holder;
  service::inbox::Number candidate = 0;
  std::uint32_t expiry_s = 0;

  routing::ConnectionAddress address() const {
    return routing::address_of(session::ReceiverKey{holder.connection});
  }
};

// The reply to an attach, whether it holds wills or not; views of the text. corrupt: it is neither's.
inline Result<service::inbox::AttachReply> read_attach_reply(std::string_view text) {
  namespace inbox = service::inbox;
  auto reply = inbox::ReplyReader(text).next<inbox::AttachHolding>();
  return reply.ok() ? reply : inbox::ReplyReader(text).next<inbox::Attach>();
}

// By the answer to an attach: the range has made a session of it, or may still do so.
inline bool may_have_attached(const store::Answer& answer) {
  return answer.code != store::AnswerCode::not_done;
}

// By the reply to an attach that was asked for again: the clean start that came before it had no effect, and
// the session is an older one, or another's. [MQTT-3.2.2-2]
inline bool is_older_session(const service::inbox::AttachReply& reply, service::inbox::Number candidate) {
  return reply.number != 0 && reply.number != candidate;
}

// Whom the session was taken from, by the answer to an attach.
inline std::optional<service::inbox::Holder> former_holder(const store::Answer& answer) {
  if (answer.code != store::AnswerCode::done) return std::nullopt;
  const auto reply = read_attach_reply(answer.text);
  return reply.ok() ? reply->previous : std::nullopt;
}

}  // namespace tenon::broker
