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
  InboxDirectory directory;
};

TEST_F(InboxDirectoryTest, KnowsWhoseAnInboxIsAndWhoServesIt) {
  EXPECT_FALSE(known());
  directory.add_route(number, {"tenant", "client"});
  ASSERT_TRUE(known());
  EXPECT_EQ(directory.find(number).inbox->owner().tenant, "tenant");
  EXPECT_EQ(directory.find(number).inbox->owner().client_id, "client");
  EXPECT_EQ(connection(), ReceiverKey::none);
  directory.attach(number, {"tenant", "client"}, link_a);
  EXPECT_EQ(connection(), link_a);
  EXPECT_FALSE(directory.find(number + 64).inbox);  // of the same part
}

TEST_F(InboxDirectoryTest, EachRouteCounts) {
  directory.add_route(number, {"t", "c"});
  directory.add_route(number, {"t", "c"});
  directory.remove_route(number);
  EXPECT_TRUE(known());
  directory.remove_route(number);
  EXPECT_FALSE(known());
  directory.remove_route(number);
  EXPECT_FALSE(known());
}

TEST_F(InboxDirectoryTest, ALinkKeepsWhatHasNoRoute) {
  directory.attach(number, {"t", "c"}, link_a);
  directory.add_route(number, {"t", "c"});
  directory.remove_route(number);
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
  directory.add_route(number, {"t", "c"});
  directory.add_route(number, {"t", "c"});
  directory.end(number);
  EXPECT_FALSE(known());
  directory.remove_route(number);
  EXPECT_FALSE(known());
  directory.remove_route(number);
  directory.end(number);
  EXPECT_FALSE(known());
}

}  // namespace
}  // namespace tenon::broker
