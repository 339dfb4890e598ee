#include "store/orders/order.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

const Order transfer{77, {5, 2}, {3, 4}, "a reason", TransferLeader{NodeId{0xa1}}};

TEST(Order, IsReadAsItWasWritten) {
  Order split = transfer;
  for (const auto& what : {SplitRange{"a key", false}, SplitRange{"", true}, SplitRange{}}) {
    split.what = what;
    for (const Order& order : {transfer, split}) {
      const auto read = decode_order(encode(order));
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(*read, order);
    }
  }
}

TEST(Order, IsDescribedForPeople) {
  EXPECT_EQ(describe(transfer), "transfer to 00000000000000a1");
  EXPECT_EQ(describe(transfer.expected), "3.4");
}

TEST(Order, WhatBreaksOffIsRefused) {
  const std::string whole = encode(transfer);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_order(whole.substr(0, size)).ok()) << size;
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
