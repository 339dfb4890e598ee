#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

Message append(std::uint32_t from, Term term, Index after, Term after_term, std::initializer_list<Term> terms,
               Index commit = 0) {
  Message message;
  message.type = MessageType::append;
  message.from = NodeId{from};
  message.term = term;
  message.index = after;
  message.log_term = after_term;
  for (const Term of : terms)
    message.entries.push_back({++after, of, EntryKind::command, Payload::copy("new")});
  message.commit = commit;
  return message;
}

Message only(std::vector<Message> messages) {
  EXPECT_EQ(messages.size(), 1u);
  return messages.empty() ? Message{} : messages.front();
}

TEST(Replication, ProposalIsAppliedEverywhere) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.propose(1, "x");
  stage.settle();
  for (std::uint32_t node = 1; node <= 3; ++node) {
    ASSERT_FALSE(stage.applied(node).empty());
    EXPECT_EQ(stage.applied(node).back().payload.view(), "x");
  }
}

TEST(Replication, ABatchIsAppendedWholeAndInOrder) {
  Stage stage(1);
  ASSERT_TRUE(stage.campaign(1));
  const std::vector<Payload> batch = {Payload::copy("a"), Payload::copy("b"), Payload::copy("c")};
  const ProposeResult result = stage.group(1).propose(batch);
  stage.run(1);
  EXPECT_EQ(result.last - result.first, 2u);
  EXPECT_EQ(stage.applied(1).back().payload.view(), "c");
}

TEST(Replication, FollowerRefusesProposalsAndNamesTheLeader) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const ProposeResult result = stage.propose(2, "x");
  EXPECT_EQ(result.status, ProposeStatus::not_leader);
  EXPECT_EQ(result.leader, NodeId{1});
}

// Paper section 5.3: entries are taken only where the one before them agrees.
TEST(Replication, AppendThatDoesNotMatchIsRefused) {
  Stage stage(3);
  stage.set_log(1, {2, 2}, 2);
  stage.step(1, append(2, 5, 3, 4, {5}));
  const Message answer = only(stage.take(MessageType::append_response));
  EXPECT_TRUE(answer.reject);
  EXPECT_EQ(stage.log_terms(1), (std::vector<Term>{2, 2}));
}

// Paper section 5.3: a follower steps back over a whole term, not one entry at a time.
TEST(Replication, RefusalSkipsTermsThatCantAgree) {
  Stage stage(3);
  stage.set_log(1, {2, 4, 4, 4, 4}, 4);
  stage.step(1, append(2, 5, 6, 3, {5}));
  const Message answer = only(stage.take(MessageType::append_response));
  EXPECT_EQ(answer.hint, 2u);
  EXPECT_EQ(answer.log_term, 2u);
}

TEST(Replication, EntriesThatConflictAreReplaced) {
  Stage stage(3);
  stage.set_log(1, {2, 3, 3}, 3);
  stage.step(1, append(2, 5, 2, 2, {4}));
  EXPECT_EQ(stage.log_terms(1), (std::vector<Term>{2, 4}));
}

// Paper section 5.3: an append that came late must not undo a later one.
TEST(Replication, LateAppendTakesNothingAway) {
  Stage stage(3);
  stage.step(1, append(2, 5, 1, 1, {5, 5, 5}));
  stage.step(1, append(2, 5, 1, 1, {5}));
  EXPECT_EQ(stage.log_terms(1).size(), 3u);
}

// A tail left by an earlier leader was not checked by this append and must not be acknowledged.
TEST(Replication, StaleTailIsNotAcknowledged) {
  Stage stage(3);
  stage.set_log(1, {2, 2, 2}, 2);
  stage.step(1, append(2, 5, 2, 2, {}));
  EXPECT_EQ(only(stage.take(MessageType::append_response)).index, 2u);
}

// Paper figure 2: commit goes to min(leader's commit, index of last *new* entry).
TEST(Replication, StaleTailIsNotCommitted) {
  Stage stage(3);
  stage.set_log(1, {2, 2, 2}, 2);
  stage.step(1, append(2, 5, 2, 2, {}, 4));
  EXPECT_EQ(stage.group(1).commit(), 2u);
}

// What a heartbeat lets a follower commit is bounded by what that follower acknowledged.
TEST(Replication, HeartbeatCommitsNoFurtherThanTheMatch) {
  Stage stage(3);
  stage.set_log(3, {2, 2}, 2);
  ASSERT_TRUE(stage.campaign(3));
  stage.cut(3, 2);
  stage.propose(3, "x");
  stage.settle();
  stage.heal();
  stage.tick(3);
  for (const Message& heartbeat : stage.take(MessageType::heartbeat)) {
    if (heartbeat.to != NodeId{2}) continue;
    EXPECT_LT(heartbeat.commit, stage.group(3).commit());
  }
}

TEST(Replication, AppendOfAnEarlierTermIsAnsweredWithTheTerm) {
  Stage stage(3);
  stage.step(1, append(2, 5, 1, 1, {}));
  stage.drop_all();
  stage.step(1, append(3, 4, 1, 1, {4}));
  EXPECT_EQ(only(stage.take(MessageType::append_response)).term, 5u);
  EXPECT_TRUE(stage.log_terms(1).empty());
}

// Paper section 5.4.2, figure 8: an entry of an earlier term on a majority is not committed by that; (c) to
// (d) may still replace it.
TEST(Replication, FigureEightOldTermIsNotCommittedByCounting) {
  Stage stage(5);
  stage.set_log(1, {2}, 3);
  stage.set_log(2, {2}, 3);
  stage.set_log(5, {3}, 3);
  // (c): S1 leads again and brings its entry of term 2 to S3, but nothing of its own term anywhere.
  stage.isolate(5);
  stage.group(1).campaign();
  stage.run(1);
  while (!stage.group(1).leading()) {
    ASSERT_TRUE(stage.deliver_one([](const Message&) { return true; }));
  }
  stage.slow_disk(1);
  const Term term = stage.group(1).term();
  stage.drop_all();
  for (const std::uint32_t follower : {2u, 3u}) {
    Message answer;
    answer.type = MessageType::append_response;
    answer.from = NodeId{follower};
    answer.term = term;
    answer.index = 2;
    stage.step(1, answer);
  }
  EXPECT_EQ(stage.group(1).commit(), 1u);
  // Its own entry carries the others with it.
  for (const std::uint32_t follower : {2u, 3u}) {
    Message answer;
    answer.type = MessageType::append_response;
    answer.from = NodeId{follower};
    answer.term = term;
    answer.index = 3;
    stage.step(1, answer);
  }
  stage.quick_disk(1);
  EXPECT_EQ(stage.group(1).commit(), 3u);
}

TEST(Replication, LearnersCountInNoCommit) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t learner = stage.add_learner(1);
  stage.add_learner(1);
  stage.isolate(2);
  stage.isolate(3);
  const Index index = stage.propose(1, "x").last;
  stage.settle();
  EXPECT_EQ(stage.replica(learner).disk().last_index(), index);
  EXPECT_LT(stage.group(1).commit(), index);
}

// ---- Flow control

TEST(Replication, ProbeSendsOneAppendAtATime) {
  Stage stage(2);
  ASSERT_TRUE(stage.campaign(1));
  stage.group(1).unreachable(NodeId{2});
  for (int i = 0; i < 5; ++i) stage.propose(1, "x");
  EXPECT_EQ(stage.take(MessageType::append).size(), 1u);
}

TEST(Replication, InflightAppendsAreLimited) {
  Options options = Stage::quick();
  options.inflight_count_max = 3;
  Stage stage(2, options);
  ASSERT_TRUE(stage.campaign(1));
  for (int i = 0; i < 10; ++i) stage.propose(1, "x");
  EXPECT_EQ(stage.wire().size(), 3u);
  stage.settle();
  EXPECT_EQ(stage.group(2).commit(), stage.group(1).last_index());
}

TEST(Replication, AppendsAreCutBySize) {
  Options options = Stage::quick();
  options.message_bytes_max = 3 * (entry_overhead_bytes + 10);
  Stage stage(2, options);
  ASSERT_TRUE(stage.campaign(1));
  const std::vector<Payload> batch(10, Payload::copy("0123456789"));
  stage.group(1).propose(batch);
  stage.run(1);
  for (const Message& message : stage.wire()) EXPECT_LE(message.entries.size(), 3u);
  EXPECT_EQ(stage.wire().size(), 4u);
}

TEST(Replication, EntryBeyondTheLimitTravelsAlone) {
  Options options = Stage::quick();
  options.message_bytes_max = 10;
  Stage stage(2, options);
  ASSERT_TRUE(stage.campaign(1));
  stage.propose(1, std::string(1000, 'x'));
  stage.settle();
  EXPECT_EQ(stage.group(2).applied(), stage.group(1).last_index());
}

TEST(Replication, LostAppendIsFoundByTheNextHeartbeat) {
  Stage stage(2);
  ASSERT_TRUE(stage.campaign(1));
  stage.propose(1, "x");
  stage.drop_all();
  stage.tick_all(2);
  EXPECT_EQ(stage.group(2).applied(), stage.group(1).last_index());
}

TEST(Replication, UncommittedBytesAreLimited) {
  Options options = Stage::quick();
  options.uncommitted_bytes_max = 100;
  Stage stage(3, options);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(1);
  EXPECT_EQ(stage.propose(1, std::string(500, 'x')).status, ProposeStatus::accepted);
  EXPECT_EQ(stage.propose(1, "x").status, ProposeStatus::overloaded);
  stage.heal();
  stage.tick_all(2);
  EXPECT_EQ(stage.propose(1, "x").status, ProposeStatus::accepted);
}

TEST(Replication, CommittedEntriesAreHandedOutOnceAndInOrder) {
  Options options = Stage::quick();
  options.committed_bytes_max = 60;
  Stage stage(1, options);
  ASSERT_TRUE(stage.campaign(1));
  const std::vector<Payload> batch(100, Payload::copy("0123456789"));
  stage.group(1).propose(batch);
  stage.run(1);
  Index expected = 2;
  for (const Entry& entry : stage.applied(1)) EXPECT_EQ(entry.index, expected++);
  EXPECT_EQ(stage.applied(1).size(), 101u);
}

}  // namespace
}  // namespace tenon::raft
