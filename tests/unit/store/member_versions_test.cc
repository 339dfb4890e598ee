#include "store/member_versions.h"

#include <gtest/gtest.h>

namespace tenon::store {
namespace {

constexpr NodeId a{1}, b{2}, c{3};
constexpr std::size_t dist = kv::CommandVersions::set_of(StoreId::dist);
constexpr std::size_t inbox = kv::CommandVersions::set_of(StoreId::inbox);

kv::CommandVersions with_dist(std::uint8_t version) {
  kv::CommandVersions versions;
  versions.set(dist, version);
  return versions;
}

TEST(MemberVersions, TheOldestMemberDecidesWhetherItVotesOrLearns) {
  MemberVersions versions;
  versions.learn(a, with_dist(5));
  versions.learn(b, with_dist(4));
  EXPECT_TRUE(versions.all_know({{a, b}, {}, {}}, dist, 4));
  EXPECT_FALSE(versions.all_know({{a, b}, {}, {}}, dist, 5));
  EXPECT_FALSE(versions.all_know({{a}, {b}, {}}, dist, 5));
  EXPECT_FALSE(versions.all_know({{a}, {}, {b}}, dist, 5));
}

TEST(MemberVersions, NodesOutsideTheRangeHoldNothingUp) {
  MemberVersions versions;
  versions.learn(b, with_dist(4));
  EXPECT_TRUE(versions.all_know({{a, c}, {}, {}}, dist, 5));
}

TEST(MemberVersions, EverybodyIsWhoeverWasLinked) {
  MemberVersions versions;
  EXPECT_TRUE(versions.everybody_knows(dist, 5));
  versions.learn(a, with_dist(5));
  versions.learn(b, with_dist(4));
  EXPECT_TRUE(versions.everybody_knows(dist, 4));
  EXPECT_FALSE(versions.everybody_knows(dist, 5));
  versions.learn(b, with_dist(5));
  EXPECT_TRUE(versions.everybody_knows(dist, 5));
}

TEST(MemberVersions, WhatANodeSaidLastCounts) {
  MemberVersions versions;
  versions.learn(b, with_dist(4));
  versions.learn(b, with_dist(5));
  EXPECT_TRUE(versions.all_know({{b}, {}, {}}, dist, 5));
  versions.learn(b, with_dist(4));
  EXPECT_FALSE(versions.all_know({{b}, {}, {}}, dist, 5));
}

TEST(MemberVersions, EachSetOfCommandsIsForItself) {
  MemberVersions versions;
  versions.learn(b, with_dist(1));
  EXPECT_TRUE(versions.all_know({{b}, {}, {}}, inbox, kv::CommandVersions()[inbox]));
}

}  // namespace
}  // namespace tenon::store
