// The format of segment files, held to the worked example of docs/internals/segment-log.md.
#include "segment/segments/format.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tenon::segment_log {
namespace {

constexpr SegmentId id{0x1122334455667788u, 1};

constexpr std::string_view head_hex =
    "74656e6f6e736567"
    "0100000000000000"
    "8877665544332211"
    "0100000000000000"
    "94578c9e00000000";
constexpr std::string_view record_hex =
    "544c5231f2c4cc20"
    "170000009117132a"
    "0100000000000000"
    "0010000090000000"
    "0700000000000000"
    "0100000000000000"
    "0100000001000200"
    "0000000000000000"
    "0000000000000000"
    "0100000000000000"
    "0100000002000000"
    "0300000000000000"
    "0000000005000000"
    "68656c6c6f687300"
    "0700000000000000"
    "0100000000000000"
    "0100000090000000"
    "998d3be454524531";

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

RecordHead example_head() {
  RecordHead head;
  head.body_bytes = 23;
  head.batch = 1;
  head.batch_offset = 4096;
  head.batch_bytes = 144;
  head.group = {7, 1};
  head.number = 1;
  head.flags = record_sets_hard_state;
  head.first = 1;
  head.entry_count = 1;
  head.hard_state_bytes = 2;
  return head;
}

std::vector<std::uint8_t> example_record() {
  std::vector<std::uint8_t> record(record_bytes(23));
  const std::string_view body("\3\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0hellohs", 23);
  std::copy(body.begin(), body.end(), record.begin() + record_head_bytes);
  seal_record(id, 4096, example_head(), record);
  return record;
}

TEST(SegmentFormat, HeadIsAsDocumented) {
  std::vector<std::uint8_t> block(head_block_bytes);
  encode_head_block(id, block);
  EXPECT_EQ(hex(Bytes(block).first(40)), head_hex);
  EXPECT_EQ(hex(Bytes(block).subspan(head_copy_offset, 40)), head_hex);
}

TEST(SegmentFormat, RecordIsAsDocumented) {
  const std::vector<std::uint8_t> record = example_record();
  EXPECT_EQ(hex(record), record_hex);
  RecordHead head;
  ASSERT_TRUE(decode_record_head(id, 4096, record, &head));
  EXPECT_EQ(head.group.range, 7u);
  EXPECT_TRUE(body_is_sound(head, Bytes(record).subspan(record_head_bytes, 23)));
  RecordTrailer trailer;
  ASSERT_TRUE(decode_trailer(id, 4096 + 144, record, &trailer));
  EXPECT_EQ(trailer.number, 1u);
}

TEST(SegmentFormat, EitherCopyOfTheHeadWillDo) {
  std::vector<std::uint8_t> block(head_block_bytes);
  encode_head_block(id, block);
  block[3] ^= 1;
  SegmentId found;
  EXPECT_EQ(decode_head_block(block, &found), HeadState::valid);
  EXPECT_EQ(found.journal, id.journal);
  block[head_copy_offset + 20] ^= 1;
  EXPECT_EQ(decode_head_block(block, &found), HeadState::bad);
}

TEST(SegmentFormat, RecordOfAnotherPlaceIsNone) {
  const std::vector<std::uint8_t> record = example_record();
  RecordHead head;
  EXPECT_FALSE(decode_record_head(id, 4104, record, &head));
  EXPECT_FALSE(decode_record_head({id.journal, 2}, 4096, record, &head));
  EXPECT_FALSE(decode_record_head({id.journal + 1, 1}, 4096, record, &head));
}

TEST(SegmentFormat, RecordInFrontOfItsBatchIsNone) {
  std::vector<std::uint8_t> record(record_bytes(0));
  RecordHead head;
  RecordHead found;
  head.batch_offset = head_block_bytes;
  seal_record(id, head_block_bytes, head, record);
  EXPECT_TRUE(decode_record_head(id, head_block_bytes, record, &found));
  head.batch_offset = head_block_bytes + 8;
  seal_record(id, head_block_bytes, head, record);
  EXPECT_FALSE(decode_record_head(id, head_block_bytes, record, &found));
}

TEST(SegmentFormat, NamesLeadToNumbersAndBack) {
  EXPECT_EQ(segment_name(0x2a), "000000000000002a.seg");
  EXPECT_EQ(segment_number("000000000000002a.seg"), 0x2au);
  for (const char* other :
       {"000000000000002A.seg", "2a.seg", "000000000000002a.seg.damaged", "", "engine.db"})
    EXPECT_EQ(segment_number(other), 0u) << other;
}

}  // namespace
}  // namespace tenon::segment_log
