#include "store/snapshot/messages.h"

#include "base/wire.h"

namespace tenon::store {

std::string write_snapshot_message(const SnapshotMessage& message) {
  std::string body;
  body.reserve(message.chunk.size() + 48);
  WireWriter out(body);
  out.u8(static_cast<std::uint8_t>(message.kind));
  kv::write(out, message.range);
  out.varint(message.transfer);
  out.varint(message.number);
  out.raw(message.chunk);
  return body;
}

std::optional<SnapshotMessage> read_snapshot_message(std::string_view body) {
  WireReader in(body);
  SnapshotMessage message;
  const std::uint8_t kind = in.u8();
  message.range = kv::read_range_id(in);
  message.transfer = in.varint();
  message.number = in.varint();
  const bool is_known = kind >= static_cast<std::uint8_t>(SnapshotMessage::Kind::chunk) &&
                        kind <= static_cast<std::uint8_t>(SnapshotMessage::Kind::failed);
  if (!in.ok() || !is_known || message.transfer == 0) return std::nullopt;
  message.kind = static_cast<SnapshotMessage::Kind>(kind);
  message.chunk = in.rest();
  return message;
}

}  // namespace tenon::store
