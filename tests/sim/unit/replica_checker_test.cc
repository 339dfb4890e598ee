#include "sim/checkers/replica_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

using Stores = std::map<kv::StoreId, ReplicaChecker::Pieces>;
const std::set<kv::StoreId> wanted{kv::StoreId::dist, kv::StoreId::inbox};

TEST(ReplicaChecker, StoresOfOneAndOfSeveralRangesAreCovered) {
  EXPECT_TRUE(ReplicaChecker::do_cover(
      Stores{{kv::StoreId::dist, {{"", ""}}}, {kv::StoreId::inbox, {{"", "m"}, {"m", ""}}}}, wanted));
}

TEST(ReplicaChecker, AStoreWithoutAnyReplicaIsNotCovered) {
  EXPECT_FALSE(ReplicaChecker::do_cover(Stores{{kv::StoreId::inbox, {{"", ""}}}}, wanted));
  EXPECT_FALSE(
      ReplicaChecker::do_cover(Stores{{kv::StoreId::dist, {}}, {kv::StoreId::inbox, {{"", ""}}}}, wanted));
}

TEST(ReplicaChecker, GapsAndOverlapsAreSeen) {
  const auto is_covered = [](ReplicaChecker::Pieces pieces) {
    return ReplicaChecker::do_cover(Stores{{kv::StoreId::dist, std::move(pieces)}}, {kv::StoreId::dist});
  };
  EXPECT_FALSE(is_covered({{"b", ""}}));
  EXPECT_FALSE(is_covered({{"", "b"}}));
  EXPECT_FALSE(is_covered({{"", "b"}, {"c", ""}}));
  EXPECT_FALSE(is_covered({{"", "c"}, {"b", ""}}));
  EXPECT_FALSE(is_covered({{"", ""}, {"", ""}}));
}

}  // namespace
}  // namespace tenon::sim
