#include "kv/senders/source_id.h"

#include <gtest/gtest.h>

namespace tenon::kv {
namespace {

constexpr NodeId node{0xfedcba9876543210};

TEST(SourceId, TellsNodeStartAndWhatWasDrawn) {
  EXPECT_EQ(parts_of(make_source(node, 0x12345, 0xffc0'0007)), (SourceParts{0x2543210, 0x2345, 7}));
  EXPECT_EQ(parts_of(make_source(node, 1, 0)).tag, source_tag(node));
}

TEST(SourceId, IsNeverNoneWhateverIsDrawn) {
  EXPECT_NE(make_source(NodeId{0}, 0, 0), SourceId::none);
  EXPECT_EQ(parts_of(make_source(NodeId{0}, 0, std::uint64_t{1} << 22)).random, 1u);
}

TEST(SourceId, DiffersWhereAStartIsCountedTwice) {
  EXPECT_NE(make_source(node, 9, 100), make_source(node, 9, 101));
}

TEST(SourceId, OrdersStartsAlsoWhereTheirNumbersWrap) {
  EXPECT_TRUE(is_earlier_start(1, 2));
  EXPECT_FALSE(is_earlier_start(2, 2));
  EXPECT_FALSE(is_earlier_start(3, 2));
  EXPECT_TRUE(is_earlier_start(0xffff, 0));
  EXPECT_FALSE(is_earlier_start(0, 0xffff));
}

}  // namespace
}  // namespace tenon::kv
