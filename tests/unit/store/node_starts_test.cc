#include "store/node_starts.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

constexpr NodeId node{0xa1};
constexpr NodeId twin{0xa1 + (std::uint64_t{1} << 40)};  // has the same tag

kv::SourceId sender(NodeId of, std::uint64_t start) {
  return kv::make_source(of, start, 77);
}

TEST(NodeStarts, SendersOfEarlierStartsAreOverAndThePresentOneIsNot) {
  NodeStarts starts;
  starts.on_up(node, 5);
  EXPECT_TRUE(starts.is_over(sender(node, 4)));
  EXPECT_TRUE(starts.is_over(sender(node, 1)));
  EXPECT_FALSE(starts.is_over(sender(node, 5)));
  EXPECT_FALSE(starts.is_over(sender(node, 6)));
}

TEST(NodeStarts, OfANodeThatWasNeverLinkedNothingIsOver) {
  NodeStarts starts;
  starts.on_up(NodeId{2}, 5);
  EXPECT_FALSE(starts.is_over(sender(node, 1)));
}

TEST(NodeStarts, TheSenderOfANodeWhoseDiskWasPutBackIsNotOver) {
  NodeStarts starts;
  starts.on_up(node, 9);
  starts.on_up(node, 7);
  EXPECT_FALSE(starts.is_over(sender(node, 7)));
  EXPECT_TRUE(starts.is_over(sender(node, 6)));
}

TEST(NodeStarts, NodesThatCanNotBeToldApartLoseNothing) {
  ASSERT_EQ(kv::source_tag(node), kv::source_tag(twin));
  NodeStarts starts;
  starts.on_up(node, 5);
  starts.on_up(twin, 9);
  EXPECT_FALSE(starts.is_over(sender(node, 4)));
  starts.on_up(node, 6);
  EXPECT_FALSE(starts.is_over(sender(node, 4)));
}

TEST(NodeStarts, OnlyANewStartChangesTheVersion) {
  NodeStarts starts;
  starts.on_up(node, 5);
  const std::uint64_t version = starts.version();
  starts.on_up(node, 5);
  EXPECT_EQ(starts.version(), version);
  starts.on_up(node, 6);
  EXPECT_NE(starts.version(), version);
}

}  // namespace
}  // namespace tenon::store
