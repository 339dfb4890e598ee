#include "broker/remote/claim_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tenon::broker {
namespace {

constexpr kv::NodeId other{2};
constexpr UnixMs date_ms = 1'800'000'000'000;

struct ClaimDeskTest : testing::Test {
  ClaimDeskTest() { desk.clock().set_node(1); }

  ConnectionAddress come(const std::string& id, const std::string& user = {}) {
    const ConnectionAddress who{0, ++last_, 1};
    EXPECT_TRUE(clients.claim(id, who, user).granted);
    clients.stamp(id, who, desk.clock().make(date_ms));
    return who;
  }
  std::uint64_t stamp_of(const std::string& id) const { return clients.find_stamped(id)->stamp; }
  kv::NodeId crowded = kv::NodeId::none;  // the way to it is congested
  // What the other node hears until the way to it is congested, behind so many pieces.
  std::vector<std::string> told(std::size_t pieces_max = 1000) {
    std::vector<std::string> ids;
    std::size_t pieces = 0;
    desk.tell_missed({[&](kv::NodeId to) { return to == crowded || pieces >= pieces_max; },
                      [&](kv::NodeId to, RemoteClaims&& piece) {
                        EXPECT_EQ(to, other);
                        ++pieces;
                        largest_piece = std::max(largest_piece, piece.claims.size());
                        for (const RemoteClaim& claim : piece.claims) ids.push_back(claim.client_id);
                      }});
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  std::vector<std::string> missed() {
    desk.on_peer_up(other);
    return told();
  }
  void run_for(std::int64_t seconds) {
    for (; seconds > 0; --seconds) desk.tick(now_ns += ns_per_s);
  }

  ClientDirectory clients{1};
  ClaimDesk desk{clients};
  std::uint32_t last_ = 0;
  MonoNs now_ns = ns_per_s;
  std::size_t largest_piece = 0;
};

bool is(const std::vector<ConnectionAddress>& found, const ConnectionAddress& wanted) {
  return found.size() == 1 && routing::key_of(found[0]) == routing::key_of(wanted);
}

TEST_F(ClaimDeskTest, OlderConnectionGivesWayToANewerOneElsewhere) {
  const auto here = come("id");
  const auto verdict = desk.take({{{"id", stamp_of("id") + 1, "", false}}});
  EXPECT_TRUE(is(verdict.give_way, here));
  EXPECT_TRUE(verdict.answer.claims.empty());
}

TEST_F(ClaimDeskTest, NewerConnectionIsToldToWhoeverClaimsWithAnOlderOne) {
  come("id");
  const auto verdict = desk.take({{{"id", stamp_of("id") - 1, "", false}}});
  EXPECT_TRUE(verdict.give_way.empty());
  ASSERT_EQ(verdict.answer.claims.size(), 1u);
  EXPECT_EQ(verdict.answer.claims[0].stamp, stamp_of("id"));
  EXPECT_FALSE(verdict.answer.claims[0].refuses);
}

TEST_F(ClaimDeskTest, NewerConnectionOfAnotherUserIsRefusedAndLeaves) {
  const auto here = come("id", "alice");
  const auto refusal = desk.take({{{"id", stamp_of("id") + 1, "bob", false}}});
  EXPECT_TRUE(refusal.give_way.empty());
  ASSERT_EQ(refusal.answer.claims.size(), 1u);
  EXPECT_TRUE(refusal.answer.claims[0].refuses);

  const auto leaves = desk.take({{{"id", stamp_of("id") - 1, "bob", true}}});
  EXPECT_TRUE(is(leaves.leave, here));
  EXPECT_TRUE(leaves.answer.claims.empty());
}

TEST_F(ClaimDeskTest, ConnectionThatIsNotInYetSaysNothing) {
  clients.claim("id", {0, 1, 1});
  const auto verdict = desk.take({{{"id", 5, "", false}}});
  EXPECT_TRUE(verdict.give_way.empty());
  EXPECT_TRUE(verdict.answer.claims.empty());
}

TEST_F(ClaimDeskTest, NewStampIsAboveAllThatWereSeen) {
  desk.take({{{"elsewhere", std::uint64_t{date_ms} * 2 << 16, "", false}}});
  come("id");
  EXPECT_GT(stamp_of("id"), std::uint64_t{date_ms} * 2 << 16);
}

TEST_F(ClaimDeskTest, NodeThatWasNeverLinkedHearsOfAllWhoAreIn) {
  come("a");
  come("b", "alice");
  clients.claim("not in yet", {0, 99, 1});
  EXPECT_EQ(missed(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ClaimDeskTest, NodeThatWasLinkedHearsOfThoseWhoCameAboutTheEndOfItsLinkAndLater) {
  come("old");
  run_for(60);
  come("in doubt");
  run_for(5);
  desk.on_peer_down(other);
  come("new");
  run_for(60);
  EXPECT_EQ(missed(), (std::vector<std::string>{"in doubt", "new"}));
}

TEST_F(ClaimDeskTest, LinkThatEndsSoonBehindTheStartHasSaidNothingForSure) {
  come("early");
  run_for(5);
  desk.on_peer_down(other);
  EXPECT_EQ(missed(), (std::vector<std::string>{"early"}));
}

TEST_F(ClaimDeskTest, ClaimsAreToldOnce) {
  come("a");
  EXPECT_EQ(missed(), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(told().empty());
}

TEST_F(ClaimDeskTest, ManyClaimsComeInPiecesAsTheWayTakesThem) {
  for (int i = 0; i < 5000; ++i) come("id" + std::to_string(i));
  desk.on_peer_up(other);
  const std::size_t first = told(1).size();
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, 2000u);
  EXPECT_TRUE(told(0).empty());
  EXPECT_EQ(first + told().size(), 5000u);
  EXPECT_LT(largest_piece, 2000u);
}

TEST_F(ClaimDeskTest, WhoWasCutOffBeforeHavingHeardAllHearsItAllAgain) {
  for (int i = 0; i < 5000; ++i) come("id" + std::to_string(i));
  run_for(60);
  desk.on_peer_up(other);
  (void)told(1);
  desk.on_peer_down(other);
  EXPECT_EQ(missed().size(), 5000u);
}

}  // namespace
}  // namespace tenon::broker
