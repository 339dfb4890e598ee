#include "sim/checkers/recovery_checker.h"

#include <gtest/gtest.h>

#include "base/wire.h"
#include "service/inbox/inbox_commands.h"

namespace tenon::sim {
namespace {

namespace inbox = service::inbox;

// Three nodes with one group, of which node 2 is what is left: its log ends at entry 2.
struct RecoveryCheckerTest : testing::Test {
  World world{1, false};
  const std::vector<kv::NodeId> nodes = {kv::NodeId{11}, kv::NodeId{12}, kv::NodeId{13}};
  LogChecker logs{world, nodes, {}};
  RecoveryChecker checker{world, logs};
  const kv::RangeId former{5, 1};
  const kv::RangeId next{5, 2};

  RecoveryCheckerTest() {
    const std::uint64_t voters[] = {11, 12, 13};
    tenon_membership membership{};
    membership.voters = voters;
    membership.voter_count = 3;
    for (std::uint32_t node = 0; node < 3; ++node) logs.on_joined(node, former, {}, membership);
    write(0, 3);
    write(1, 3);
    write(2, 2);
    tenon_group_status status{};
    status.role.role = TENON_ROLE_LEADER;
    status.committed = 3;
    logs.on_status(0, former, status);
    for (std::uint64_t index = 1; index <= 3; ++index) apply(index);
  }
  void write(std::uint32_t node, std::uint64_t count) {
    for (std::uint64_t index = 1; index <= count; ++index) {
      const tenon_log_entry entry{{index, 1}, 0, 0, {}};
      tenon_log_write write{};
      write.group = {former.number, former.incarnation};
      write.entries = &entry;
      write.entry_count = 1;
      logs.on_log_write(node, {&write, 1});
      logs.on_log_durable(node, {&write, 1});
    }
  }
  // Message N of source 1 comes with entry N.
  void apply(std::uint64_t index) {
    const std::string text = command_of(index);
    AppliedCommand applied;
    applied.range = former;
    applied.index = index;
    applied.text = text;
    checker.on_applied(applied);
  }
  void give_up(std::uint64_t index, std::uint64_t last = 3) {
    kv::EntryBuilder entry;
    const std::string text = command_of(index);
    entry.add({.text = text});
    store::GivenUp given_up;
    given_up.range = former;
    given_up.descriptor.store = kv::StoreId::inbox;
    given_up.last = {last, 1};
    given_up.until = 3;
    given_up.entries.push_back({{index, 1}, entry.take(1)});
    checker.on_given_up(0, given_up);
  }
  static std::string command_of(std::uint64_t index) {
    std::string payload;
    WireWriter out(payload);
    out.u64(1);
    out.u64(index);
    inbox::Append op;
    op.message.view.topic = "t";
    op.message.view.payload = as_bytes(payload);
    op.message.view.qos = mqtt::QoS::at_least_once;
    op.targets.push_back({{{}, "ledger-0"}, 7, mqtt::QoS::at_least_once, false, {}});
    inbox::CommandBuilder command;
    command.add(op);
    return command.take();
  }
  void recover(const std::string& report) {
    checker.on_concluded(2, former, {2, 1});
    checker.on_recovery_report(2, next, "the range goes on at node 13" + report);
  }
};

TEST_F(RecoveryCheckerTest, WhatOnlyLostMembersHadMayBeLost) {
  recover(" from index 2 of term 1; known to be committed: up to 2; lost for certain: 0 entries");
  for (std::uint64_t number = 1; number <= 3; ++number) checker.on_acknowledged(0, {1, number});
  give_up(3);
  checker.on_found(0, {{1, 1}, {1, 2}});
  EXPECT_FALSE(world.has_failed());
  EXPECT_EQ(checker.recovery_count(), 1u);
  EXPECT_EQ(checker.lost_count(), 1u);
}

TEST_F(RecoveryCheckerTest, WhatIsLostAndStandsInNoReportIsSeen) {
  recover(" from index 2 of term 1; known to be committed: up to 2; lost for certain: 0 entries");
  checker.on_acknowledged(0, {1, 3});
  give_up(2);
  checker.on_found(0, {{1, 1}, {1, 2}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, AReportThatEndsBeforeTheLogIsSeen) {
  give_up(3);
  EXPECT_FALSE(world.has_failed());
  give_up(3, 4);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, WhatTheSurvivorHadMayNotBeLost) {
  recover(" from index 2 of term 1; known to be committed: up to 2; lost for certain: 0 entries");
  checker.on_acknowledged(0, {1, 2});
  checker.on_found(0, {{1, 1}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, WithoutARecoveryNothingMayBeLost) {
  checker.on_acknowledged(0, {1, 3});
  checker.on_found(0, {{1, 1}, {1, 2}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, AMessageThatIsThereTwiceIsSeen) {
  checker.on_found(0, {{1, 1}, {1, 1}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, AReportThatCallsCommittedWhatWasNotIsSeen) {
  recover(" from index 2 of term 1; known to be committed: up to 4; lost for certain: 2 entries");
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, AReportThatIsSilentAboutALossIsSeen) {
  recover(" from index 2 of term 1; known to be committed: up to 3; lost for certain: 0 entries");
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, AReportOfARangeWhoseFormerGroupWasNotEndedIsSeen) {
  checker.on_recovery_report(2, next, "the range goes on at node 13 from index 2 of term 1");
  EXPECT_TRUE(world.has_failed());
}

constexpr auto* silent =
    " from index 2 of term 1; known to be committed: up to 2; lost for certain: 0 entries; the others are "
    "only "
    "silent";

TEST_F(RecoveryCheckerTest, BehindSilenceWhatTheFormerOneTookMayNotBeLost) {
  recover(silent);
  checker.on_acknowledged(0, {1, 3});
  give_up(3);
  checker.on_found(0, {{1, 1}, {1, 2}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RecoveryCheckerTest, BehindSilenceWhatOnlyAProvisionalOneTookMayBeLostAndStandsInAReport) {
  for (const bool is_written_down : {true, false}) {
    RecoveryChecker one{world, logs};
    one.on_concluded(2, former, {2, 1});
    one.on_recovery_report(2, next, std::string("the range goes on at node 13") + silent);
    const std::string text = command_of(4);
    AppliedCommand applied;
    applied.range = next;
    applied.index = 3;
    applied.text = text;
    one.on_applied(applied);
    one.on_acknowledged(0, {1, 4});
    if (is_written_down) {
      kv::EntryBuilder entry;
      entry.add({.text = text});
      store::GivenUp given_up;
      given_up.range = next;
      given_up.descriptor.store = kv::StoreId::inbox;
      given_up.last = {3, 2};
      given_up.until = 3;
      given_up.entries.push_back({{3, 2}, entry.take(1)});
      one.on_given_up(2, given_up);
    }
    one.on_found(0, {{1, 1}});
    one.check_incarnations({});
    EXPECT_EQ(world.has_failed(), !is_written_down);
    EXPECT_EQ(one.lost_count(), is_written_down ? 1u : 0u);
  }
}

TEST_F(RecoveryCheckerTest, BehindSilenceAMessageMayBeThereTwiceAndInNoOtherOrder) {
  recover(silent);
  checker.on_found(0, {{1, 1}, {1, 2}, {1, 1}, {1, 2}, {1, 3}});
  EXPECT_FALSE(world.has_failed());
  checker.on_found(1, {{1, 2}, {1, 1}});
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
