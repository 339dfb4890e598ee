#include "sim/checkers/log_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

// Three nodes with one group, whose logs the test writes.
struct LogCheckerTest : testing::Test {
  World world{1, false};
  std::vector<kv::NodeId> nodes = {kv::NodeId{11}, kv::NodeId{12}, kv::NodeId{13}};
  LogChecker checker{world, nodes, {}};
  kv::RangeId range{5, 1};

  LogCheckerTest() {
    for (std::uint32_t node = 0; node < 3; ++node) be_born(node);
  }

  void be_born(std::uint32_t node) {
    const std::uint64_t voters[] = {11, 12, 13};
    tenon_membership membership{};
    membership.voters = voters;
    membership.voter_count = 3;
    checker.on_birth(node);
    checker.on_joined(node, range, {}, membership);
  }
  // Entries of one term each, from `first` on; durable at once or not.
  void write(std::uint32_t node, std::uint64_t first, const std::vector<std::uint64_t>& terms,
             bool is_durable = true, std::string_view data = "x") {
    std::vector<tenon_log_entry> entries;
    for (const std::uint64_t term : terms)
      entries.push_back({{first + entries.size(), term}, 0, 0, as_abi(data)});
    tenon_log_write one{};
    one.group = {range.number, range.incarnation};
    one.entries = entries.data();
    one.entry_count = static_cast<std::uint32_t>(entries.size());
    checker.on_log_write(node, {&one, 1});
    if (is_durable) checker.on_log_durable(node, {&one, 1});
  }
  void commit(std::uint32_t node, std::uint64_t index, std::uint32_t role = TENON_ROLE_LEADER) {
    tenon_group_status status{};
    status.role.role = role;
    status.committed = index;
    checker.on_status(node, range, status);
  }
  static tenon_bytes as_abi(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }
};

TEST_F(LogCheckerTest, WhatAMajorityHasMayBeCommitted) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2});
  commit(0, 2);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(LogCheckerTest, WhatIsDurableOnOneNodeOnlyIsNotCommitted) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2, 2}, false);
  commit(0, 3);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, WhatWasCommittedIsNotLookedForInLogsThatWereGivenUp) {
  for (std::uint32_t node = 0; node < 3; ++node) write(node, 1, {1, 2});
  commit(0, 2);
  tenon_log_write gone{};
  gone.group = {range.number, range.incarnation};
  gone.flags = TENON_LOG_REMOVE;
  for (std::uint32_t node = 1; node < 3; ++node) checker.on_log_durable(node, {&gone, 1});
  be_born(0);
  write(0, 1, {1, 2});
  commit(0, 2, TENON_ROLE_FOLLOWER);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(LogCheckerTest, WhatADamagedLogHadAcknowledgedMayBeCommitted) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2, 2});
  be_born(1);
  checker.on_replica_failed(1, range, "a record is damaged");
  commit(0, 3);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(LogCheckerTest, AnotherEntryOfTheSameIndexAndTermIsSeen) {
  write(0, 1, {1, 2});
  write(1, 1, {1});
  write(1, 2, {2}, true, "y");
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, TheSameEntryBehindAnotherOneIsSeen) {
  write(0, 1, {1, 2, 4});
  write(1, 1, {1, 3, 4});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, AFollowerMayLoseWhatWasNotCommitted) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 3});
  write(0, 2, {3});
  EXPECT_FALSE(world.has_failed());
}

TEST_F(LogCheckerTest, WhatWasCommittedIsNotCutOff) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2, 2});
  commit(0, 3);
  write(1, 2, {2});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, ALeaderWithoutACommittedEntryIsSeen) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2, 2});
  write(2, 1, {1, 2});
  commit(0, 3);
  checker.on_leads(1, range, 3);
  EXPECT_FALSE(world.has_failed());
  checker.on_leads(2, range, 4);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, AnEntryIsNotAppliedBeforeItIsDurableThere) {
  write(0, 1, {1, 2});
  write(1, 1, {1, 2}, false);
  checker.on_committed(0, range, {2, 2}, 0);
  EXPECT_FALSE(world.has_failed());
  checker.on_committed(1, range, {2, 2}, 0);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, WhatIsCommittedDoesNotGoBackInOneLife) {
  write(0, 1, {1, 2, 2});
  write(1, 1, {1, 2, 2});
  commit(0, 3);
  be_born(0);
  write(0, 1, {1, 2, 2});
  commit(0, 2);
  EXPECT_FALSE(world.has_failed());
  commit(0, 3);
  commit(0, 2);
  EXPECT_TRUE(world.has_failed());
}

// Entries of type 1 change who decides, to the nodes whose ids are their bytes.
struct ChangingLogTest : LogCheckerTest {
  LogChecker changing{world, nodes, [](const tenon_log_entry& entry) -> std::optional<Deciders> {
                        if (entry.type != 1) return std::nullopt;
                        return Deciders{{entry.data.data, entry.data.data + entry.data.len}, {}};
                      }};

  ChangingLogTest() {
    const std::uint64_t voters[] = {11, 12, 13};
    tenon_membership membership{};
    membership.voters = voters;
    membership.voter_count = 3;
    for (std::uint32_t node = 0; node < 3; ++node) changing.on_joined(node, range, {}, membership);
  }
  void append(std::uint32_t node, std::uint64_t index, std::string_view deciders = {}) {
    const tenon_log_entry entry{{index, 2}, deciders.empty() ? 0u : 1u, 0, as_abi(deciders)};
    tenon_log_write one{};
    one.group = {range.number, range.incarnation};
    one.entries = &entry;
    one.entry_count = 1;
    changing.on_log_write(node, {&one, 1});
    changing.on_log_durable(node, {&one, 1});
  }
  void say_committed(std::uint32_t node, std::uint64_t index) {
    tenon_group_status status{};
    status.role.role = TENON_ROLE_LEADER;
    status.committed = index;
    changing.on_status(node, range, status);
  }
};

TEST_F(ChangingLogTest, WhatWasCommittedBeforeAChangeOfTheSameTurnNeedsTheOldDecidersOnly) {
  append(0, 1);
  append(1, 1);
  append(0, 2, "\x0b\x0d");
  say_committed(0, 1);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(ChangingLogTest, WhatIsCommittedBehindAChangeNeedsTheNewDeciders) {
  append(0, 1);
  append(1, 1);
  append(0, 2, "\x0b\x0d");
  say_committed(0, 1);
  append(1, 2, "\x0b\x0d");
  say_committed(0, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(LogCheckerTest, AReadBehindWhatWasAppliedElsewhereIsSeen) {
  write(0, 1, {1, 2});
  write(1, 1, {1, 2});
  checker.on_read_asked(1, range, 7);
  checker.on_committed(0, range, {2, 2}, 0);
  checker.on_read_ready(1, range, 7, 1);
  EXPECT_FALSE(world.has_failed());
  checker.on_read_asked(1, range, 8);
  checker.on_read_ready(1, range, 8, 1);
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
