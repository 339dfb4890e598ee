#include "store/members/messages.h"

#include "base/wire.h"

namespace tenon::store {

std::string write_member_message(const MemberMessage& message) {
  std::string body;
  WireWriter out(body);
  out.u8(static_cast<std::uint8_t>(message.kind));
  kv::write(out, message.range);
  out.varint(message.epoch);
  out.u8(message.was_lost ? 1 : 0);
  if (message.kind == MemberMessage::Kind::open) kv::write(out, message.descriptor);
  return body;
}

std::optional<MemberMessage> read_member_message(std::string_view body) {
  WireReader in(body);
  MemberMessage message;
  const std::uint8_t kind = in.u8();
  message.kind = static_cast<MemberMessage::Kind>(kind);
  message.range = kv::read_range_id(in);
  const std::uint64_t epoch = in.varint();
  message.epoch = static_cast<std::uint32_t>(epoch);
  message.was_lost = in.u8() != 0;
  if (message.kind == MemberMessage::Kind::open) message.descriptor = kv::read_descriptor(in);
  const bool is_known = kind >= 1 && kind <= static_cast<std::uint8_t>(MemberMessage::Kind::settled);
  if (!in.ok() || !is_known || epoch > UINT32_MAX) return std::nullopt;
  return message;
}

}  // namespace tenon::store
