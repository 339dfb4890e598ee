#include "node/operate/session_merge.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using State = admin::SessionQuery::State;

admin::LinkStatus link_at(const char* node, std::uint64_t connected_s = 1) {
  admin::LinkStatus link;
  link.node = node;
  link.connected_s = connected_s;
  return link;
}

admin::StoredStatus stored(bool attached) {
  admin::StoredStatus status;
  status.attached = attached;
  return status;
}

std::string ids_of(const admin::SessionPage& page) {
  std::string ids;
  for (const auto& session : page.sessions) ids += session.name.client_id;
  return ids;
}

struct SessionMergeTest : testing::Test {
  // a: connected only; b: both; c: stored and away; d: stored and connected where nobody has told of it.
  void fill(SessionMerge& merge) {
    merge.add("a", {"", "a"}, link_at("1"));
    merge.add("b", {"", "b"}, link_at("2"));
    merge.add("b", {"", "b"}, stored(true));
    merge.add("c", {"", "c"}, stored(false));
    merge.add("d", {"", "d"}, stored(true));
  }
  std::string listed() {
    SessionMerge merge(query);
    fill(merge);
    return ids_of(merge.page());
  }
  admin::SessionQuery query;
};

TEST_F(SessionMergeTest, ASessionIsThereOnceWithAllThatIsKnownOfIt) {
  SessionMerge merge(query);
  fill(merge);
  const admin::SessionPage page = merge.page();
  EXPECT_EQ(ids_of(page), "abcd");
  EXPECT_TRUE(page.sessions[1].link && page.sessions[1].stored);
  EXPECT_FALSE(page.cursor);
}

TEST_F(SessionMergeTest, TheStateAndTheNodeChoose) {
  query.state = State::connected;
  EXPECT_EQ(listed(), "abd");
  query.state = State::disconnected;
  EXPECT_EQ(listed(), "c");
  query.state = State::any;
  query.node = "2";
  EXPECT_EQ(listed(), "b");
}

TEST_F(SessionMergeTest, AFullPageSaysWhereTheNextOneBegins) {
  query.limit = 2;
  SessionMerge merge(query);
  fill(merge);
  const admin::SessionPage page = merge.page();
  EXPECT_EQ(ids_of(page), "ab");
  EXPECT_EQ(page.cursor, "c");
}

// What one source knows behind the end of another one would come again, or lack its other half.
TEST_F(SessionMergeTest, NothingIsShownThatSomebodyDoesNotKnowOfYet) {
  SessionMerge merge(query);
  fill(merge);
  merge.end_before("c");
  merge.end_before("d");
  const admin::SessionPage page = merge.page();
  EXPECT_EQ(ids_of(page), "ab");
  EXPECT_EQ(page.cursor, "c");
}

TEST_F(SessionMergeTest, OfConnectedOnesNothingIsKeptWhereOthersAreAskedFor) {
  EXPECT_TRUE(SessionMerge(query).add("b", {"", "b"}, stored(true)));
  query.state = State::disconnected;
  SessionMerge merge(query);
  EXPECT_FALSE(merge.add("b", {"", "b"}, stored(true)));
  EXPECT_TRUE(merge.add("c", {"", "c"}, stored(false)));
  EXPECT_EQ(ids_of(merge.page()), "c");
}

TEST_F(SessionMergeTest, APageMayBeEmptyAndNotTheLast) {
  query.state = State::disconnected;
  SessionMerge merge(query);
  fill(merge);
  merge.end_before("c");
  const admin::SessionPage page = merge.page();
  EXPECT_TRUE(page.sessions.empty());
  EXPECT_EQ(page.cursor, "c");
}

TEST_F(SessionMergeTest, OfTwoLinksOfOneClientTheNewerCounts) {
  SessionMerge merge(query);
  merge.add("a", {"", "a"}, link_at("1", 50));
  merge.add("a", {"", "a"}, link_at("2", 3));
  merge.add("a", {"", "a"}, link_at("3", 20));
  const admin::SessionPage page = merge.page();
  ASSERT_EQ(page.sessions.size(), 1u);
  EXPECT_EQ(page.sessions[0].link->node, "2");
}

}  // namespace
}  // namespace tenon::node
