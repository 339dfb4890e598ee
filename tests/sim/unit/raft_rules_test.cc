#include "sim/checkers/raft_rules.h"

#include <gtest/gtest.h>

#include "wire/hard_state_codec.h"
#include "wire/message_codec.h"

namespace tenon::sim {
namespace {

tenon_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Three nodes with one group: what they write and say is told to the logs first.
struct RaftRulesTest : testing::Test {
  World world{1, false};
  const std::vector<kv::NodeId> nodes = {kv::NodeId{11}, kv::NodeId{12}, kv::NodeId{13}};
  LogChecker logs{world, nodes, &RaftRules::read_deciders};
  RaftRules rules{world, logs, nodes};
  const kv::RangeId range{5, 1};

  RaftRulesTest() {
    const std::uint64_t voters[] = {11, 12, 13};
    tenon_membership membership{};
    membership.voters = voters;
    membership.voter_count = 3;
    for (std::uint32_t node = 0; node < 3; ++node) logs.on_joined(node, range, {}, membership);
  }

  void keep(std::uint32_t node, std::uint64_t term, std::uint64_t vote) {
    raft::HardStateRecord record;
    record.hard.term = term;
    record.hard.vote = raft::NodeId{vote};
    const std::string text = raft::encode_hard_state(record);
    tenon_log_write write{};
    write.group = {range.number, range.incarnation};
    write.flags = TENON_LOG_SET_HARD_STATE;
    write.hard_state = bytes_of(text);
    rules.on_log_durable(node, {&write, 1});
  }
  void write(std::uint32_t node, std::uint64_t index, std::uint64_t term, bool is_durable) {
    const tenon_log_entry entry{{index, term}, 0, 0, {}};
    tenon_log_write write{};
    write.group = {range.number, range.incarnation};
    write.entries = &entry;
    write.entry_count = 1;
    logs.on_log_write(node, {&write, 1});
    if (is_durable) logs.on_log_durable(node, {&write, 1});
  }
  void say(std::uint32_t node, std::uint64_t to, raft::Message message) {
    std::string text;
    raft::encode_message(message, &text);
    rules.on_sent(node, {to, {range.number, range.incarnation}, bytes_of(text)});
  }
  void ask_for_votes(std::uint32_t node, std::uint64_t term, std::uint64_t index, std::uint64_t log_term) {
    raft::Message message;
    message.type = raft::MessageType::vote;
    message.term = term;
    message.index = index;
    message.log_term = log_term;
    say(node, node == 0 ? 12 : 11, message);
  }
  void answer(std::uint32_t node, std::uint64_t to, raft::MessageType type, std::uint64_t term,
              std::uint64_t index = 0) {
    raft::Message message;
    message.type = type;
    message.term = term;
    message.index = index;
    say(node, to, message);
  }
  // Node 0 leads in term 2 with an entry of its own.
  void elect() {
    keep(0, 2, 11);
    ask_for_votes(0, 2, 0, 0);
    keep(1, 2, 11);
    answer(1, 11, raft::MessageType::vote_response, 2);
    rules.on_leads(0, range, 2);
    write(0, 1, 2, true);
  }
};

TEST_F(RaftRulesTest, AnElectionByTheRulesIsNoFailure) {
  elect();
  write(1, 1, 2, true);
  answer(1, 11, raft::MessageType::append_response, 2, 1);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(RaftRulesTest, AVoteBeforeItIsDurableIsSeen) {
  answer(1, 11, raft::MessageType::vote_response, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AVoteThatIsTooLateForItsTermMayBeGivenWithALaterTermOnTheDisk) {
  keep(1, 3, 0);
  answer(1, 11, raft::MessageType::vote_response, 2);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(RaftRulesTest, TwoVotesInATermAreSeen) {
  keep(1, 2, 11);
  answer(1, 11, raft::MessageType::vote_response, 2);
  keep(1, 2, 13);
  answer(1, 13, raft::MessageType::vote_response, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AVoteForALogThatIsBehindIsSeen) {
  write(1, 1, 1, true);
  keep(0, 2, 11);
  ask_for_votes(0, 2, 0, 0);
  keep(1, 2, 11);
  answer(1, 11, raft::MessageType::vote_response, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, ALeaderWithoutAMajorityIsSeen) {
  keep(0, 2, 11);
  rules.on_leads(0, range, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AnAcknowledgementOfWhatIsNotDurableIsSeen) {
  elect();
  write(1, 1, 2, false);
  answer(1, 11, raft::MessageType::append_response, 2, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AnAcknowledgementOfSomethingElseThanTheLeaderHasIsSeen) {
  elect();
  write(1, 1, 1, true);
  answer(1, 11, raft::MessageType::append_response, 2, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AnAcknowledgementToANodeThatDoesNotLeadIsSeen) {
  elect();
  write(1, 1, 2, true);
  answer(1, 13, raft::MessageType::append_response, 2, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, ACommitByAnEntryOfAnEarlierTermIsSeen) {
  write(0, 1, 1, true);
  write(0, 2, 1, true);
  tenon_group_status status{};
  status.role.role = TENON_ROLE_LEADER;
  status.role.term = 2;
  status.committed = 1;
  rules.on_status(0, range, status);
  EXPECT_FALSE(world.has_failed());
  status.committed = 2;
  rules.on_status(0, range, status);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, ALeaderWhoseVotersAreNotThoseOfItsLogIsSeen) {
  elect();
  tenon_group_peer peers[] = {{11, 1, 1, 0}, {12, 0, 1, 0}, {13, 0, 1, 0}};
  tenon_group_status status{};
  status.role.role = TENON_ROLE_LEADER;
  status.role.term = 2;
  status.last = {1, 2};
  status.peers = peers;
  status.peer_count = 3;
  rules.on_status(0, range, status);
  EXPECT_FALSE(world.has_failed());
  status.peer_count = 2;
  rules.on_status(0, range, status);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(RaftRulesTest, AQuestionForAVoteToOneWhoDoesNotDecideIsSeen) {
  keep(0, 2, 11);
  raft::Message message;
  message.type = raft::MessageType::pre_vote;
  message.term = 3;
  say(0, 12, message);
  EXPECT_FALSE(world.has_failed());
  say(0, 14, message);
  EXPECT_TRUE(world.has_failed());
}

// Node 0 leads, has one entry, which is committed, and has fallen asleep.
struct SleepTest : RaftRulesTest {
  tenon_group_peer peers[3] = {{11, 1, 1, 0}, {12, 1, 1, 0}, {13, 0, 1, 0}};
  tenon_group_status status{};

  SleepTest() {
    elect();
    status.quiescent = 1;
    status.role.role = TENON_ROLE_LEADER;
    status.role.term = 2;
    status.last = {1, 2};
    status.committed = 1;
    status.peers = peers;
    status.peer_count = 3;
  }
};

TEST_F(SleepTest, ALeaderMaySleepWhenOnlyThoseThatItHasNoLinkToLackSomething) {
  rules.on_peer_state(0, 12, true);
  rules.on_peer_state(0, 13, true);
  rules.on_peer_state(0, 13, false);
  rules.on_status(0, range, status);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(SleepTest, ALeaderThatSleepsThoughAMemberLacksSomethingIsSeen) {
  rules.on_peer_state(0, 13, true);
  rules.on_status(0, range, status);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SleepTest, AMemberThatSleepsOverWhatIsNotCommittedIsSeen) {
  status.committed = 0;
  rules.on_status(0, range, status);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SleepTest, AMemberThatSleepsOnThoughItIsAskedForAVoteIsSeen) {
  raft::Message message;
  message.type = raft::MessageType::pre_vote;
  message.term = 3;
  std::string text;
  raft::encode_message(message, &text);
  const tenon_peer_message received{12, {range.number, range.incarnation}, bytes_of(text)};
  rules.on_received(0, received);
  status.quiescent = 0;
  rules.on_status(0, range, status);
  EXPECT_FALSE(world.has_failed());
  rules.on_received(0, received);
  status.quiescent = 1;
  rules.on_status(0, range, status);
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
