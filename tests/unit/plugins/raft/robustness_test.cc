// Poison: what can't be true takes one group out of the game, not the process.

#include <gtest/gtest.h>

#include "algorithm/parts/random.h"
#include "stage/stage.h"

namespace tenon::raft {
namespace {

Message from_leader(MessageType type, std::uint32_t from, Term term) {
  Message message;
  message.type = type;
  message.from = NodeId{from};
  message.term = term;
  return message;
}

TEST(Robustness, SecondLeaderInATermPoisons) {
  Stage stage(3);
  stage.step(1, from_leader(MessageType::heartbeat, 2, 5));
  stage.step(1, from_leader(MessageType::heartbeat, 3, 5));
  EXPECT_EQ(stage.group(1).poisoned(), "two replicas lead in one term");
}

TEST(Robustness, ConflictWithACommittedEntryPoisons) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  Message append = from_leader(MessageType::append, 3, 9);
  append.index = 1;
  append.log_term = 1;
  append.entries.push_back({2, 9, EntryKind::command, {}});
  stage.step(2, append);
  EXPECT_NE(stage.group(2).poisoned(), "");
}

TEST(Robustness, PoisonedGroupIgnoresEverything) {
  Stage stage(3);
  stage.group(1).persisted(99);
  ASSERT_NE(stage.group(1).poisoned(), "");
  stage.tick(1, 100);
  stage.group(1).campaign();
  stage.group(1).read_index(1);
  EXPECT_EQ(stage.propose(1, "x").status, ProposeStatus::poisoned);
  EXPECT_EQ(stage.group(1).transfer_leader(NodeId{2}), TransferStatus::poisoned);
  Message heartbeat = from_leader(MessageType::heartbeat, 2, 5);
  heartbeat.to = NodeId{1};
  EXPECT_EQ(stage.group(1).step(heartbeat), StepStatus::poisoned);
  EXPECT_FALSE(stage.group(1).has_ready());
  EXPECT_TRUE(stage.group(1).ready().empty());
}

TEST(Robustness, LogShorterThanItsCommitPoisons) {
  sim::DiskLog log(sim::founding({NodeId{1}}), HardState{1, NodeId::none, 5, 0}, {});
  Options options;
  options.self = NodeId{1};
  const Group group(options, {log.hard_state(), 1}, log);
  EXPECT_NE(group.poisoned(), "");
}

TEST(Robustness, AHeartbeatOfBeforeItWasEmptiedIsNothingToAReplicaWithoutAState) {
  sim::DiskLog log({}, {}, {});
  Options options;
  options.self = NodeId{1};
  Group group(options, {{}, 0, true}, log);
  Message heartbeat = from_leader(MessageType::heartbeat, 2, 5);
  heartbeat.to = NodeId{1};
  heartbeat.commit = 7;
  EXPECT_EQ(group.step(heartbeat), StepStatus::taken);
  EXPECT_EQ(group.poisoned(), "");
}

TEST(Robustness, LostTermPoisons) {
  sim::DiskLog log(sim::founding({NodeId{1}}), HardState{1, NodeId::none, 1, 0},
                   {{2, 3, EntryKind::command, {}}});
  Options options;
  options.self = NodeId{1};
  const Group group(options, {log.hard_state(), 1}, log);
  EXPECT_NE(group.poisoned(), "");
}

TEST(Robustness, AFollowerWaitsForEntriesThatCanNotBeReadJustNowAndOthersDoNot) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(3);
  for (const char* text : {"a", "b", "c"}) stage.propose(1, text);
  stage.tick_all();
  stage.heal();
  stage.replica(1).disk().set_busy(true);
  stage.tick_all(3);
  const Index index = stage.propose(1, "d").last;
  stage.tick_all(3);
  EXPECT_EQ(stage.group(1).poisoned(), "");
  EXPECT_TRUE(stage.group(1).leading());
  EXPECT_EQ(stage.group(1).commit(), index);
  EXPECT_LT(stage.replica(3).disk().last_index(), index);
  stage.replica(1).disk().set_busy(false);
  stage.tick_all(6);
  EXPECT_EQ(stage.replica(3).disk().last_index(), index);
}

TEST(Robustness, WhatCanNotBeReadJustNowIsAppliedAfterATick) {
  Stage stage(3);
  stage.set_log(1, {5, 5}, 5);
  stage.replica(1).disk().set_busy(true);
  Message heartbeat = from_leader(MessageType::heartbeat, 2, 5);
  heartbeat.commit = 3;
  stage.step(1, heartbeat);
  EXPECT_EQ(stage.group(1).commit(), 3u);
  EXPECT_EQ(stage.group(1).poisoned(), "");
  EXPECT_FALSE(stage.group(1).has_ready());
  stage.replica(1).disk().set_busy(false);
  stage.tick(1);
  EXPECT_EQ(stage.applied(1).size(), 2u);
}

TEST(Robustness, OptionsThatMakeNoSensePoison) {
  sim::DiskLog log(sim::founding({NodeId{1}}), HardState{1, NodeId::none, 1, 0}, {});
  const Group group(Options{}, {log.hard_state(), 1}, log);
  EXPECT_EQ(group.poisoned(), "a replica needs a node id");
}

TEST(Robustness, MisdirectedMessagesAreRefused) {
  Stage stage(3);
  Message message = from_leader(MessageType::heartbeat, 2, 5);
  message.to = NodeId{2};
  EXPECT_EQ(stage.group(1).step(message), StepStatus::misdirected);
  message.to = NodeId{1};
  message.from = NodeId{1};
  EXPECT_EQ(stage.group(1).step(message), StepStatus::misdirected);
}

TEST(Robustness, AppendWithAGapIsDropped) {
  Stage stage(3);
  Message append = from_leader(MessageType::append, 2, 5);
  append.index = 1;
  append.log_term = 1;
  append.entries.push_back({3, 5, EntryKind::command, {}});
  stage.step(1, append);
  EXPECT_TRUE(stage.log_terms(1).empty());
  EXPECT_TRUE(stage.wire().empty());
  EXPECT_EQ(stage.group(1).poisoned(), "");
}

// Whatever numbers a peer sends, the group takes it, refuses it or is poisoned; nothing else happens.
TEST(Robustness, AnyMessageIsSurvived) {
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    Stage stage(3);
    if (round % 2 == 0) stage.campaign(1);
    for (int i = 0; i < 5; ++i) {
      Message message;
      message.type = static_cast<MessageType>(1 + random.below(12));
      message.from = NodeId{2 + random.below(2)};
      message.term = random.below(5);
      message.index = random.below(5);
      message.log_term = random.below(4);
      message.commit = random.below(6);
      message.hint = random.below(6);
      message.context = random.below(4);
      message.reject = random.below(2) == 0;
      message.force = random.below(2) == 0;
      message.quiesce = random.below(4) == 0;
      for (std::uint64_t entry = random.below(3); entry > 0; --entry) {
        message.entries.push_back(
            {message.index + message.entries.size() + 1, message.term, EntryKind::command, {}});
      }
      message.snapshot = {random.below(9), random.below(4), stage.group(1).configuration()};
      stage.step(1, message);
    }
    stage.settle();
  }
}

}  // namespace
}  // namespace tenon::raft
