// From segments, put together by hand, to the groups in them.
#include "segment/replay.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "segment/segments/batch.h"
#include "shared/byte_order.h"

namespace tenon::segment_log {
namespace {

constexpr tenon_group_id group{7, 1};
constexpr std::uint32_t highest = 0xFFFFFFFF;

// Writes a journal of one group, and reads it back.
class ReplayTest : public ::testing::Test {
 protected:
  // `number`: what the directory says that the group has come to.
  void begin_segment(std::uint32_t number) {
    add_segment();
    batch_.emplace(SegmentId{1, ++segment_}, 0, segment_);
    std::vector<std::uint8_t> body(directory_head_bytes + directory_row_bytes);
    shared::store_le64(body.data(), end_);
    shared::store_le64(body.data() + 8, 1);
    std::uint8_t* row = body.data() + directory_head_bytes;
    shared::store_le64(row, group.range);
    shared::store_le64(row + 8, group.incarnation);
    shared::store_le32(row + 16, number);
    RecordHead head;
    head.type = RecordType::directory;
    batch_->add(head, body, {});
  }
  void add_entry(std::uint32_t number, RecordType type = RecordType::write) {
    RecordHead head;
    head.group = group;
    head.number = number;
    head.type = type;
    head.flags = record_sets_hard_state;
    const tenon_log_entry entry{{++last_, 1}, 0, 0, {}};
    batch_->add_write(head, {&entry, 1}, sdk::bytes_of(sdk::abi(std::string_view("hs"))));
  }
  // The group as it is found; null: it is not there.
  const Group* found() {
    add_segment();
    replay_.finish();
    return index_.find(group);
  }

  std::vector<std::string> damage_;

 private:
  void add_segment() {
    if (!batch_) return;
    batch_->seal();
    end_ = batch_->bytes().size();
    replay_.add_segment({1, segment_}, segment_name(segment_), batch_->bytes(), true);
    batch_.reset();
  }

  Index index_;
  Replay replay_{index_, [this](const std::string& what) { damage_.push_back(what); }};
  std::optional<Batch> batch_;
  std::uint64_t segment_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t last_ = 0;
};

TEST_F(ReplayTest, NumbersGoOnBehindTheHighestOne) {
  begin_segment(highest - 2);
  for (const std::uint32_t number : {highest - 1, highest, 0u, 1u, 2u}) add_entry(number);
  const Group* group = found();
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->damage(), "");
  EXPECT_EQ(group->last().index, 5u);
  EXPECT_TRUE(group->is_gapless());
  EXPECT_EQ(group->number, 2u);
  EXPECT_TRUE(damage_.empty());
}

TEST_F(ReplayTest, NumbersGoOnBehindTheHighestOneOverSegments) {
  begin_segment(highest - 1);
  std::uint32_t number = highest;
  for (int i = 0; i < 4; ++i) {
    add_entry(number);
    begin_segment(number++);
  }
  const Group* group = found();
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->damage(), "");
  EXPECT_EQ(group->last().index, 4u);
  EXPECT_TRUE(damage_.empty());
}

TEST_F(ReplayTest, AMissingRecordShowsBehindTheHighestNumber) {
  begin_segment(highest - 1);
  for (const std::uint32_t number : {highest, 1u}) add_entry(number);
  begin_segment(1);
  const Group* group = found();
  ASSERT_NE(group, nullptr);
  EXPECT_NE(group->damage(), "");
}

}  // namespace
}  // namespace tenon::segment_log
