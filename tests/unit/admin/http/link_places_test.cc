#include "admin/http/link_places.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::admin {
namespace {

constexpr PlaceLimits four_and_two{4, 2};

TEST(LinkPlaces, WhereThereIsRoomNobodyLeaves) {
  const std::vector<LinkPlace> taken = {{"a", true, 1}, {"b", true, 2}};
  const Admission admission = admit_link(taken, "a", four_and_two);
  EXPECT_TRUE(admission.admitted);
  EXPECT_EQ(admission.leaves, std::nullopt);
}

TEST(LinkPlaces, WhenAllAreTakenTheLongestIdleLeavesForANewcomer) {
  const std::vector<LinkPlace> taken = {{"a", false, 1}, {"b", true, 3}, {"c", true, 2}, {"d", true, 4}};
  const Admission admission = admit_link(taken, "e", four_and_two);
  EXPECT_TRUE(admission.admitted);
  EXPECT_EQ(admission.leaves, 2u);
}

TEST(LinkPlaces, WhenAllAreTakenByHandshakesTheFirstOfThemLeavesForANewcomer) {
  const std::vector<LinkPlace> taken = {
      {"a", true, 3, true}, {"a", true, 2, true}, {"b", true, 4, true}, {"b", true, 5, true}};
  const Admission admission = admit_link(taken, "c", four_and_two);
  EXPECT_TRUE(admission.admitted);
  EXPECT_EQ(admission.leaves, 1u);
}

TEST(LinkPlaces, ForItsOwnAddressNoHandshakeLeaves) {
  std::vector<LinkPlace> taken = {{"a", true, 1, true}, {"a", true, 2, true}};
  EXPECT_FALSE(admit_link(taken, "a", four_and_two).admitted);
  taken[1].in_handshake = false;
  EXPECT_EQ(admit_link(taken, "a", four_and_two).leaves, 1u);
}

TEST(LinkPlaces, NobodyWithARequestUnderWayLeaves) {
  const std::vector<LinkPlace> taken = {{"a", false, 1}, {"b", false, 3}, {"c", false, 2}, {"d", false, 4}};
  EXPECT_FALSE(admit_link(taken, "e", four_and_two).admitted);
}

TEST(LinkPlaces, AnAddressWithItsShareTakesNoPlaceOfAnother) {
  std::vector<LinkPlace> taken = {{"b", true, 1}, {"a", true, 3}, {"a", true, 2}};
  EXPECT_EQ(admit_link(taken, "a", four_and_two).leaves, 2u);
  taken.push_back({"c", true, 0});
  EXPECT_EQ(admit_link(taken, "a", four_and_two).leaves, 2u);
  taken[1].can_leave = taken[2].can_leave = false;
  EXPECT_FALSE(admit_link(taken, "a", four_and_two).admitted);
  EXPECT_EQ(admit_link(taken, "d", four_and_two).leaves, 3u);
}

TEST(LinkPlaces, WhatHasNoAddressHasNoShareAndNobodyLeavesForIt) {
  std::vector<LinkPlace> taken(3, LinkPlace{"", true, 1});
  EXPECT_TRUE(admit_link(taken, "", four_and_two).admitted);
  taken.resize(4, LinkPlace{"", true, 1});
  EXPECT_FALSE(admit_link(taken, "", four_and_two).admitted);
  EXPECT_FALSE(admit_link(taken, "a", four_and_two).admitted);
}

}  // namespace
}  // namespace tenon::admin
