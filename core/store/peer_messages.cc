#include "store/peer_messages.h"

#include "base/wire.h"

namespace tenon::store {

namespace {

constexpr auto last_kind = static_cast<std::uint8_t>(Request::Kind::source);
constexpr auto last_code = static_cast<std::uint8_t>(AnswerCode::pending);

}  // namespace

std::string write_group_message(const GroupMessage& message) {
  std::string body;
  body.reserve(message.payload.size() + 20);
  WireWriter out(body);
  kv::write(out, message.range);
  out.raw(message.payload);
  return body;
}

std::optional<GroupMessage> read_group_message(std::string_view body) {
  WireReader in(body);
  GroupMessage message;
  message.range = kv::read_range_id(in);
  if (!in.ok()) return std::nullopt;
  message.payload = in.rest();
  return message;
}

std::string write_request_message(const RequestMessage& message) {
  std::string body;
  body.reserve(message.command.text.size() + 48);
  WireWriter out(body);
  kv::write(out, message.range);
  out.varint(message.id);
  out.u8(static_cast<std::uint8_t>(message.kind));
  out.varint(static_cast<std::uint64_t>(message.command.source));
  out.varint(message.command.sequence);
  out.bytes(message.command.key);
  out.bytes(message.command.text);
  out.bytes(message.command.last_key);
  return body;
}

std::optional<RequestMessage> read_request_message(std::string_view body) {
  WireReader in(body);
  RequestMessage message;
  message.range = kv::read_range_id(in);
  message.id = in.varint();
  const std::uint8_t kind = in.u8();
  message.command.source = kv::SourceId{in.varint()};
  message.command.sequence = in.varint();
  message.command.key = in.bytes();
  message.command.text = in.bytes();
  message.command.last_key = in.bytes();
  if (!message.command.last_key.empty()) message.command.kind = kv::Command::Kind::service_many;
  if (!in.ok() || kind > last_kind) return std::nullopt;
  message.kind = static_cast<Request::Kind>(kind);
  return message;
}

std::string write_answer_message(const AnswerMessage& message) {
  std::string body;
  body.reserve(message.answer.text.size() + 32);
  WireWriter out(body);
  out.varint(message.id);
  out.u8(static_cast<std::uint8_t>(message.answer.code));
  out.u64(static_cast<std::uint64_t>(message.answer.leader));
  out.bytes(message.answer.text);
  out.varint(message.answer.index);
  out.bytes(message.answer.end);
  return body;
}

std::optional<AnswerMessage> read_answer_message(std::string_view body) {
  WireReader in(body);
  AnswerMessage message;
  message.id = in.varint();
  const std::uint8_t code = in.u8();
  message.answer.leader = NodeId{in.u64()};
  message.answer.text = in.bytes();
  message.answer.index = in.varint_or(0);
  if (!in.at_end()) message.answer.end = in.bytes();
  if (!in.ok() || code > last_code) return std::nullopt;
  message.answer.code = static_cast<AnswerCode>(code);
  return message;
}

std::string write_range_message(const RangeMessage& message) {
  std::string body;
  WireWriter out(body);
  kv::write(out, message.range);
  kv::write(out, message.descriptor);
  return body;
}

std::optional<RangeMessage> read_range_message(std::string_view body) {
  WireReader in(body);
  RangeMessage message;
  message.range = kv::read_range_id(in);
  message.descriptor = kv::read_descriptor(in);
  if (!in.ok() || message.range.number == 0) return std::nullopt;
  return message;
}

std::string write_ranges_message(const RangesMessage& message) {
  std::string body;
  WireWriter out(body);
  out.u64(message.cluster_id);
  out.varint(message.ranges.size());
  for (const auto& range : message.ranges) {
    kv::write(out, range.id);
    kv::write(out, range.descriptor);
  }
  out.varint(message.stores);
  out.varint(message.learns);
  return body;
}

std::optional<RangesMessage> read_ranges_message(std::string_view body) {
  WireReader in(body);
  RangesMessage message;
  message.cluster_id = in.u64();
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    RangesMessage::Range& range = message.ranges.emplace_back();
    range.id = kv::read_range_id(in);
    range.descriptor = kv::read_descriptor(in);
  }
  message.stores = static_cast<std::uint32_t>(in.varint_or(UINT32_MAX));
  message.learns = static_cast<std::uint32_t>(in.varint_or(UINT32_MAX));
  if (!in.ok() || (message.cluster_id == 0 && !message.ranges.empty())) return std::nullopt;
  return message;
}

}  // namespace tenon::store
