#include "store/orders/order.h"

#include <gtest/gtest.h>

#include "store/orders/members_work.h"

namespace tenon::store {
namespace {

const Order transfer{77, {5, 2}, {3, 4}, "a reason", TransferLeader{NodeId{0xa1}}};

const Order members{
    78, {5, 2}, {3, 4}, "a reason", ChangeMembers{{NodeId{0xa1}, NodeId{0xa2}}, {NodeId{0xa3}}}};

TEST(Order, IsReadAsItWasWritten) {
  Order split = transfer;
  for (const auto& what : {SplitRange{"a key", false}, SplitRange{"", true}, SplitRange{}}) {
    split.what = what;
    for (const Order& order : {transfer, split, members}) {
      const auto read = decode_order(encode(order));
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(*read, order);
    }
  }
}

TEST(Order, IsDescribedForPeople) {
  EXPECT_EQ(describe(transfer), "transfer to 00000000000000a1");
  EXPECT_EQ(describe(members),
            "members: voters 00000000000000a1,00000000000000a2, learners 00000000000000a3");
  EXPECT_EQ(describe(transfer.expected), "3.4");
}

TEST(Order, IsWaitedForLongerThanItsLeaderTries) {
  EXPECT_EQ(patience_of(transfer), 60 * ns_per_s);
  EXPECT_GT(patience_of(members), MembersWork::patience_ns);
}

TEST(Order, WhatBreaksOffIsRefused) {
  for (const Order& order : {transfer, members}) {
    const std::string whole = encode(order);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_order(whole.substr(0, size)).ok()) << size;
  }
}

TEST(Order, AKindOfANewerVersionIsUnsupported) {
  std::string text = encode(transfer);
  text[text.size() - 10] = 99;  // the kind: a length and eight bytes follow
  const auto read = decode_order(text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace tenon::store
