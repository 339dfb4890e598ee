// Whole clusters under faults, each from a seed; what must hold is in sim/checker.h.
//
//   TENON_RAFT_SEEDS=N  runs N seeds instead of those of the gate
//   TENON_RAFT_SEED=S   runs that one only

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/cluster.h"

namespace tenon::raft::sim {
namespace {

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, InvariantsHoldUnderFaults) {
  const std::uint64_t one = number("TENON_RAFT_SEED", 0);
  const std::uint64_t first = one != 0 ? one : 1;
  const std::uint64_t count = one != 0 ? 1 : number("TENON_RAFT_SEEDS", 100);
  std::uint64_t ticks = 0;
  std::uint64_t elections = 0;
  std::uint64_t commits = 0;
  std::uint64_t reads = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Cluster cluster(seed, OwnerBug::none);
    const std::string failure = cluster.run();
    EXPECT_EQ(failure, "") << "replay: TENON_RAFT_SEED=" << seed
                           << " unit_plugin_raft --gtest_filter=Simulation.*";
    ticks += cluster.ticks_done();
    elections += cluster.checker().elections();
    commits += cluster.checker().committed();
    reads += cluster.checker().reads_served();
  }
  std::printf("%lu seeds: %lu ticks, %lu elections, %lu entries committed, %lu reads served\n", count, ticks,
              elections, commits, reads);
  EXPECT_GT(commits, count * 50);
}

TEST(Simulation, SameSeedIsTheSameRun) {
  Cluster first(42, OwnerBug::none);
  Cluster second(42, OwnerBug::none);
  EXPECT_EQ(first.run(), second.run());
  EXPECT_EQ(first.fingerprint(), second.fingerprint());
}

TEST(Simulation, DiskThatSkipsItsSyncsIsFound) {
  std::string failure;
  for (std::uint64_t seed = 1; failure.empty() && seed <= 20; ++seed)
    failure = run_seed(seed, OwnerBug::fsync_skipped);
  EXPECT_NE(failure, "");
}

TEST(Simulation, AppliedIndexSavedApartFromTheStateIsFound) {
  std::string failure;
  for (std::uint64_t seed = 1; failure.empty() && seed <= 20; ++seed) {
    failure = run_seed(seed, OwnerBug::applied_index_not_in_batch);
  }
  EXPECT_NE(failure, "");
}

}  // namespace
}  // namespace tenon::raft::sim
