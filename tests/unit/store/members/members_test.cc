#include <gtest/gtest.h>

#include "store/disk/engine_layout.h"
#include "store/members/messages.h"
#include "store/orders/range_list.h"
#include "unit/store/members/test_members.h"

namespace tenon::store {
namespace {

using test::MemberCluster;
using test::MemberPacket;
using Kind = MemberMessage::Kind;

const MemberPolicy all_learn{3, true, {}};

// The message in a packet, if it is one about members.
std::optional<MemberMessage> message_of(const MemberPacket& packet) {
  if (packet.kind != PeerMessage::members) return std::nullopt;
  return read_member_message(packet.body);
}

TEST(Members, ANodeThatComesLearnsWhereAllDo) {
  MemberCluster cluster(3, all_learn);
  cluster.write(20);
  cluster.start(4);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}); }));
  ASSERT_TRUE(cluster.until([&] { return cluster.has_all(4) && cluster.node(4).caught_up_count == 1; }));
  cluster.write(20, 4);
  EXPECT_TRUE(cluster.until([&] { return cluster.has_all(4); }));
}

TEST(Members, ANodeThatComesGetsNothingWhereOnlyVotersAre) {
  MemberCluster cluster(3);
  cluster.write(5);
  cluster.start(4);
  cluster.rounds(500);
  EXPECT_TRUE(cluster.consists_of({1, 2, 3}));
  EXPECT_TRUE(cluster.node(4).open.empty());
  cluster.write(5, 4);
}

// The range is at rest: nothing is written, and no link changes.
TEST(Members, WhatTheRangesShouldHaveIsLookedAtAnewWhenItHasChanged) {
  MemberCluster cluster(3);
  cluster.write(5);
  cluster.start(4);
  cluster.rounds(500);
  ASSERT_TRUE(cluster.consists_of({1, 2, 3}));
  for (const std::size_t number : {1, 2, 3, 4}) cluster.node(number).set_policy(all_learn);
  EXPECT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}) && cluster.has_all(4); }));
}

TEST(Members, ANodeThatIsKilledWhileItJoinsGoesOn) {
  MemberCluster cluster(3, all_learn);
  cluster.write(20);
  for (const int rounds : {1, 30, 32, 35, 40, 60}) {
    cluster.start(4);
    cluster.rounds(rounds);
    cluster.kill(4);
    cluster.write(3);
  }
  cluster.start(4);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}) && cluster.has_all(4); }));
}

TEST(Members, ANodeWhoseReplicaHasNoStateYetSaysWhoVotes_INV_C4) {
  MemberCluster cluster(3, all_learn);
  cluster.write(3);
  cluster.start(4);
  const auto listed = [&] {
    const auto views = list_ranges(cluster.node(4).keeper());
    return views.empty() ? std::nullopt : std::optional(views.front());
  };
  bool was_blank = false;
  ASSERT_TRUE(cluster.until([&] {
    const auto view = listed();
    if (!view || !view->has_replica) return false;
    was_blank = was_blank || view->applied == 0;
    EXPECT_EQ(view->descriptor.members.voters.size(), 3u) << "at " << view->applied;
    return cluster.has_all(4);
  }));
  EXPECT_TRUE(was_blank);
}

TEST(Members, ALeaderWhoseLogIsFullGivesTheLeadAwayAndTheOthersGoOn) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t full = cluster.await_leader();
  const std::size_t other = full == 1 ? 2 : 1;
  cluster.node(full).fill_log(true);
  cluster.write(20, other);
  const std::size_t heir = cluster.await_leader();
  EXPECT_NE(heir, full);
  cluster.rounds(500);
  EXPECT_EQ(cluster.await_leader(), heir);
  // Its own commands need only the others' disks.
  cluster.write(5, full);
  cluster.node(full).fill_log(false);
  cluster.write(5, full);
  EXPECT_TRUE(cluster.until([&] { return cluster.has_all(full); }));
}

TEST(Members, ANodeWhoseLogHasFailedGivesTheLeadAwayAndNobodyWaitsForIt) {
  for (const std::size_t failed : {1, 2, 3}) {
    MemberCluster cluster(3);
    cluster.write(20);
    const std::size_t leader = cluster.await_leader();
    const std::size_t other = failed == 1 ? 2 : 1;
    cluster.node(failed).fail_log();
    const std::size_t before = cluster.node(other).done;
    cluster.node(other).put("k", "everywhere", true);
    ASSERT_TRUE(cluster.until([&] { return cluster.node(other).done > before; }, 500)) << failed;
    ASSERT_TRUE(cluster.until([&] { return cluster.node(failed).failures.size() == 1; }, 500)) << failed;
    EXPECT_EQ(cluster.await_leader() != leader, failed == leader);
    EXPECT_EQ(cluster.node(failed).value(cluster.range(), "k"), "-");
    // Its own commands need only the others' disks, and it is no less a member than before.
    cluster.write(5, failed);
    cluster.rounds(500);
    EXPECT_TRUE(cluster.consists_of({1, 2, 3}));
    cluster.kill(failed);
    cluster.start(failed);
    EXPECT_TRUE(cluster.until([&] { return cluster.has_all(failed); }));
  }
}

TEST(Members, ALeaderWhoseLogHasFailedAndWhomNobodySucceedsStays) {
  MemberCluster cluster(1);
  cluster.write(20);
  cluster.node(1).fail_log();
  cluster.rounds(500);
  EXPECT_TRUE(cluster.node(1).failures.empty());
  EXPECT_EQ(cluster.node(1).value(cluster.range(), "k0"), "0");
}

TEST(Members, AFullLeaderThatNobodySucceedsGoesOnWhenThereIsRoomAgain) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t full = cluster.await_leader();
  cluster.node(full).fill_log(true);
  // Shorter than any election time-out: nobody comes to lead in its place.
  cluster.on_packet = [](const MemberPacket& packet) { return packet.kind != PeerMessage::group; };
  cluster.rounds(30);
  std::map<std::size_t, std::size_t> before;
  for (const std::size_t number : {1, 2, 3}) {
    before[number] = cluster.node(number).done;
    cluster.node(number).put("k", "v");
  }
  cluster.rounds(30);
  cluster.on_packet = nullptr;
  cluster.node(full).fill_log(false);
  const auto is_answered = [&](std::size_t number) { return cluster.node(number).done > before[number]; };
  for (const std::size_t number : {1, 2, 3})
    EXPECT_TRUE(cluster.until([&] { return is_answered(number); }, 500)) << number;
  EXPECT_EQ(cluster.await_leader(), full);
}

// As two nodes do whose engines take nothing, while their journals do.
TEST(Members, TwoNodesThatCanNotLeadDoNotPassTheLeadToEachOtherPastOneThatCan) {
  for (const std::size_t sound : {1, 2, 3}) {
    MemberCluster cluster(3);
    cluster.write(20);
    const auto turn = [&] {
      for (const std::size_t number : {1, 2, 3})
        if (number != sound) cluster.node(number).keeper().led().hand_over();
      return cluster.await_leader() == sound;
    };
    ASSERT_TRUE(cluster.until(turn, 500)) << sound;
  }
}

TEST(Members, TwoNodesThatCanNotLeadAndAreAloneChangeTheLeadRarely) {
  MemberCluster cluster(3);
  cluster.write(20);
  cluster.kill(3);
  std::size_t changes = 0;
  std::size_t leader = cluster.await_leader();
  for (int round = 0; round < 1000; ++round) {
    for (const std::size_t number : {1, 2}) cluster.node(number).keeper().led().hand_over();
    cluster.round();
    const std::size_t now = cluster.await_leader();
    changes += now != leader ? 1 : 0;
    leader = now;
  }
  EXPECT_LE(changes, 10u) << "in ten seconds";
}

TEST(Members, AnOrderSwapsAVoterAndTheOldOneDeletesItsReplica) {
  MemberCluster cluster(3);
  cluster.write(20);
  cluster.start(4);
  const std::size_t leader = cluster.await_leader();
  const std::size_t goes = leader == 1 ? 2 : 1;
  std::vector<NodeId> voters;
  for (std::size_t number = 1; number <= 4; ++number)
    if (number != goes) voters.push_back(MemberCluster::id(number));
  EXPECT_EQ(cluster.order({voters}, 1), AnswerCode::stale);
  EXPECT_EQ(cluster.order({{}}), AnswerCode::refused);
  EXPECT_EQ(cluster.order({voters}), AnswerCode::done);
  EXPECT_EQ(cluster.descriptor().members.voters, voters);
  cluster.write(5, 4);
  ASSERT_TRUE(cluster.until([&] { return cluster.has_all(4) && cluster.node(goes).open.empty(); }));
  ASSERT_TRUE(cluster.until([&] { return read_range_records(cluster.node(goes).engine()).value().empty(); }));
  std::size_t rows = 0;
  ASSERT_TRUE(cluster.node(goes)
                  .engine()
                  .scan(state_space(StoreId::inbox), {}, {}, [&](auto, auto) { return ++rows, true; })
                  .ok());
  EXPECT_EQ(rows, 0u);
  // It may come back by another order.
  voters = {MemberCluster::id(1), MemberCluster::id(2), MemberCluster::id(3), MemberCluster::id(4)};
  EXPECT_EQ(cluster.order({voters}), AnswerCode::done);
  EXPECT_EQ(cluster.descriptor().members.voters, voters);
  ASSERT_TRUE(cluster.until([&] { return cluster.has_all(goes); }));
}

// While it is under way, the range takes no other order: whoever plans must be able to change his mind.
TEST(Members, AnOrderForANodeThatIsAwayIsGivenUpSoonAndTheRangeTakesTheNext) {
  MemberCluster cluster(3);
  cluster.write(20);
  cluster.start(4);
  cluster.start(5);
  cluster.write(1, 5);
  const std::size_t leader = cluster.await_leader();
  const auto with = [&](std::size_t comes) {
    std::vector<NodeId> voters;
    for (std::size_t number = 1; number <= 3; ++number)
      if (number != (leader == 1 ? 2 : 1)) voters.push_back(MemberCluster::id(number));
    voters.push_back(MemberCluster::id(comes));
    return ChangeMembers{voters, {}};
  };
  cluster.kill(4);
  EXPECT_EQ(cluster.order(with(4)), AnswerCode::refused);
  EXPECT_TRUE(cluster.consists_of({1, 2, 3}));
  EXPECT_EQ(cluster.order(with(5)), AnswerCode::done);
}

TEST(Members, ANodeThatIsLostWhileItIsTakenInHoldsNothingUp) {
  MemberCluster cluster(3);
  cluster.write(20);
  cluster.start(4);
  cluster.start(5);
  cluster.write(1, 5);
  std::vector<NodeId> voters{MemberCluster::id(1), MemberCluster::id(2), MemberCluster::id(3)};
  // It learns, and never gets the state.
  cluster.on_packet = [](const MemberPacket& packet) {
    return packet.kind != PeerMessage::snapshot || packet.to != MemberCluster::id(4);
  };
  const auto order = [&](std::size_t comes) {
    auto all = voters;
    all.push_back(MemberCluster::id(comes));
    return ChangeMembers{all, {}};
  };
  Order first;
  first.id = 77;
  first.range = cluster.range();
  first.expected = cluster.descriptor().epoch;
  first.what = order(4);
  cluster.node(1).order(first);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}); }));
  cluster.kill(4);
  ASSERT_TRUE(cluster.until([&] { return cluster.node(1).order_answer.has_value(); }, 2000));
  EXPECT_EQ(cluster.node(1).order_answer->code, AnswerCode::refused);
  cluster.node(1).order_answer.reset();
  EXPECT_EQ(cluster.order(order(5)), AnswerCode::done);
}

TEST(Members, AMemberThatWasAwayWhenItWasTakenOutHearsOfItWhenItIsBack) {
  MemberCluster cluster(3);
  cluster.write(10);
  const std::size_t leader = cluster.await_leader();
  const std::size_t goes = leader == 3 ? 2 : 3;
  std::vector<NodeId> voters{MemberCluster::id(1), MemberCluster::id(2), MemberCluster::id(3)};
  std::erase(voters, MemberCluster::id(goes));
  cluster.kill(goes);
  ASSERT_EQ(cluster.order({voters}), AnswerCode::done);
  cluster.start(goes);
  EXPECT_TRUE(cluster.until([&] { return read_range_records(cluster.node(goes).engine()).value().empty(); }));
}

TEST(Members, AReplicaThatCanNotBeUsedIsRebuiltAndVotesAgain) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t broken = cluster.await_leader();
  cluster.kill(broken);
  const std::size_t by = broken == 1 ? 2 : 1;
  cluster.write(20, by);
  cluster.start(broken, true);
  EXPECT_TRUE(cluster.node(broken).open.empty());
  ASSERT_TRUE(cluster.until([&] { return !cluster.consists_of({1, 2, 3}); })) << "it was not taken out";
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}); })) << "it does not vote again";
  ASSERT_TRUE(cluster.until([&] { return cluster.has_all(broken); }));
  EXPECT_EQ(cluster.node(broken).keeper().own().lost_count(), 0u);
  // It counts: one of the others may be missing.
  cluster.kill(by);
  cluster.write(5, broken);
}

// The replica of one that does not lead fails, and notices that.
std::size_t break_follower(MemberCluster& cluster) {
  cluster.write(20);
  const std::size_t broken = cluster.await_leader() == 1 ? 2 : 1;
  cluster.node(broken).break_replica();
  cluster.write(1, broken == 1 ? 2 : 1);
  return broken;
}

// The leader looks at what came of a change some rounds later, and tells whom it has taken out that it is
// gone.
TEST(Members, AReplicaIsRebuiltThoughItsLinkBreaksWhileItIsTakenOut) {
  MemberCluster cluster(3);
  const std::size_t broken = break_follower(cluster);
  ASSERT_TRUE(cluster.until([&] { return !cluster.consists_of({1, 2, 3}); }));
  cluster.break_link(cluster.await_leader(), broken);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}) && cluster.has_all(broken); }));
}

TEST(Members, AReplicaThatFailsWhileTheNodeRunsIsRebuilt) {
  MemberCluster cluster(3);
  const std::size_t broken = break_follower(cluster);
  ASSERT_TRUE(cluster.until([&] { return !cluster.consists_of({1, 2, 3}); }));
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}) && cluster.has_all(broken); }));
}

TEST(Members, ALeaderThatFailsWhileItsGroupSleepsIsFollowedByAnotherOne) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t broken = cluster.await_leader();
  cluster.rounds(2000);  // the group falls asleep
  cluster.node(broken).break_replica();
  cluster.node(broken).glance("k");
  ASSERT_TRUE(cluster.until([&] { return !cluster.node(broken).failures.empty(); }));
  ASSERT_NE(cluster.await_leader(), broken);
  EXPECT_TRUE(cluster.until([&] { return !cluster.consists_of({1, 2, 3}); }));
  EXPECT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}) && cluster.has_all(broken); }));
}

TEST(Members, AReplicaIsRebuiltThoughTheLeaderThatTookItOutLeadsNoMore) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t leader = cluster.await_leader();
  const std::size_t broken = leader == 1 ? 2 : 1;
  cluster.kill(broken);
  cluster.on_packet = [](const MemberPacket& packet) {
    const auto message = message_of(packet);
    return !message || message->kind != Kind::opened;
  };
  cluster.start(broken, true);
  ASSERT_TRUE(cluster.until([&] { return !cluster.node(broken).open.empty(); })) << "no empty replica came";
  cluster.kill(leader);
  cluster.on_packet = nullptr;
  cluster.start(leader);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}); })) << "it was forgotten";
  EXPECT_TRUE(cluster.until([&] { return cluster.has_all(broken); }));
}

TEST(Members, ANodeThatHasLostItsDiskIsRebuiltWhenItsNameIsKept) {
  MemberCluster cluster(3);
  cluster.write(20);
  const std::size_t broken = cluster.await_leader() == 1 ? 2 : 1;
  cluster.kill(broken);
  cluster.wipe(broken);
  bool voted = false;
  cluster.on_packet = [&](const MemberPacket& packet) {
    voted = voted || (packet.from == MemberCluster::id(broken) && packet.kind == PeerMessage::group);
    return true;
  };
  cluster.start_without_founding(broken);
  ASSERT_TRUE(cluster.until([&] { return !cluster.consists_of({1, 2, 3}); }));
  EXPECT_FALSE(voted) << "it took part before it was taken out";
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}) && cluster.has_all(broken); }));
}

TEST(Members, WhoIsAloneKeepsWhatCanNotBeUsed) {
  MemberCluster cluster(1);
  cluster.write(5);
  cluster.kill(1);
  cluster.start(1, true);
  cluster.rounds(1000);
  EXPECT_EQ(cluster.node(1).keeper().own().lost_count(), 1u);
  EXPECT_EQ(read_range_records(cluster.node(1).engine()).value().size(), 1u);
  ASSERT_EQ(cluster.node(1).reports.size(), 1u);
  EXPECT_NE(cluster.node(1).reports[0].find("the only one that votes"), std::string::npos);
}

// The words of a leader that come late: a replica that has been opened since is not the one they are about.
TEST(Members, ALateWordNeitherRevivesNorEndsAReplica) {
  MemberCluster cluster(3, all_learn);
  cluster.write(10);
  std::vector<MemberPacket> opens;
  cluster.on_packet = [&](const MemberPacket& packet) {
    if (const auto message = message_of(packet); message && message->kind == Kind::open)
      opens.push_back(packet);
    return true;
  };
  cluster.start(4);
  ASSERT_TRUE(cluster.until([&] { return cluster.consists_of({1, 2, 3}, {4}) && cluster.has_all(4); }));
  ASSERT_FALSE(opens.empty());
  const MemberMessage open = *message_of(opens.front());
  Keeper& keeper = cluster.node(4).keeper();
  const std::uint64_t applied = keeper.replicas().find(cluster.range())->range().applied().index;
  const auto say = [&](Kind kind, std::uint32_t epoch) {
    MemberMessage message = open;
    message.kind = kind;
    message.epoch = epoch;
    EXPECT_TRUE(keeper.on_message(MemberCluster::id(1), PeerMessage::members, write_member_message(message)));
    cluster.rounds(20);
  };
  say(Kind::open, open.epoch);
  say(Kind::open, open.epoch - 1);
  say(Kind::gone, open.epoch);
  say(Kind::gone, open.epoch - 1);
  ASSERT_TRUE(keeper.replicas().find(cluster.range()));
  EXPECT_GE(keeper.replicas().find(cluster.range())->range().applied().index, applied);
  EXPECT_TRUE(cluster.has_all(4));
}

TEST(Members, ALateWordToOpenDoesNotReviveAReplicaThatIsGone) {
  MemberCluster cluster(3);
  cluster.write(10);
  const std::size_t leader = cluster.await_leader();
  const std::size_t goes = leader == 1 ? 2 : 1;
  MemberMessage open;
  open.kind = Kind::open;
  open.range = cluster.range();
  open.descriptor = cluster.descriptor();
  open.epoch = open.descriptor.epoch.members;
  std::erase(open.descriptor.members.voters, MemberCluster::id(goes));
  std::vector<NodeId> voters = open.descriptor.members.voters;
  ASSERT_EQ(cluster.order({voters}), AnswerCode::done);
  ASSERT_TRUE(cluster.until([&] { return read_range_records(cluster.node(goes).engine()).value().empty(); }));
  cluster.kill(goes);
  cluster.start_without_founding(goes);
  EXPECT_TRUE(cluster.node(goes).keeper().on_message(MemberCluster::id(leader), PeerMessage::members,
                                                     write_member_message(open)));
  cluster.rounds(100);
  EXPECT_TRUE(cluster.node(goes).open.empty());
}

}  // namespace
}  // namespace tenon::store
