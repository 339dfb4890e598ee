#include "wire/message_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/hard_state_codec.h"

namespace tenon::raft {
namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string hex_of_bytes(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

struct Vector {
  Message message;
  std::string hex;
};

template <class Fill>
Vector vector_of(MessageType type, Fill fill, std::string hex) {
  Message message;
  message.type = type;
  message.term = 7;
  fill(message);
  return {message, std::move(hex)};
}

// One of each type. The bytes are the format: they change with its number only.
std::vector<Vector> vectors() {
  return {
      vector_of(
          MessageType::pre_vote,
          [](Message& m) {
            m.index = 20;
            m.log_term = 6;
          },
          "010001001800070000000000000014000000000000000600000000000000"),
      vector_of(
          MessageType::pre_vote_response, [](Message&) {}, "0100020008000700000000000000"),
      vector_of(
          MessageType::vote,
          [](Message& m) {
            m.index = 20;
            m.log_term = 6;
            m.force = true;
          },
          "010003021800070000000000000014000000000000000600000000000000"),
      vector_of(
          MessageType::vote_response, [](Message& m) { m.reject = true; }, "0100040108000700000000000000"),
      vector_of(
          MessageType::append,
          [](Message& m) {
            m.index = 20;
            m.log_term = 6;
            m.commit = 19;
            m.entries = {{21, 6, EntryKind::command, Payload::copy("abc")}, {22, 7, EntryKind::noop, {}}};
          },
          "01000500200007000000000000001400000000000000060000000000000013000000000000000200000006000000"
          "00000000000300000061626307000000000000000100000000"),
      vector_of(
          MessageType::append_response,
          [](Message& m) {
            m.index = 20;
            m.log_term = 5;
            m.hint = 18;
            m.reject = true;
          },
          "0100060120000700000000000000140000000000000005000000000000001200000000000000"),
      vector_of(
          MessageType::heartbeat,
          [](Message& m) {
            m.commit = 19;
            m.context = 11;
            m.index = 20;
            m.log_term = 6;
            m.quiesce = true;
          },
          "010007042800070000000000000013000000000000000b0000000000000014000000000000000600000000000000"),
      vector_of(
          MessageType::heartbeat_response,
          [](Message& m) {
            m.context = 11;
            m.installing = true;
          },
          "01000808100007000000000000000b00000000000000"),
      vector_of(
          MessageType::snapshot,
          [](Message& m) {
            m.snapshot = {20, 6, {{NodeId{1}, NodeId{2}}, {}, {NodeId{9}}, 3}};
          },
          "01000900080007000000000000001400000000000000060000000000000027000000010300000000000000020000"
          "000100010000000000000002000000000000000900000000000000"),
      vector_of(
          MessageType::timeout_now, [](Message&) {}, "01000a0008000700000000000000"),
      vector_of(
          MessageType::read_index, [](Message& m) { m.context = 11; },
          "01000b00100007000000000000000b00000000000000"),
      vector_of(
          MessageType::read_index_response,
          [](Message& m) {
            m.context = 11;
            m.index = 20;
            m.reject = true;
          },
          "01000c01180007000000000000000b000000000000001400000000000000"),
  };
}

std::string append_bytes() {
  return bytes_of_hex(vectors()[4].hex);
}

const char* refusal_of(const std::string& bytes) {
  Message message;
  const char* wrong = decode_message(bytes, &message);
  return wrong == nullptr ? "taken" : wrong;
}

TEST(MessageCodec, EachTypeHasItsBytes) {
  for (const Vector& vector : vectors()) {
    std::string bytes;
    encode_message(vector.message, &bytes);
    EXPECT_EQ(hex_of_bytes(bytes), vector.hex) << static_cast<int>(vector.message.type);
  }
}

TEST(MessageCodec, TheBytesOfEachTypeSayTheMessage) {
  for (const Vector& vector : vectors()) {
    Message message;
    ASSERT_EQ(decode_message(bytes_of_hex(vector.hex), &message), nullptr) << vector.hex;
    EXPECT_EQ(message, vector.message) << vector.hex;
  }
}

TEST(MessageCodec, AMessageThatEndsEarlyIsRefused) {
  for (const Vector& vector : vectors()) {
    const std::string bytes = bytes_of_hex(vector.hex);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_STRNE(refusal_of(bytes.substr(0, size)), "taken") << vector.hex << " cut at " << size;
  }
}

TEST(MessageCodec, AMessageWithSomethingBehindItIsRefused) {
  for (const Vector& vector : vectors())
    EXPECT_STREQ(refusal_of(bytes_of_hex(vector.hex) + "x"), "the message is longer than what it says");
}

TEST(MessageCodec, WhatAHigherMinorAddsIsSkipped) {
  for (const Vector& vector : vectors()) {
    std::string bytes = bytes_of_hex(vector.hex);
    const std::size_t head_bytes = static_cast<unsigned char>(bytes[4]);
    bytes[1] = 3;                                   // minor
    bytes[3] = static_cast<char>(bytes[3] | 0x40);  // a flag
    bytes[4] = static_cast<char>(head_bytes + 8);   // a number
    bytes.insert(6 + head_bytes, "12345678");
    bytes += "something else";
    Message message;
    ASSERT_EQ(decode_message(bytes, &message), nullptr) << vector.hex;
    EXPECT_EQ(message, vector.message) << vector.hex;
  }
}

TEST(MessageCodec, AnotherFormatIsRefused) {
  std::string bytes = append_bytes();
  bytes[0] = 2;
  EXPECT_STREQ(refusal_of(bytes), "the message is of another format");
}

TEST(MessageCodec, AnUnknownTypeIsRefused) {
  for (const int type : {0, 13, 255}) {
    std::string bytes = append_bytes();
    bytes[2] = static_cast<char>(type);
    EXPECT_STREQ(refusal_of(bytes), "the message is of an unknown type");
  }
}

TEST(MessageCodec, AnUnknownFlagOfTheSameMinorIsRefused) {
  std::string bytes = append_bytes();
  bytes[3] = 0x10;
  EXPECT_STREQ(refusal_of(bytes), "the message has unknown flags");
}

TEST(MessageCodec, ACountOfEntriesBeyondTheMessageIsRefusedBeforeRoomIsMade) {
  std::string bytes = append_bytes();
  for (int i = 0; i < 4; ++i) bytes[6 + 32 + static_cast<std::size_t>(i)] = '\xff';
  EXPECT_STREQ(refusal_of(bytes), "the message ends within its entries");
}

TEST(MessageCodec, EntriesThatCantBeTrueAreRefused) {
  const auto refusal_with = [](Entry entry) {
    Message message = vectors()[4].message;
    message.entries[1] = std::move(entry);
    std::string bytes;
    encode_message(message, &bytes);
    return std::string(refusal_of(bytes));
  };
  EXPECT_EQ(refusal_with({22, 5, EntryKind::noop, {}}), "the terms of the entries decrease");
  EXPECT_EQ(refusal_with({22, 8, EntryKind::noop, {}}), "an entry is of a later term than its leader");
  EXPECT_EQ(refusal_with({22, 7, EntryKind{3}, {}}), "an entry is of an unknown kind");
  EXPECT_EQ(refusal_with({22, 7, EntryKind::configuration, Payload::copy("nonsense")}),
            "an entry holds a configuration that can't be read");
}

TEST(MessageCodec, NumbersThatLeadBeyondTheLastIndexAreRefused) {
  Message message = vectors()[4].message;
  message.index = std::uint64_t{1} << 62;
  std::string bytes;
  encode_message(message, &bytes);
  EXPECT_STREQ(refusal_of(bytes), "a term or index is beyond what can be");
}

TEST(MessageCodec, EntriesKeepTheirPayloadsWhenTheBytesAreGone) {
  std::string bytes = append_bytes();
  Message message;
  ASSERT_EQ(decode_message(bytes, &message), nullptr);
  bytes.assign(bytes.size(), '?');
  EXPECT_EQ(message.entries[0].payload.view(), "abc");
}

constexpr const char* hard_state_hex = "01000700000000000000020000000000000013000000000000000300000000000000";

TEST(HardStateCodec, ItHasItsBytes) {
  const HardStateRecord record{{7, NodeId{2}, 19, 0}, 3};
  EXPECT_EQ(hex_of_bytes(encode_hard_state(record)), hard_state_hex);
  HardStateRecord read;
  ASSERT_EQ(decode_hard_state(bytes_of_hex(hard_state_hex), &read), nullptr);
  EXPECT_EQ(read.hard, record.hard);
  EXPECT_EQ(read.epoch, 3u);
}

TEST(HardStateCodec, WhatDoesNotFitIsRefused) {
  const std::string bytes = bytes_of_hex(hard_state_hex);
  HardStateRecord read;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(decode_hard_state(bytes.substr(0, size), &read), nullptr) << size;
  EXPECT_STREQ(decode_hard_state(bytes + "x", &read), "the hard state is too long");
  EXPECT_STREQ(decode_hard_state("\x02" + bytes.substr(1), &read), "the hard state is of another format");
}

TEST(HardStateCodec, WhatAHigherMinorAddsIsSkipped) {
  std::string bytes = bytes_of_hex(hard_state_hex) + "more";
  bytes[1] = 1;
  HardStateRecord read;
  ASSERT_EQ(decode_hard_state(bytes, &read), nullptr);
  EXPECT_EQ(read.hard.term, 7u);
}

}  // namespace
}  // namespace tenon::raft
