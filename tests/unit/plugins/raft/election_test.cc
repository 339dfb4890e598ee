#include <gtest/gtest.h>

#include "stage/stage.h"

namespace tenon::raft {
namespace {

Message vote_request(std::uint32_t from, Term term, Index index, Term log_term) {
  Message request;
  request.type = MessageType::vote;
  request.from = NodeId{from};
  request.term = term;
  request.index = index;
  request.log_term = log_term;
  return request;
}

bool is_granted(const std::vector<Message>& answers) {
  return answers.size() == 1 && !answers.front().reject;
}

TEST(Election, SingleVoterLeadsOnceItsVoteIsDurable) {
  Stage stage(1);
  stage.slow_disk(1);
  stage.group(1).campaign();
  stage.run(1);
  EXPECT_FALSE(stage.group(1).leading());
  stage.complete_write(1);
  EXPECT_TRUE(stage.group(1).leading());
}

TEST(Election, FollowersCampaignAfterTheTimeOutOnly) {
  Stage stage(3);
  stage.tick(1, 9);
  EXPECT_TRUE(stage.wire().empty());
  stage.tick(1, 10);
  EXPECT_FALSE(stage.take(MessageType::pre_vote).empty());
}

// Paper section 5.2: a candidate with the votes of a majority leads, and its first entry is in the log of
// all.
TEST(Election, MajorityElectsALeader) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  for (std::uint32_t node = 1; node <= 3; ++node) {
    EXPECT_EQ(stage.group(node).leader(), NodeId{1});
    EXPECT_EQ(stage.group(node).commit(), 2u);
  }
}

// Paper section 5.2: at most one vote in a term, first come first served.
TEST(Election, SecondCandidateOfATermIsRefused) {
  Stage stage(3);
  stage.step(1, vote_request(2, 5, 1, 1));
  EXPECT_TRUE(is_granted(stage.take(MessageType::vote_response)));
  stage.step(1, vote_request(3, 5, 1, 1));
  EXPECT_FALSE(is_granted(stage.take(MessageType::vote_response)));
  stage.step(1, vote_request(2, 5, 1, 1));
  EXPECT_TRUE(is_granted(stage.take(MessageType::vote_response)));
}

// Dissertation 3.10: a transfer speeds an election up, it does not entitle to a second vote.
TEST(Election, SecondCandidateOfATermIsRefusedThoughALeaderSentIt) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const Term term = stage.group(1).term() + 1;
  Message first = vote_request(2, term, 2, term - 1);
  Message second = vote_request(1, term, 2, term - 1);
  first.force = second.force = true;
  stage.step(3, first);
  EXPECT_TRUE(is_granted(stage.take(MessageType::vote_response)));
  stage.step(3, second);
  EXPECT_FALSE(is_granted(stage.take(MessageType::vote_response)));
}

// Paper section 5.4.1: the later term of the last entry wins, then the longer log.
TEST(Election, CandidateWithAShorterLogIsRefused) {
  const struct {
    Index index;
    Term log_term;
    bool granted;
  } cases[] = {{3, 2, false}, {2, 3, false}, {9, 2, false}, {3, 3, true}, {4, 3, true}, {2, 4, true}};
  for (const auto& candidate : cases) {
    Stage stage(3);
    stage.set_log(1, {2, 3}, 3);
    stage.step(1, vote_request(2, 9, candidate.index, candidate.log_term));
    EXPECT_EQ(is_granted(stage.take(MessageType::vote_response)), candidate.granted)
        << candidate.index << "@" << candidate.log_term;
  }
}

// Paper figure 7: of these logs, the candidate's is complete for a majority, so it wins, and makes them all
// alike.
TEST(Election, FigureSevenLogsBecomeTheLeaders) {
  Stage stage(7);
  const Term seen = 8;
  stage.set_log(1, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6}, seen);
  stage.set_log(2, {1, 1, 1, 4, 4, 5, 5, 6, 6}, seen);
  stage.set_log(3, {1, 1, 1, 4}, seen);
  stage.set_log(4, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, seen);
  stage.set_log(5, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, seen);
  stage.set_log(6, {1, 1, 1, 4, 4, 4, 4}, seen);
  stage.set_log(7, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, seen);
  ASSERT_TRUE(stage.campaign(1));
  stage.tick_all(5);
  const std::vector<Term> expected = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 9};
  for (std::uint32_t node = 1; node <= 7; ++node) EXPECT_EQ(stage.log_terms(node), expected) << node;
}

// Dissertation 9.6: who can't win does not make others change their term.
TEST(Election, PreVoteLeavesTermsAlone) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const Term term = stage.group(1).term();
  stage.isolate(3);
  stage.tick(3, 100);
  EXPECT_EQ(stage.group(3).term(), term);
  stage.heal();
  stage.tick_all(20);
  EXPECT_TRUE(stage.group(1).leading());
  EXPECT_EQ(stage.group(1).term(), term);
}

// Dissertation 4.2.3: servers that hear from a leader let nobody disturb it.
TEST(Election, VoteIsIgnoredWhileALeaderIsHeard) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  const Term term = stage.group(1).term();
  stage.step(2, vote_request(3, term + 5, 99, term + 4));
  EXPECT_EQ(stage.group(2).term(), term);
  EXPECT_TRUE(stage.wire().empty());
}

// Dissertation 6.2: a leader that reaches no majority makes way.
TEST(Election, LeaderWithoutAMajorityStepsDown) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(1);
  stage.tick(1, 20);
  EXPECT_FALSE(stage.group(1).leading());
}

TEST(Election, LeaderWithAMajorityStays) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  stage.isolate(3);
  stage.tick_all(100);
  EXPECT_TRUE(stage.group(1).leading());
}

TEST(Election, LearnersDoNotCampaign) {
  Stage stage(1);
  ASSERT_TRUE(stage.campaign(1));
  const std::uint32_t learner = stage.add_learner(1);
  stage.isolate(1);
  stage.tick(learner, 100);
  EXPECT_EQ(stage.group(learner).status().soft.role, Role::follower);
}

// A learner counts in no election: two of three voters are needed, not three of five members.
TEST(Election, LearnersCountInNoElection) {
  Stage stage(3);
  ASSERT_TRUE(stage.campaign(1));
  ASSERT_EQ(stage.change(1, {1, 2, 3}, {stage.add_empty(), stage.add_empty()}).status,
            ProposeStatus::accepted);
  stage.tick_all(3);
  stage.crash(1);
  stage.isolate(4);
  stage.isolate(5);
  stage.tick(3, 10);
  stage.tick(2, 10);
  EXPECT_TRUE(stage.campaign(2));
}

}  // namespace
}  // namespace tenon::raft
