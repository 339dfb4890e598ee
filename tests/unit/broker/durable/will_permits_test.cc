#include "broker/durable/will_permits.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

#include <set>

namespace tenon::broker {
namespace {

const auto none = std::make_shared<const BanList>();
const BanList& no_bans = *none;

std::shared_ptr<const BanList> list_of(Ban ban) {
  return std::make_shared<const BanList>(std::vector<Ban>{std::move(ban)});
}

WillPermits::Permit permit_of_ann() {
  WillPermits::Permit permit;
  permit.username = "ann";
  permit.client_id = "meter-7";
  permit.peer_family = TENON_PEER_IPV4;
  permit.peer_addr = {192, 0, 2, 7};
  permit.topic = "will";
  permit.forget_at_ms = INT64_MAX;
  return permit;
}

WillPermits::Permit permit_until(UnixMs forget_at_ms) {
  WillPermits::Permit permit;
  permit.topic = "will";
  permit.forget_at_ms = forget_at_ms;
  return permit;
}

// ATTACK-13. What a plugin says anew is shown by tests/scenario/auth_test.py.
TEST(WillPermits, NothingIsKnownAgainstAWillThatNobodyHasRefused) {
  WillPermits permits;
  EXPECT_TRUE(permits.allows({1, 1}, no_bans, 0));
  permits.put({1, 1}, permit_until(1000));
  EXPECT_TRUE(permits.allows({1, 1}, no_bans, 0));
  EXPECT_TRUE(permits.tick(none, 999).empty());
  EXPECT_TRUE(permits.allows({1, 1}, no_bans, 0));
}

TEST(WillPermits, WhatAnotherNodeHasRefusedStaysRefusedForADay) {
  WillPermits permits;
  permits.refuse({1, 2}, 1000);
  EXPECT_FALSE(permits.allows({1, 2}, no_bans, 0));
  EXPECT_TRUE(permits.allows({1, 3}, no_bans, 0));
  permits.tick(none, 1000 + UnixMs{24} * 3600 * 1000 - 1);
  EXPECT_FALSE(permits.allows({1, 2}, no_bans, 0));
  permits.tick(none, 1000 + UnixMs{24} * 3600 * 1000);
  EXPECT_TRUE(permits.allows({1, 2}, no_bans, 0));
}

TEST(WillPermits, WhatWasRefusedHereStaysRefusedAndIsToldAgainUntilTheWillIsOver) {
  constexpr UnixMs hour_ms = UnixMs{3600} * 1000;
  WillPermits permits;
  WillPermits::Permit permit = permit_until(72 * hour_ms);
  permit.told_at_ms = 0;
  permits.put({1, 1}, std::move(permit));
  EXPECT_TRUE(permits.tick(none, 12 * hour_ms - 1).empty());
  EXPECT_EQ(permits.tick(none, 12 * hour_ms), (std::vector<WillName>{{1, 1}}));
  EXPECT_TRUE(permits.tick(none, 12 * hour_ms).empty());
  EXPECT_EQ(permits.tick(none, 71 * hour_ms).size(), 1u);
  EXPECT_FALSE(permits.allows({1, 1}, no_bans, 0));
}

TEST(WillPermits, WhoIsBannedByIdUserOrAddressWhenTheWillFiresLeavesNone) {
  WillPermits permits;
  permits.put({1, 1}, permit_of_ann());
  for (const Ban& ban :
       {Ban{BanKind::client, "meter-*"}, Ban{BanKind::user, "ann"}, Ban{BanKind::address, "192.0.2.0/24"}}) {
    EXPECT_FALSE(permits.allows({1, 1}, *list_of(ban), 0)) << ban.pattern;
    EXPECT_TRUE(permits.allows({1, 2}, *list_of(ban), 0)) << ban.pattern;
  }
  for (const Ban& ban : {Ban{BanKind::client, "meter-8"}, Ban{BanKind::user, "meter-7"},
                         Ban{BanKind::address, "192.0.2.8"}, Ban{BanKind::user, "ann", 1000}})
    EXPECT_TRUE(permits.allows({1, 1}, *list_of(ban), 1000)) << ban.pattern;
}

TEST(WillPermits, WhoIsBannedWhileTheWillWaitsIsToldToOthersAndStaysRefusedBehindTheBan) {
  WillPermits permits;
  permits.put({1, 1}, permit_of_ann());
  permits.put({1, 2}, permit_until(INT64_MAX));
  EXPECT_TRUE(permits.tick(list_of({BanKind::user, "bob"}), 0).empty());
  const auto bans = list_of({BanKind::user, "ann", 1000});
  EXPECT_EQ(permits.tick(bans, 999), (std::vector<WillName>{{1, 1}}));
  EXPECT_TRUE(permits.tick(bans, 999).empty());
  EXPECT_TRUE(permits.tick(none, 2000).empty());
  EXPECT_FALSE(permits.allows({1, 1}, no_bans, 2000));
  EXPECT_TRUE(permits.allows({1, 2}, no_bans, 2000));
}

TEST(WillPermits, AWillThatIsGoneIsForgotten) {
  WillPermits permits;
  permits.refuse({1, 2}, 1000);
  permits.forget({1, 2});
  EXPECT_TRUE(permits.allows({1, 2}, no_bans, 0));
}

TEST(WillPermits, OneTickLooksAtSomeAndTheNextOnesAtTheRest) {
  WillPermits permits;
  constexpr std::size_t count = 2 * WillPermits::looked_at_max + 10;
  for (std::size_t i = 1; i <= count; ++i) {
    WillPermits::Permit permit = permit_until(INT64_MAX);
    permit.told_at_ms = 0;
    permits.put({i, 1}, std::move(permit));
  }
  constexpr UnixMs hour_ms = UnixMs{3600} * 1000;
  std::set<WillName> told;
  for (int i = 0; i < 3; ++i) {
    const auto some = permits.tick(none, 12 * hour_ms + i);
    EXPECT_LE(some.size(), WillPermits::looked_at_max);
    told.insert(some.begin(), some.end());
  }
  EXPECT_EQ(told.size(), count);
  EXPECT_TRUE(permits.tick(none, 12 * hour_ms + 3).empty());
}

}  // namespace
}  // namespace tenon::broker
