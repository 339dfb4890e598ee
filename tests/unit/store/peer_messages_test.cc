#include "store/peer_messages.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::store {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

RequestMessage request() {
  RequestMessage message;
  message.range = {300, 1};
  message.kind = Request::Kind::command;
  message.command.source = kv::SourceId{5};
  message.command.sequence = 9;
  message.command.key = "k";
  message.command.text = "hi";
  message.id = 7;
  return message;
}

RangesMessage ranges() {
  RangesMessage message;
  message.cluster_id = 0x0102030405060708;
  auto& range = message.ranges.emplace_back();
  range.id = {2, 1};
  range.descriptor.store = StoreId::inbox;
  range.descriptor.begin = "a";
  range.descriptor.epoch = {1, 2};
  range.descriptor.members.voters = {NodeId{1}};
  message.stores = 0x1e;
  message.learns = 0x12;
  return message;
}

TEST(PeerMessages, BytesStayAsTheyAre) {
  EXPECT_EQ(hex(write_group_message({{1, 2}, "p"})), "010270");
  EXPECT_EQ(hex(write_request_message(request())),
            "ac020107010509"
            "016b"
            "026869"
            "00");
  EXPECT_EQ(hex(write_answer_message({128, {AnswerCode::not_leader, NodeId{3}, "x", 5}})),
            "8001050300000000000000"
            "0178"
            "05"
            "00");
  EXPECT_EQ(hex(write_ranges_message(ranges())),
            "080706050403020101"
            "0201"
            "12"
            "0301610001020b"
            "0101000000000000000000"
            "1e"
            "12");
}

TEST(PeerMessages, ComeBackAsTheyWereWritten) {
  const std::string group_body = write_group_message({{1, 2}, "payload"});
  const auto group = read_group_message(group_body);
  ASSERT_TRUE(group);
  EXPECT_EQ(group->range, (RangeId{1, 2}));
  EXPECT_EQ(group->payload, "payload");

  const std::string request_body = write_request_message(request());
  const auto asked = read_request_message(request_body);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->range, request().range);
  EXPECT_EQ(asked->kind, Request::Kind::command);
  EXPECT_EQ(asked->command.source, kv::SourceId{5});
  EXPECT_EQ(asked->command.sequence, 9u);
  EXPECT_EQ(asked->command.key, "k");
  EXPECT_EQ(asked->command.text, "hi");
  EXPECT_EQ(asked->id, 7u);

  const std::string answer_body =
      write_answer_message({9, {AnswerCode::done, NodeId::none, "reply", 300, "end"}});
  const auto answer = read_answer_message(answer_body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 9u);
  EXPECT_EQ(answer->answer.code, AnswerCode::done);
  EXPECT_EQ(answer->answer.text, "reply");
  EXPECT_EQ(answer->answer.index, 300u);
  EXPECT_EQ(answer->answer.end, "end");

  const std::string ranges_body = write_ranges_message(ranges());
  const auto heard = read_ranges_message(ranges_body);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->cluster_id, ranges().cluster_id);
  ASSERT_EQ(heard->ranges.size(), 1u);
  EXPECT_EQ(heard->ranges[0].id, ranges().ranges[0].id);
  EXPECT_EQ(heard->ranges[0].descriptor, ranges().ranges[0].descriptor);
  EXPECT_EQ(heard->stores, 0x1eu);
  EXPECT_EQ(heard->learns, 0x12u);
}

TEST(PeerMessages, AnOlderNodeDoesNotSayWhatItTakesAndTakesAll) {
  const std::string body = write_ranges_message(ranges());
  const auto heard = read_ranges_message(std::string_view(body).substr(0, body.size() - 2));
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->ranges.size(), 1u);
  EXPECT_EQ(heard->stores, UINT32_MAX);
  EXPECT_EQ(heard->learns, UINT32_MAX);
}

TEST(PeerMessages, AreNotReadWhenTheyAreCutAnywhere) {
  const std::string group = write_group_message({{300, 300}, ""});
  for (std::size_t size = 0; size < group.size(); ++size)
    EXPECT_FALSE(read_group_message(std::string_view(group).substr(0, size))) << size;
  const std::string asked = write_request_message(request());
  for (std::size_t size = 0; size < asked.size(); ++size)
    EXPECT_FALSE(read_request_message(std::string_view(asked).substr(0, size))) << size;
  // An older version says no index, nor an end.
  const std::string answer = write_answer_message({128, {AnswerCode::lost, NodeId{3}, "x", 5}});
  for (std::size_t size = 0; size + 2 < answer.size(); ++size)
    EXPECT_FALSE(read_answer_message(std::string_view(answer).substr(0, size))) << size;
  const std::string heard = write_ranges_message(ranges());
  for (std::size_t size = 0; size + 2 < heard.size(); ++size)
    EXPECT_FALSE(read_ranges_message(std::string_view(heard).substr(0, size))) << size;
}

TEST(PeerMessages, OfANewerVersionAreNotReadButWhatItAddsAtTheEndIsLeftOut) {
  std::string asked = write_request_message(request());
  EXPECT_TRUE(read_request_message(asked + "more"));
  asked[4] = 99;  // kind
  EXPECT_FALSE(read_request_message(asked));
  std::string answer = write_answer_message({1, {AnswerCode::busy, NodeId::none, {}, 0}});
  EXPECT_TRUE(read_answer_message(answer + "more"));
  answer[1] = 99;  // code
  EXPECT_FALSE(read_answer_message(answer));
}

TEST(PeerMessages, ARangeIsReadAsItWasWritten) {
  const auto one = ranges().ranges[0];
  const std::string body = write_range_message({one.id, one.descriptor});
  const auto read = read_range_message(body);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->range, one.id);
  EXPECT_EQ(read->descriptor, one.descriptor);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(read_range_message(body.substr(0, size))) << size;
}

TEST(PeerMessages, ACountWithoutRangesAndAClusterWithoutAnIdAreRefused) {
  std::string many;
  WireWriter out(many);
  out.u64(1);
  out.varint(~std::uint64_t{0});
  EXPECT_FALSE(read_ranges_message(many));
  RangesMessage nobody = ranges();
  nobody.cluster_id = 0;
  EXPECT_FALSE(read_ranges_message(write_ranges_message(nobody)));
}

}  // namespace
}  // namespace tenon::store
