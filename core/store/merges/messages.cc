#include "store/merges/messages.h"

#include "base/wire.h"

namespace tenon::store {

namespace {

using Kind = MergeMessage::Kind;

std::uint32_t read_epoch(WireReader& in) {
  const std::uint64_t epoch = in.varint();
  if (epoch > UINT32_MAX) in.fail();
  return static_cast<std::uint32_t>(epoch);
}

}  // namespace

std::string write_merge_message(const MergeMessage& message) {
  std::string body;
  WireWriter out(body);
  out.u8(static_cast<std::uint8_t>(message.kind));
  kv::write(out, message.left);
  out.varint(message.epoch);
  kv::write(out, message.right);
  switch (message.kind) {
    case Kind::prepare:
      out.varint(message.right_epoch.boundary);
      out.varint(message.right_epoch.members);
      out.u8(message.may_freeze ? 1 : 0);
      break;
    case Kind::ready:
      out.u8(message.may_freeze ? 1 : 0);
      out.bytes(message.record);
      break;
    case Kind::fate:
      out.u8(message.is_absorbed ? 1 : 0);
      break;
    case Kind::ask:
      break;
  }
  return body;
}

std::optional<MergeMessage> read_merge_message(std::string_view body) {
  WireReader in(body);
  MergeMessage message;
  message.kind = static_cast<Kind>(in.u8());
  message.left = kv::read_range_id(in);
  message.epoch = read_epoch(in);
  message.right = kv::read_range_id(in);
  switch (message.kind) {
    case Kind::prepare:
      message.right_epoch.boundary = read_epoch(in);
      message.right_epoch.members = read_epoch(in);
      message.may_freeze = in.u8() != 0;
      break;
    case Kind::ready:
      message.may_freeze = in.u8() != 0;
      message.record = in.bytes();
      break;
    case Kind::fate:
      message.is_absorbed = in.u8() != 0;
      break;
    case Kind::ask:
      break;
    default:
      return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return message;
}

}  // namespace tenon::store
