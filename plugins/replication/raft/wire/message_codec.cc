#include "wire/message_codec.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "algorithm/byte_io.h"

namespace tenon::raft {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::uint8_t minor_known = 0;
constexpr std::uint64_t number_max = (std::uint64_t{1} << 62) - 1;
constexpr std::size_t entry_head_bytes = 8 + 1 + 4;

constexpr std::uint8_t flag_reject = 1;
constexpr std::uint8_t flag_force = 2;
constexpr std::uint8_t flag_quiesce = 4;
constexpr std::uint8_t flag_installing = 8;
constexpr std::uint8_t flags_known = flag_reject | flag_force | flag_quiesce | flag_installing;

// The numbers of each type behind the term.
using Number = std::uint64_t Message::*;
struct Shape {
  std::array<Number, 4> numbers{};
  std::size_t count = 0;
  bool known = false;  // there is such a type
};

template <class... Numbers>
constexpr Shape shape(Numbers... numbers) {
  return {{numbers...}, sizeof...(numbers), true};
}

constexpr Shape shape_of(MessageType type) {
  switch (type) {
    case MessageType::pre_vote:
    case MessageType::vote:
      return shape(&Message::index, &Message::log_term);
    case MessageType::pre_vote_response:
    case MessageType::vote_response:
    case MessageType::snapshot:
    case MessageType::timeout_now:
      return shape();
    case MessageType::append:
      return shape(&Message::index, &Message::log_term, &Message::commit);
    case MessageType::append_response:
      return shape(&Message::index, &Message::log_term, &Message::hint);
    case MessageType::heartbeat:
      return shape(&Message::commit, &Message::context, &Message::index, &Message::log_term);
    case MessageType::heartbeat_response:
    case MessageType::read_index:
      return shape(&Message::context);
    case MessageType::read_index_response:
      return shape(&Message::context, &Message::index);
  }
  return {};
}

std::span<const Number> numbers_of(const Shape& of) {
  return {of.numbers.data(), of.count};
}

std::uint8_t flags_of(const Message& message) {
  return static_cast<std::uint8_t>((message.reject ? flag_reject : 0) | (message.force ? flag_force : 0) |
                                   (message.quiesce ? flag_quiesce : 0) |
                                   (message.installing ? flag_installing : 0));
}

void encode_entries(const Message& message, ByteWriter& out) {
  out.u32(static_cast<std::uint32_t>(message.entries.size()));
  for (const Entry& entry : message.entries) {
    out.u64(entry.term);
    out.u8(static_cast<std::uint8_t>(entry.kind));
    out.u32(static_cast<std::uint32_t>(entry.payload.size()));
    out.raw(entry.payload.view());
  }
}

void encode_snapshot(const SnapshotMeta& snapshot, ByteWriter& out) {
  const std::string configuration = encode_configuration(snapshot.configuration);
  out.u64(snapshot.index);
  out.u64(snapshot.term);
  out.u32(static_cast<std::uint32_t>(configuration.size()));
  out.raw(configuration);
}

bool is_number(Number number, std::uint64_t value) {
  // Contexts are the owner's and may be any 64 bits.
  return number == &Message::context || value <= number_max;
}

const char* decode_head(std::string_view bytes, const Shape& of, bool newer, Message& message) {
  ByteReader head(bytes);
  message.term = head.u64();
  bool fits = message.term <= number_max;
  for (const Number number : numbers_of(of)) {
    message.*number = head.u64();
    fits = fits && is_number(number, message.*number);
  }
  if (!head.ok()) return "the head of the message is too short";
  if (head.left() > 0 && !newer) return "the head of the message is too long";
  return fits ? nullptr : "a term or index is beyond what can be";
}

const char* check_entry(const Message& message, const Entry& entry) {
  const Term before = message.entries.empty() ? message.log_term : message.entries.back().term;
  if (entry.term < before) return "the terms of the entries decrease";
  if (entry.term > message.term) return "an entry is of a later term than its leader";
  if (entry.kind > EntryKind::configuration) return "an entry is of an unknown kind";
  if (entry.kind == EntryKind::configuration && !decode_configuration(entry.payload.view()))
    return "an entry holds a configuration that can't be read";
  return nullptr;
}

const char* decode_entries(ByteReader& body, const std::shared_ptr<const std::string>& owner,
                           Message& message) {
  const std::uint32_t count = body.u32();
  if (!body.ok() || count > body.left() / entry_head_bytes) return "the message ends within its entries";
  message.entries.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry entry;
    entry.index = message.index + 1 + i;
    entry.term = body.u64();
    entry.kind = EntryKind{body.u8()};
    const std::string_view payload = body.raw(body.u32());
    if (!body.ok()) return "the message ends within its entries";
    if (!payload.empty()) entry.payload = Payload(owner, payload);
    if (const char* wrong = check_entry(message, entry)) return wrong;
    message.entries.push_back(std::move(entry));
  }
  return nullptr;
}

const char* decode_snapshot(ByteReader& body, Message& message) {
  SnapshotMeta& snapshot = message.snapshot;
  snapshot.index = body.u64();
  snapshot.term = body.u64();
  const std::string_view configuration = body.raw(body.u32());
  if (!body.ok()) return "the message ends within its snapshot";
  if (snapshot.index > number_max || snapshot.term > message.term)
    return "a term or index is beyond what can be";
  std::optional<Configuration> decoded = decode_configuration(configuration);
  if (!decoded) return "the configuration of the snapshot can't be read";
  snapshot.configuration = std::move(*decoded);
  return nullptr;
}

const char* decode_body(ByteReader& body, const std::shared_ptr<const std::string>& owner, Message& message) {
  if (message.type == MessageType::append) return decode_entries(body, owner, message);
  if (message.type == MessageType::snapshot) return decode_snapshot(body, message);
  return nullptr;
}

}  // namespace

void encode_message(const Message& message, std::string* out) {
  const Shape of = shape_of(message.type);
  ByteWriter writer(*out);
  writer.u8(format);
  writer.u8(minor_known);
  writer.u8(static_cast<std::uint8_t>(message.type));
  writer.u8(flags_of(message));
  writer.u16(static_cast<std::uint16_t>(8 * (1 + of.count)));
  writer.u64(message.term);
  for (const Number number : numbers_of(of)) writer.u64(message.*number);
  if (message.type == MessageType::append) encode_entries(message, writer);
  if (message.type == MessageType::snapshot) encode_snapshot(message.snapshot, writer);
}

const char* decode_message(std::string_view bytes, Message* ret_message) {
  Message& message = *ret_message;
  message = {};
  ByteReader start(bytes);
  if (start.u8() != format) return start.ok() ? "the message is of another format" : "the message is empty";
  const bool newer = start.u8() > minor_known;
  message.type = MessageType{start.u8()};
  const std::uint8_t flags = start.u8();
  const std::uint16_t head_bytes = start.u16();
  if (!start.ok() || head_bytes > start.left()) return "the message ends within its head";
  const Shape of = shape_of(message.type);
  if (!of.known) return "the message is of an unknown type";
  if ((flags & ~flags_known) != 0 && !newer) return "the message has unknown flags";
  message.reject = (flags & flag_reject) != 0;
  message.force = (flags & flag_force) != 0;
  message.quiesce = (flags & flag_quiesce) != 0;
  message.installing = (flags & flag_installing) != 0;
  if (const char* wrong = decode_head(start.raw(head_bytes), of, newer, message)) return wrong;

  // Entries outlive `bytes`: they become slices of one copy.
  std::shared_ptr<const std::string> owner;
  ByteReader body(start.raw(start.left()));
  if (message.type == MessageType::append) {
    const std::size_t body_at = bytes.size() - body.left();
    owner = std::make_shared<const std::string>(bytes.substr(body_at));
    body = ByteReader(*owner);
  }
  if (const char* wrong = decode_body(body, owner, message)) return wrong;
  return body.left() > 0 && !newer ? "the message is longer than what it says" : nullptr;
}

}  // namespace tenon::raft
