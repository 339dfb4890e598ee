#include "store/members/messages.h"

#include <gtest/gtest.h>

#include "store/members/row.h"

namespace tenon::store {
namespace {

kv::Descriptor descriptor() {
  kv::Descriptor descriptor;
  descriptor.store = StoreId::inbox;
  descriptor.begin = "b";
  descriptor.end = "x";
  descriptor.epoch = {3, 300};
  descriptor.members = {{NodeId{1}, NodeId{2}}, {}, {NodeId{9}}};
  return descriptor;
}

TEST(MemberMessages, SayWhatWasWritten) {
  for (std::uint8_t kind = 1; kind <= 6; ++kind) {
    MemberMessage message{MemberMessage::Kind{kind}, {77, 2}, 300, kind % 2 == 0, {}};
    if (message.kind == MemberMessage::Kind::open) message.descriptor = descriptor();
    const auto read = read_member_message(write_member_message(message));
    ASSERT_TRUE(read) << int{kind};
    EXPECT_EQ(read->kind, message.kind);
    EXPECT_EQ(read->range, message.range);
    EXPECT_EQ(read->epoch, message.epoch);
    EXPECT_EQ(read->was_lost, message.was_lost);
    EXPECT_EQ(read->descriptor, message.descriptor);
  }
}

TEST(MemberMessages, ThatDoNotHoldTogetherAreLeftOut) {
  const std::string whole =
      write_member_message({MemberMessage::Kind::open, {77, 2}, 300, true, descriptor()});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_member_message(whole.substr(0, size))) << size;
  EXPECT_FALSE(read_member_message('\0' + whole.substr(1)));
  EXPECT_FALSE(read_member_message('\x07' + whole.substr(1)));
}

TEST(MemberRows, SayWhatWasWritten) {
  const MemberRow row{MemberRow::Fate::open, 300, true, true, descriptor()};
  const std::string bytes = encode(row);
  EXPECT_EQ(decode_member_row(bytes).value(), row);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_member_row(bytes.substr(0, size)).ok()) << size;
  EXPECT_EQ(decode_member_row('\x03' + bytes.substr(1)).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace tenon::store
