// What may leave a replica before its disk has answered, and what must not (paper figure 2: "updated on
// stable storage before responding to RPCs").

#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

Message request(MessageType type, std::uint32_t from, Term term, Index index, Term log_term) {
  Message message;
  message.type = type;
  message.from = NodeId{from};
  message.term = term;
  message.index = index;
  message.log_term = log_term;
  return message;
}

Message append(std::uint32_t from, Term term, Index after, Term after_term, std::initializer_list<Term> terms,
               Index commit = 0) {
  Message message = request(MessageType::append, from, term, after, after_term);
  for (const Term of : terms)
    message.entries.push_back({++after, of, EntryKind::command, Payload::copy("new")});
  message.commit = commit;
  return message;
}

TEST(Persistence, VoteLeavesOnceItIsDurable) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, request(MessageType::vote, 2, 5, 1, 1));
  EXPECT_TRUE(stage.wire().empty());
  stage.complete_write(1);
  EXPECT_EQ(stage.take(MessageType::vote_response).size(), 1u);
}

TEST(Persistence, VoteLostInACrashWasNeverGiven) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, request(MessageType::vote, 2, 5, 1, 1));
  stage.crash(1);
  EXPECT_TRUE(stage.take(MessageType::vote_response).empty());
}

TEST(Persistence, VoteIsRememberedAfterACrash) {
  Stage stage(3);
  stage.step(1, request(MessageType::vote, 2, 5, 1, 1));
  stage.drop_all();
  stage.crash(1);
  stage.restart(1);
  stage.step(1, request(MessageType::vote, 3, 5, 1, 1));
  const auto answers = stage.take(MessageType::vote_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers.front().reject);
}

TEST(Persistence, TermIsRememberedAfterACrash) {
  Stage stage(3);
  stage.step(1, request(MessageType::heartbeat, 2, 7, 0, 0));
  stage.crash(1);
  stage.restart(1);
  EXPECT_EQ(stage.group(1).term(), 7u);
}

// A candidate that stood, crashed before that was durable and stands again in the same term must not gather
// the votes of both.
TEST(Persistence, VoteRequestsLeaveOnceTheCandidacyIsDurable) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.group(1).campaign();
  stage.run(1);
  for (const std::uint32_t voter : {2u, 3u}) {
    stage.deliver_one([&](const Message& message) { return message.to == NodeId{voter}; });
  }
  stage.deliver_one([](const Message& message) { return message.type == MessageType::pre_vote_response; });
  EXPECT_EQ(stage.group(1).status().soft.role, Role::candidate);
  EXPECT_TRUE(stage.take(MessageType::vote).empty());
  stage.complete_write(1);
  EXPECT_EQ(stage.take(MessageType::vote).size(), 2u);
}

// With one more vote a candidate of three leads; its own counts once it is durable.
TEST(Persistence, CandidateCountsItsOwnVoteOnceItIsDurable) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.group(1).campaign();
  stage.run(1);
  stage.settle();
  ASSERT_EQ(stage.group(1).status().soft.role, Role::candidate);
  Message vote = request(MessageType::vote_response, 2, stage.group(1).term(), 0, 0);
  stage.step(1, vote);
  EXPECT_FALSE(stage.group(1).leading());
  stage.complete_write(1);
  EXPECT_TRUE(stage.group(1).leading());
}

TEST(Persistence, AcknowledgementLeavesOnceTheEntriesAreDurable) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5, 5}));
  EXPECT_TRUE(stage.wire().empty());
  stage.complete_write(1);
  const auto answers = stage.take(MessageType::append_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.front().index, 3u);
}

// The same append again asks for no write, but what it acknowledges is still on its way to the disk.
TEST(Persistence, RepeatedAcknowledgementWaitsForTheWriteUnderWay) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  stage.step(1, append(2, 5, 1, 1, {5}));
  EXPECT_TRUE(stage.wire().empty());
  stage.complete_write(1);
  EXPECT_EQ(stage.take(MessageType::append_response).size(), 2u);
}

// A full disk may last for days, and heartbeats come all the time.
TEST(Persistence, AnswersToHeartbeatsDoNotPileUpBehindAWriteThatDoesNotEnd) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  Message heartbeat = request(MessageType::heartbeat, 2, 5, 0, 0);
  for (heartbeat.context = 1; heartbeat.context <= 10'000; ++heartbeat.context) stage.step(1, heartbeat);
  EXPECT_LE(stage.group(1).memory_bytes(), 8192u);
  EXPECT_TRUE(stage.wire().empty());
  stage.complete_write(1);
  EXPECT_EQ(stage.take(MessageType::append_response).size(), 1u);
  const auto answers = stage.take(MessageType::heartbeat_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.front().context, 10'000u);
}

TEST(Persistence, AnswerToAHeartbeatThatCameLateDoesNotTakeTheRoundBack) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  Message heartbeat = request(MessageType::heartbeat, 2, 5, 0, 0);
  for (const std::uint64_t context : {2, 1}) {
    heartbeat.context = context;
    stage.step(1, heartbeat);
  }
  stage.complete_write(1);
  const auto answers = stage.take(MessageType::heartbeat_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.front().context, 2u);
}

// Dissertation 10.2.1: a leader may send while it writes, and counts itself when it has written.
TEST(Persistence, LeaderSendsInParallelAndCountsItselfOnceDurable) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(3);
  stage.slow_disk(1);
  const Index index = stage.propose(1, "x").last;
  stage.settle();
  EXPECT_EQ(stage.replica(2).disk().last_index(), index);
  EXPECT_LT(stage.group(1).commit(), index);
  stage.complete_write(1);
  EXPECT_EQ(stage.group(1).commit(), index);
}

// A majority can do without the leader's disk; the leader applies what it has itself.
TEST(Persistence, LeaderCommitsWithoutItsDiskButAppliesLater) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.slow_disk(1);
  const Index index = stage.propose(1, "x").last;
  stage.settle();
  EXPECT_EQ(stage.group(1).commit(), index);
  EXPECT_LT(stage.group(1).applied(), index);
  stage.quick_disk(1);
  EXPECT_EQ(stage.group(1).applied(), index);
}

TEST(Persistence, NoCandidacyWithAWriteUnderWay) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  stage.tick(1, 100);
  EXPECT_EQ(stage.group(1).status().soft.role, Role::follower);
  stage.complete_write(1);
  stage.tick(1, 1);
  EXPECT_EQ(stage.group(1).status().soft.role, Role::pre_candidate);
}

TEST(Persistence, VoteWaitsForEntriesUnderWay) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  stage.tick(1, 9);
  Message vote = request(MessageType::vote, 3, 6, 2, 5);
  vote.force = true;
  stage.step(1, vote);
  EXPECT_EQ(stage.group(1).term(), 5u);
  stage.quick_disk(1);
  EXPECT_EQ(stage.group(1).term(), 6u);
  EXPECT_EQ(stage.take(MessageType::vote_response).size(), 1u);
}

// A later leader replaces entries whose write is still under way: the earlier completion says nothing about
// the new ones.
TEST(Persistence, CompletionOfAReplacedWriteAcknowledgesNothingNew) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5, 5}));
  stage.step(1, append(3, 6, 1, 1, {6}));
  stage.complete_write(1);
  EXPECT_LT(stage.group(1).status().persisted, 2u);
  for (const Message& answer : stage.take(MessageType::append_response)) EXPECT_EQ(answer.term, 5u);
  stage.complete_write(1);
  EXPECT_EQ(stage.group(1).status().persisted, 2u);
  EXPECT_EQ(stage.take(MessageType::append_response).size(), 1u);
}

TEST(Persistence, TornWriteLeavesTheReplicaWhereItWas) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}));
  stage.step(1, append(2, 5, 2, 5, {5}));
  stage.crash(1, 1);
  stage.restart(1);
  EXPECT_EQ(stage.log_terms(1), std::vector<Term>{5});
  EXPECT_EQ(stage.group(1).term(), 5u);
  EXPECT_TRUE(stage.group(1).poisoned().empty());
}

TEST(Persistence, OnlyDurableEntriesAreApplied) {
  Stage stage(3);
  stage.slow_disk(1);
  stage.step(1, append(2, 5, 1, 1, {5}, 2));
  EXPECT_EQ(stage.group(1).commit(), 2u);
  EXPECT_TRUE(stage.applied(1).empty());
  stage.complete_write(1);
  EXPECT_EQ(stage.applied(1).size(), 1u);
}

}  // namespace
}  // namespace tenon::raft
