#include "sim/checkers/agreement_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

struct AgreementCheckerTest : testing::Test {
  World world{1, false};
  AgreementChecker checker{world};
  kv::RangeId range{5, 1};

  void apply(std::uint32_t node, std::uint64_t index, std::uint32_t ordinal, std::uint64_t digest) {
    AppliedCommand command;
    command.node = node;
    command.range = range;
    command.index = index;
    command.ordinal = ordinal;
    command.digest = digest;
    checker.on_applied(command);
  }
};

TEST_F(AgreementCheckerTest, ReplicasThatAgreeAreNoFailure) {
  checker.on_leads(0, range, 2);
  checker.on_leads(0, range, 2);
  checker.on_leads(1, range, 3);
  for (std::uint32_t node = 0; node < 2; ++node) {
    apply(node, 4, 0, 11);
    apply(node, 4, 1, 12);
    checker.on_committed(node, range, {4, 2}, 99);
  }
  EXPECT_FALSE(world.has_failed());
  EXPECT_EQ(checker.committed_count(), 1u);
}

TEST_F(AgreementCheckerTest, TwoLeadersOfATermAreSeen) {
  checker.on_leads(0, range, 2);
  checker.on_leads(1, range, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(AgreementCheckerTest, AnotherEntryAtAnIndexIsSeen) {
  checker.on_committed(0, range, {4, 2}, 99);
  checker.on_committed(1, range, {4, 3}, 99);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(AgreementCheckerTest, AnotherReplyIsSeen) {
  apply(0, 4, 0, 11);
  apply(1, 4, 0, 12);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(AgreementCheckerTest, ReplicaThatGivesUpIsSeenUnlessItsStorageMayFail) {
  checker.set_storage_trouble(true);
  checker.on_replica_failed(0, range, "");
  EXPECT_FALSE(world.has_failed());
  checker.set_storage_trouble(false);
  checker.on_replica_failed(0, range, "");
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
