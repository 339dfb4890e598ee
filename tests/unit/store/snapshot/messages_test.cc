#include "store/snapshot/messages.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

TEST(SnapshotMessage, IsReadAsItWasWritten) {
  const SnapshotMessage message{SnapshotMessage::Kind::chunk, {7, 2}, 300, 70'000, "rows"};
  const std::string body = write_snapshot_message(message);
  const auto read = read_snapshot_message(body);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, message.kind);
  EXPECT_EQ(read->range, message.range);
  EXPECT_EQ(read->transfer, 300u);
  EXPECT_EQ(read->number, 70'000u);
  EXPECT_EQ(read->chunk, "rows");
}

TEST(SnapshotMessage, HasItsPlaceOnTheWire) {
  const std::string body = write_snapshot_message({SnapshotMessage::Kind::stale, {7, 1}, 3, 9, {}});
  EXPECT_EQ(body, std::string("\x04\x07\x01\x03\x09", 5));
}

TEST(SnapshotMessage, ThatEndsEarlyOrIsUnknownIsRefused) {
  const std::string body = write_snapshot_message({SnapshotMessage::Kind::wanted, {7, 1}, 3, 9, {}});
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(read_snapshot_message(std::string_view(body).substr(0, size))) << size;
  for (const char kind : {'\0', '\x06', '\xff'})
    EXPECT_FALSE(read_snapshot_message(kind + body.substr(1))) << int{kind};
  EXPECT_FALSE(
      read_snapshot_message(write_snapshot_message({SnapshotMessage::Kind::wanted, {7, 1}, 0, 9, {}})));
}

}  // namespace
}  // namespace tenon::store
