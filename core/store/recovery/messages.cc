#include "store/recovery/messages.h"

#include "base/wire.h"

namespace tenon::store {

namespace {

using Kind = RecoveryMessage::Kind;

void write(WireWriter& out, const kv::LogPoint& point) {
  out.varint(point.index);
  out.varint(point.term);
}

kv::LogPoint read_point(WireReader& in) {
  kv::LogPoint point;
  point.index = in.varint();
  point.term = in.varint();
  return point;
}

void write_held(WireWriter& out, const HeldReplica& held) {
  kv::write(out, held.id);
  kv::write(out, held.descriptor);
  write(out, held.last);
  out.varint(held.term);
  out.varint(held.committed);
  out.u64(static_cast<std::uint64_t>(held.leader));
  out.u8(held.is_frozen ? 1 : 0);
  if (held.base) kv::write(out, *held.base);
}

HeldReplica read_held(WireReader& in) {
  HeldReplica held;
  held.id = kv::read_range_id(in);
  held.descriptor = kv::read_descriptor(in);
  held.last = read_point(in);
  held.term = in.varint();
  held.committed = in.varint();
  held.leader = NodeId{in.u64()};
  held.is_frozen = in.u8() != 0;
  if (in.ok() && !in.rest().empty()) held.base = kv::read_provisional_base(in);
  return held;
}

void write_begin(WireWriter& out, const RecoveryMessage& message) {
  out.varint(message.recovery.incarnation);
  out.varint(message.recovery.term);
  out.varint(message.recovery.boundary);
  out.bytes(message.recovery.end);
  write(out, message.last);
  out.varint(message.committed);
  kv::write(out, message.members);
  if (!message.recovery.is_provisional) return;
  out.varint(message.recovery.missing.size());
  for (const NodeId node : message.recovery.missing) out.u64(static_cast<std::uint64_t>(node));
}

void read_begin(WireReader& in, RecoveryMessage& message) {
  message.recovery.incarnation = in.varint();
  message.recovery.term = in.varint();
  const std::uint64_t boundary = in.varint();
  if (boundary > UINT32_MAX) in.fail();
  message.recovery.boundary = static_cast<std::uint32_t>(boundary);
  message.recovery.end = in.bytes();
  message.last = read_point(in);
  message.committed = in.varint();
  message.members = kv::read_members(in);
  if (!in.ok() || in.rest().empty()) return;
  message.recovery.is_provisional = true;
  const std::uint64_t count = in.varint();
  if (count > in.rest().size() / sizeof(std::uint64_t)) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) message.recovery.missing.push_back(NodeId{in.u64()});
}

}  // namespace

std::string write_recovery_message(const RecoveryMessage& message) {
  std::string body;
  WireWriter out(body);
  out.u8(static_cast<std::uint8_t>(message.kind));
  out.varint(message.round);
  kv::write(out, message.range);
  switch (message.kind) {
    case Kind::held:
      write_held(out, message.held);
      break;
    case Kind::begin:
      write_begin(out, message);
      break;
    case Kind::ended:
      out.u8(message.is_done ? 1 : 0);
      out.bytes(message.text);
      break;
    case Kind::ask:
    case Kind::none:
    case Kind::confirm:
      break;
  }
  return body;
}

std::optional<RecoveryMessage> read_recovery_message(std::string_view body) {
  WireReader in(body);
  RecoveryMessage message;
  const std::uint8_t kind = in.u8();
  message.kind = static_cast<Kind>(kind);
  message.round = in.varint();
  message.range = kv::read_range_id(in);
  switch (message.kind) {
    case Kind::ask:
    case Kind::none:
    case Kind::confirm:
      break;
    case Kind::held:
      message.held = read_held(in);
      break;
    case Kind::begin:
      read_begin(in, message);
      break;
    case Kind::ended:
      message.is_done = in.u8() != 0;
      message.text = in.bytes();
      break;
    default:
      return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return message;
}

}  // namespace tenon::store
