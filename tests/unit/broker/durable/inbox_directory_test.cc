#include "broker/durable/inbox_directory.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

using session::ReceiverKey;

constexpr std::uint64_t number = 77;
constexpr ReceiverKey link_a{1};
constexpr ReceiverKey link_b{2};

class InboxDirectoryTest : public ::testing::Test {
 protected:
  bool known() const { return directory.find(number).inbox.get() != nullptr; }
  ReceiverKey connection() const { return directory.find(number).connection; }
  bool put(std::uint32_t filter) {
    return directory.put_route(number, {"tenant", "client"}, {topic::FilterId{filter}});
  }
  bool remove(std::uint32_t filter) { return directory.remove_route(number, topic::FilterId{filter}); }
  InboxDirectory directory;
};

TEST_F(InboxDirectoryTest, KnowsWhoseAnInboxIsAndWhoServesIt) {
  EXPECT_FALSE(known());
  put(1);
  ASSERT_TRUE(known());
  EXPECT_EQ(directory.find(number).inbox->owner().tenant, "tenant");
  EXPECT_EQ(directory.find(number).inbox->owner().client_id, "client");
  EXPECT_EQ(connection(), ReceiverKey::none);
  directory.attach(number, {"tenant", "client"}, link_a);
  EXPECT_EQ(connection(), link_a);
  EXPECT_FALSE(directory.find(number + 64).inbox);  // of the same part
}

TEST_F(InboxDirectoryTest, AnInboxIsKnownWhileThereIsARouteOfIt) {
  EXPECT_TRUE(put(1));
  EXPECT_TRUE(put(2));
  EXPECT_FALSE(put(2));
  EXPECT_TRUE(remove(1));
  EXPECT_FALSE(remove(1));
  EXPECT_TRUE(known());
  EXPECT_TRUE(remove(2));
  EXPECT_FALSE(known());
  EXPECT_FALSE(remove(2));
}

TEST_F(InboxDirectoryTest, WhatIsExpectedIsKnownBeforeItsFirstRoute) {
  directory.expect(number, {"tenant", "client"});
  ASSERT_TRUE(known());
  EXPECT_EQ(directory.find(number).inbox->owner().client_id, "client");
  put(1);
  remove(1);
  EXPECT_FALSE(known());
}

TEST_F(InboxDirectoryTest, OnlyRoutesThatDidNotComeAgainStayInDoubt) {
  put(1);
  put(2);
  put(3);
  directory.doubt([](const service::inbox::Owner& owner, topic::FilterId filter) {
    return owner.tenant == "tenant" && filter != topic::FilterId{3};
  });
  put(1);
  const auto found = directory.doubtful();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].number, number);
  EXPECT_EQ(found[0].filter, topic::FilterId{2});
  EXPECT_EQ(found[0].tenant, "tenant");
}

TEST_F(InboxDirectoryTest, ALinkKeepsWhatHasNoRoute) {
  directory.attach(number, {"t", "c"}, link_a);
  put(1);
  remove(1);
  EXPECT_EQ(connection(), link_a);
  directory.detach(number, link_a);
  EXPECT_FALSE(known());
}

TEST_F(InboxDirectoryTest, AnOlderLinkThatLeavesDoesNotTakeTheNewerOneAway) {
  directory.attach(number, {"t", "c"}, link_a);
  directory.attach(number, {"t", "c"}, link_b);
  directory.detach(number, link_a);
  EXPECT_EQ(connection(), link_b);
  directory.detach(number, link_b);
  EXPECT_FALSE(known());
  directory.detach(number, link_b);
}

TEST_F(InboxDirectoryTest, NobodyFindsASessionThatHasEndedWhileItsRoutesGo) {
  put(1);
  put(2);
  directory.end(number);
  EXPECT_FALSE(known());
  remove(1);
  EXPECT_FALSE(known());
  put(2);
  EXPECT_FALSE(known()) << "a route that comes again is no new life";
  remove(2);
  directory.end(number);
  EXPECT_FALSE(known());
}

TEST_F(InboxDirectoryTest, ANewRouteBringsASessionBack) {
  put(1);
  directory.end(number);
  put(2);
  EXPECT_TRUE(known());
}

}  // namespace
}  // namespace tenon::broker
