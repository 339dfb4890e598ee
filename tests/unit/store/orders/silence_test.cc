#include <gtest/gtest.h>

#include <algorithm>

#include "store/peer_messages.h"
#include "store/recovery/put_off.h"
#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

// One of the voters is cut off, and the range is recovered there on nothing but silence.
class Silence : public ::testing::Test {
 protected:
  void make(std::size_t node_count = 3, const std::string& storage = "memory", ReplicasOptions options = {}) {
    cluster = std::make_unique<KeeperCluster>(storage, node_count, options);
    range = cluster->first_range();
    leader = cluster->await_leader(range);
    survivor = (leader + 1) % node_count;
    put(0, "a", "1");
    cluster->rounds(100);
  }
  void put(std::size_t place, const std::string& key, const std::string& value) {
    const std::uint64_t ticket = cluster->append(place, key, "put " + key + " " + value);
    EXPECT_EQ(cluster->await(place, ticket).code, AnswerCode::done);
  }
  void forget_leader(std::size_t place) {
    ASSERT_TRUE(cluster->until([&] {
      const Replica* replica = cluster->node(place).keeper().replicas().find(known(place));
      return replica && !replica->leads() && replica->leader() == NodeId::none;
    }));
  }
  Answer recover(std::size_t place, bool by_silence = true) {
    return cluster->await(place, cluster->recover(place, range, by_silence));
  }
  void cut_off(std::size_t place) {
    cluster->isolate(place, true);
    forget_leader(place);
    const Answer answer = recover(place);
    EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  }
  // The other two of three: the leader and the one that is neither.
  std::size_t third() const { return 3 - leader - survivor; }
  RangeId known(std::size_t place) {
    RangeId id;
    cluster->node(place).keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
      if (entry.id.number == range.number) id = entry.id;
    });
    return id;
  }
  const kv::Descriptor& descriptor(std::size_t place) {
    return *cluster->node(place).keeper().ranges().descriptor(known(place));
  }
  bool is_provisional(std::size_t place) { return kv::is_provisional(known(place), descriptor(place).epoch); }
  bool holds(std::size_t place, const RangeId& id) {
    const Replica* replica = cluster->node(place).keeper().replicas().find(id);
    return replica && !replica->failed() && !replica->is_blank();
  }
  bool all_hold(const RangeId& id) {
    for (std::size_t place = 0; place < cluster->size(); ++place)
      if (known(place) != id || !holds(place, id)) return false;
    return true;
  }
  bool all_vote(const RangeId& id) {
    if (!all_hold(id)) return false;
    for (std::size_t place = 0; place < cluster->size(); ++place)
      if (descriptor(place).members.voters.size() != cluster->size() ||
          !descriptor(place).members.outgoing.empty())
        return false;
    return true;
  }
  std::vector<std::string> written_down(std::size_t place) {
    std::vector<std::string> texts;
    for (const GivenUp& one : cluster->node(place).given_up)
      for (const GivenUp::Entry& entry : one.entries) {
        const auto read = kv::read_entry(entry.payload);
        for (const kv::Command& command : read.value().commands)
          if (command.kind == kv::Command::Kind::service && !command.text.empty())
            texts.emplace_back(command.text);
      }
    return texts;
  }

  std::unique_ptr<KeeperCluster> cluster;
  RangeId range;
  std::size_t leader = 0;
  std::size_t survivor = 0;
};

TEST_F(Silence, TheMajorityWinsWhenItIsThereAndWhatTheOtherSideTookIsWrittenDown) {
  make();
  cut_off(survivor);
  const RangeId provisional = known(survivor);
  EXPECT_GT(provisional.incarnation, range.incarnation);
  EXPECT_TRUE(is_provisional(survivor));
  put(survivor, "m", "minority");
  EXPECT_EQ(cluster->value(survivor, "a"), "1");
  put(leader, "b", "majority");
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  for (std::size_t place = 0; place < 3; ++place) {
    EXPECT_EQ(kv::era_of(descriptor(place).epoch), 2u);
    EXPECT_EQ(cluster->value(place, "a"), "1");
    EXPECT_EQ(cluster->value(place, "b"), "majority");
    EXPECT_EQ(cluster->value(place, "m"), "none");
    EXPECT_EQ(cluster->node(place).failures, std::vector<std::string>());
    EXPECT_FALSE(cluster->node(place).keeper().replicas().find(provisional));
  }
  EXPECT_EQ(written_down(survivor), std::vector<std::string>{"put m minority"});
  EXPECT_EQ(cluster->node(survivor).given_up[0].range, provisional);
  EXPECT_TRUE(cluster->node(leader).given_up.empty());
  EXPECT_TRUE(cluster->node(third()).given_up.empty());
}

TEST_F(Silence, NobodyGoesByItWhileTheMajorityIsThereEvenIfItDecidesNothing) {
  make();
  cut_off(survivor);
  put(survivor, "m", "minority");
  // It elects nobody, and commits nothing.
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.kind != PeerMessage::group || packet.from == KeeperCluster::id(survivor);
  };
  cluster->isolate(survivor, false);
  cluster->rounds(3000);
  for (const std::size_t place : {leader, third()}) {
    EXPECT_EQ(known(place), range);
    EXPECT_TRUE(holds(place, range));
    EXPECT_TRUE(cluster->node(place).given_up.empty());
  }
  EXPECT_TRUE(is_provisional(survivor));
  cluster->on_packet = nullptr;
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
}

TEST_F(Silence, WhoComesBackAloneAndHasNothingMoreGivesWay) {
  make();
  cut_off(survivor);
  const RangeId provisional = known(survivor);
  put(survivor, "m", "minority");
  cluster->cut(leader, third(), true);
  cluster->isolate(survivor, false);
  cluster->cut(leader, survivor, true);
  const MonoNs began_ns = cluster->now_ns();
  ASSERT_TRUE(cluster->until([&] { return !holds(third(), range); }));
  // Links come one after the other: the next one might have been that to the leader.
  EXPECT_GE(cluster->now_ns() - began_ns, 5 * ns_per_s);
  ASSERT_TRUE(cluster->until([&] { return known(third()) == provisional; }));
  EXPECT_EQ(cluster->value(third(), "m"), "minority");
  EXPECT_EQ(cluster->node(third()).given_up.size(), 1u);
  EXPECT_TRUE(is_provisional(third()));
}

// Three of five are a majority, and two of them have nothing to do with the one that gave way.
TEST_F(Silence, WhoGaveWayIsAMemberAgainWhenTheMajorityTurnsOutToBeThere) {
  make(5);
  cut_off(survivor);
  std::vector<std::size_t> others;
  for (std::size_t place = 0; place < 5; ++place)
    if (place != survivor) others.push_back(place);
  for (const std::size_t place : others) cluster->isolate(place, true);
  const std::size_t alone = others[0] == leader ? others[1] : others[0];
  cluster->isolate(survivor, false);
  cluster->isolate(alone, false);
  ASSERT_TRUE(cluster->until([&] { return known(alone) == known(survivor) && !holds(alone, range); }));
  for (const std::size_t place : others) cluster->isolate(place, false);
  ASSERT_TRUE(cluster->until([&] { return known(alone) == range && known(survivor) == range; }));
  // Of five, three are enough: the two that have lost theirs are taken out, and in again by an order.
  cluster->rounds(1500);
  ChangeMembers everybody;
  for (std::size_t place = 0; place < 5; ++place) everybody.voters.push_back(KeeperCluster::id(place));
  const Answer answer = cluster->run_order(others.back(), range, everybody);
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  ASSERT_TRUE(cluster->until([&] { return all_hold(range); }));
  EXPECT_EQ(cluster->value(alone, "a"), "1");
}

TEST_F(Silence, WhatAMajorityAcknowledgedIsNotLostWhenThePartitionMoves) {
  make();
  cut_off(survivor);
  put(survivor, "m", "minority");
  put(leader, "b", "majority");
  cluster->rounds(50);
  // Now the other one of the majority is cut off, and the leader sees the survivor instead.
  cluster->isolate(third(), true);
  cluster->isolate(survivor, false);
  cluster->rounds(2000);
  EXPECT_TRUE(holds(leader, range));
  EXPECT_TRUE(cluster->node(leader).given_up.empty());
  EXPECT_FALSE(cluster->node(leader).recovery_reports.empty());
  EXPECT_TRUE(is_provisional(survivor));
  cluster->isolate(third(), false);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  EXPECT_EQ(cluster->value(survivor, "b"), "majority");
  EXPECT_EQ(written_down(survivor), std::vector<std::string>{"put m minority"});
}

TEST_F(Silence, WhatIsKeptGivesWayOnceTheRecoveryIsConfirmed) {
  make();
  cut_off(survivor);
  put(leader, "b", "majority");
  cluster->rounds(50);
  cluster->stop(third());
  cluster->isolate(survivor, false);
  cluster->rounds(1500);
  ASSERT_TRUE(holds(leader, range));
  const Answer answer = recover(leader, false);
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  ASSERT_TRUE(cluster->until([&] { return known(leader) == known(survivor) && !holds(leader, range); }));
  EXPECT_FALSE(is_provisional(leader));
  EXPECT_EQ(written_down(leader).back(), "put b majority");
  // Who comes later finds it final.
  cluster->start(third());
  ASSERT_TRUE(cluster->until([&] { return known(third()) == known(survivor) && !holds(third(), range); }));
  EXPECT_EQ(written_down(third()).back(), "put b majority");
}

TEST_F(Silence, ItIsConfirmedOnceEachThatWasMissingIsRemoved) {
  make();
  cut_off(survivor);
  put(survivor, "m", "minority");
  Keeper& keeper = cluster->node(survivor).keeper();
  keeper.set_removed({KeeperCluster::id(leader)});
  cluster->rounds(1000);
  EXPECT_TRUE(is_provisional(survivor));
  keeper.set_removed({KeeperCluster::id(leader), KeeperCluster::id(third())});
  ASSERT_TRUE(cluster->until([&] { return !is_provisional(survivor); }));
  EXPECT_EQ(cluster->value(survivor, "m"), "minority");
  // Whoever comes back all the same finds it final.
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return !holds(leader, range) && !holds(third(), range); }));
  EXPECT_FALSE(cluster->node(leader).given_up.empty());
}

TEST_F(Silence, NoMarkConfirmsItWhileAReplicaIsKeptAsideForIt) {
  make();
  cut_off(survivor);
  put(leader, "b", "majority");
  cluster->rounds(50);
  cluster->stop(third());
  cluster->isolate(survivor, false);
  cluster->rounds(1500);
  ASSERT_TRUE(holds(leader, range));
  cluster->node(survivor).keeper().set_removed({KeeperCluster::id(leader), KeeperCluster::id(third())});
  cluster->rounds(1500);
  EXPECT_TRUE(is_provisional(survivor));
  EXPECT_TRUE(holds(leader, range));
  cluster->isolate(leader, true);
  EXPECT_TRUE(cluster->until([&] { return !is_provisional(survivor); }));
}

TEST_F(Silence, WhatIsFinalNoMarkConfirms) {
  make();
  for (const std::size_t place : {leader, third()}) cluster->stop(place);
  forget_leader(survivor);
  ASSERT_EQ(recover(survivor, false).code, AnswerCode::done);
  const kv::Epoch epoch = descriptor(survivor).epoch;
  cluster->node(survivor).keeper().set_removed({KeeperCluster::id(leader), KeeperCluster::id(third())});
  cluster->rounds(1000);
  EXPECT_EQ(descriptor(survivor).epoch.boundary, epoch.boundary);
}

// Of five, two are gone, and the one that asks for it does not reach a third one.
TEST_F(Silence, IsRefusedByASurvivorThatIsLinkedToOneThatIsSaidToBeSilent) {
  make(5);
  const std::size_t asker = (leader + 2) % 5;
  const std::size_t seen = (leader + 3) % 5;
  cluster->isolate(asker, true);
  put(leader, "b", "2");  // so that the survivor's log goes further than that of who asks
  cluster->rounds(100);
  // Who is left can elect nobody.
  cluster->on_packet = [](const KeeperNode::Packet& packet) { return packet.kind != PeerMessage::group; };
  cluster->stop(leader);
  cluster->stop((leader + 4) % 5);
  cluster->isolate(asker, false);
  cluster->cut(asker, seen, true);
  for (const std::size_t place : {asker, survivor, seen}) forget_leader(place);
  const Answer refused = recover(asker);
  EXPECT_EQ(refused.code, AnswerCode::refused);
  EXPECT_NE(refused.text.find("is not silent"), std::string::npos) << refused.text;
  cluster->cut(survivor, seen, true);
  cluster->rounds(10);
  EXPECT_EQ(recover(asker).code, AnswerCode::done);
  EXPECT_TRUE(is_provisional(survivor));
}

TEST_F(Silence, TwoThatComeBackTogetherWinWhateverWasAcceptedMeanwhile) {
  make();
  for (const std::size_t place : {leader, third()}) cluster->stop(place);
  forget_leader(survivor);
  ASSERT_EQ(recover(survivor).code, AnswerCode::done);
  put(survivor, "m", "minority");
  for (const std::size_t place : {leader, third()}) cluster->start(place);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  EXPECT_EQ(written_down(survivor), std::vector<std::string>{"put m minority"});
  EXPECT_EQ(cluster->value(survivor, "a"), "1");
}

TEST_F(Silence, OfTwoThatKnowNothingOfEachOtherTheOneThatBeganWithMoreStays) {
  for (const bool is_first : {false, true}) {
    SCOPED_TRACE(is_first);
    make();
    const std::size_t lagging = third();
    cluster->isolate(lagging, true);
    put(leader, "b", "majority");
    cluster->rounds(50);
    // What the two have acknowledged, only the survivor has of those that are recovered.
    cluster->isolate(survivor, true);
    cluster->stop(leader);
    for (const std::size_t place : {is_first ? survivor : lagging, is_first ? lagging : survivor}) {
      forget_leader(place);
      ASSERT_EQ(recover(place).code, AnswerCode::done);
      cluster->rounds(20);
    }
    const RangeId more = known(survivor);
    put(lagging, "m", "lagging");
    cluster->isolate(survivor, false);
    cluster->isolate(lagging, false);
    ASSERT_TRUE(cluster->until([&] { return known(lagging) == more && !holds(lagging, known(lagging)); }));
    EXPECT_EQ(cluster->value(lagging, "b"), "majority");
    EXPECT_EQ(written_down(lagging), std::vector<std::string>{"put m lagging"});
    EXPECT_TRUE(cluster->node(survivor).given_up.empty());
    EXPECT_TRUE(is_provisional(survivor));
  }
}

TEST_F(Silence, IsRefusedWhereSomebodyWouldTakeItForFinal) {
  make();
  // The survivor has started anew, and was never linked to those that are missing.
  for (const std::size_t place : {leader, third()}) cluster->stop(place);
  cluster->stop(survivor);
  cluster->start(survivor);
  cluster->rounds(100);
  Answer answer = recover(survivor);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("older version"), std::string::npos) << answer.text;
  EXPECT_EQ(known(survivor), range);

  make();
  cluster->set_versions({8, 2, 3, 17, 2});
  cluster->isolate(leader, true);
  cluster->isolate(leader, false);
  cluster->rounds(100);
  cluster->isolate(survivor, true);
  forget_leader(survivor);
  EXPECT_EQ(recover(survivor).code, AnswerCode::refused);
  EXPECT_EQ(known(survivor), range);
}

TEST_F(Silence, IsRefusedTwiceInARow) {
  make();
  cut_off(survivor);
  const RangeId provisional = known(survivor);
  // It has not elected itself yet, and has.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(recover(survivor).code, AnswerCode::refused);
    cluster->rounds(i * 100);
  }
  EXPECT_EQ(known(survivor), provisional);
}

TEST_F(Silence, AProvisionalRangeIsNotSplit) {
  make();
  cut_off(survivor);
  put(survivor, "z", "1");
  SplitRange split;
  split.key = "m";
  const Answer answer = cluster->run_order(survivor, known(survivor), split);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("silence"), std::string::npos) << answer.text;
  EXPECT_EQ(recover(survivor, false).code, AnswerCode::done);
  EXPECT_EQ(cluster->run_order(survivor, known(survivor), split).code, AnswerCode::done);
}

TEST_F(Silence, WhatIsOpenAtASenderComesToTheMajority) {
  make();
  for (int i = 1; i <= 5; ++i) put(survivor, "k" + std::to_string(i), "before");
  cut_off(survivor);
  put(survivor, "m", "minority");
  // What is sent from here on is not answered on this side.
  cluster->node(survivor).holds_log = true;
  std::vector<std::uint64_t> tickets;
  for (int i = 1; i <= 20; ++i)
    tickets.push_back(cluster->append(survivor, "x" + std::to_string(i), "put x" + std::to_string(i) + " 1"));
  cluster->rounds(20);
  cluster->node(survivor).holds_log = false;
  put(leader, "b", "majority");
  cluster->isolate(survivor, false);
  for (const std::uint64_t ticket : tickets) {
    const AnswerCode code = cluster->await(survivor, ticket).code;
    EXPECT_TRUE(code == AnswerCode::done || code == AnswerCode::duplicate) << static_cast<int>(code);
  }
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  // And each one stands there, or was acknowledged on the other side and written down.
  const std::vector<std::string> texts = written_down(survivor);
  for (int i = 1; i <= 20; ++i) {
    const std::string key = "x" + std::to_string(i);
    const bool is_there = cluster->value(leader, key) == "1";
    EXPECT_TRUE(is_there || std::count(texts.begin(), texts.end(), "put " + key + " 1") == 1) << key;
  }
  // Its numbers go on.
  for (int i = 1; i <= 5; ++i) put(survivor, "y" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(cluster->value(leader, "y5"), "5");
}

TEST_F(Silence, OfALongTimeAllIsWrittenDownThatTheOtherSideTook) {
  ReplicasOptions options;
  options.log_keeping.entries = 2;
  options.log_keeping.entries_for_live_max = 2;
  make(3, "memory", options);
  cut_off(survivor);
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    put(survivor, "k", std::to_string(i));
    sent.push_back("put k " + std::to_string(i));
    cluster->rounds(10);
  }
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  EXPECT_EQ(written_down(survivor), sent);
}

TEST_F(Silence, EndsTheSameWhereverTheSurvivorIsStopped) {
  for (int rounds = 0; rounds < 60; rounds += 6) {
    SCOPED_TRACE(rounds);
    make(3, "sqlite");
    cut_off(survivor);
    put(survivor, "m", "minority");
    cluster->rounds(3 * rounds);
    put(leader, "b", "majority");
    cluster->isolate(survivor, false);
    cluster->rounds(rounds);
    cluster->stop(survivor);
    cluster->rounds(20);
    cluster->start(survivor);
    ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
    EXPECT_EQ(cluster->value(survivor, "b"), "majority");
    EXPECT_EQ(cluster->value(survivor, "m"), "none");
    EXPECT_EQ(cluster->node(survivor).failures, std::vector<std::string>());
    EXPECT_EQ(cluster->node(survivor).records().size(), 1u);
  }
}

TEST_F(Silence, TheMajorityHasSplitTheRangeMeanwhile) {
  make();
  put(0, "z", "1");
  cluster->rounds(100);
  cut_off(survivor);
  put(survivor, "m", "minority");
  SplitRange split;
  split.key = "k";
  ASSERT_EQ(cluster->run_order(leader, range, split).code, AnswerCode::done);
  put(leader, "b", "low");
  put(leader, "y", "high");
  cluster->rounds(100);
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  for (std::size_t place = 0; place < 3; ++place) {
    EXPECT_EQ(cluster->value(place, "b"), "low");
    EXPECT_EQ(cluster->value(place, "y"), "high");
    EXPECT_EQ(cluster->value(place, "m"), "none");
  }
  ASSERT_TRUE(cluster->until([&] { return cluster->node(survivor).records().size() == 2; }));
  EXPECT_EQ(written_down(survivor), std::vector<std::string>{"put m minority"});
}

TEST_F(Silence, AHalfThatCanNotOutliveItYetIsNotGivenUpWhenTheOtherOneHas) {
  make();
  put(0, "z", "1");
  cluster->rounds(100);
  cut_off(survivor);
  const RangeId provisional = known(survivor);
  const kv::Descriptor of_provisional = descriptor(survivor);
  SplitRange split;
  split.key = "k";
  ASSERT_EQ(cluster->run_order(leader, range, split).code, AnswerCode::done);
  put(leader, "b", "low");
  put(leader, "y", "high");
  cluster->rounds(100);
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    const auto message =
        packet.kind == PeerMessage::group ? read_group_message(packet.body) : std::optional<GroupMessage>();
    return !message || message->range != range;
  };
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return cluster->node(survivor).given_up.size() == 1; }));
  cluster->rounds(2000);
  // Somebody still goes by it, and says so.
  for (const std::size_t place : {leader, third()})
    cluster->node(place).keeper().learn(provisional, of_provisional);
  cluster->rounds(2000);
  for (const std::size_t place : {leader, third()}) {
    EXPECT_TRUE(holds(place, range));
    EXPECT_EQ(known(place), range);
    EXPECT_TRUE(cluster->node(place).given_up.empty());
  }
  cluster->on_packet = nullptr;
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  EXPECT_EQ(cluster->value(survivor, "b"), "low");
  EXPECT_EQ(cluster->value(survivor, "y"), "high");
}

// The left one has outlived a provisional range, and the right one had nothing to do with that.
TEST_F(Silence, AMemberThatIsBehindKeepsWhatItsNeighbourHasAbsorbedInALaterEra) {
  make();
  put(0, "z", "1");
  cluster->rounds(100);
  SplitRange split;
  split.key = "k";
  ASSERT_EQ(cluster->run_order(leader, range, split).code, AnswerCode::done);
  const RangeId right = *cluster->node(leader).keeper().ranges().find(StoreId::meta, "z");
  cluster->await_leader(right);
  cut_off(survivor);
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return all_vote(range); }));
  ASSERT_EQ(kv::era_of(descriptor(leader).epoch), 2u);
  ASSERT_EQ(kv::era_of(cluster->epoch(leader, right)), 0u);
  const std::size_t left_leader = cluster->await_leader(range);
  const std::size_t behind = (left_leader + 1) % 3;
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    const auto message =
        packet.kind == PeerMessage::group ? read_group_message(packet.body) : std::optional<GroupMessage>();
    return !message || message->range != range || packet.to != KeeperCluster::id(behind);
  };
  const Answer answer =
      cluster->run_order(left_leader, range, MergeRanges{right, cluster->epoch(left_leader, right)});
  EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
  cluster->rounds(300);
  EXPECT_TRUE(holds(behind, right));
  cluster->on_packet = nullptr;
  ASSERT_TRUE(cluster->until([&] { return !holds(behind, right) && all_vote(range); }));
  EXPECT_EQ(cluster->node(behind).failures, std::vector<std::string>());
  EXPECT_EQ(cluster->value(behind, "z"), "1");
}

TEST(SilentRecoveries, WhichOfTwoStaysIsTheSameForAll) {
  const kv::ProvisionalBase less{1, {10, 4}, {}};
  const kv::ProvisionalBase more{1, {11, 4}, {}};
  EXPECT_TRUE(stays_before({7, 500}, more, {7, 600}, less));
  EXPECT_FALSE(stays_before({7, 600}, less, {7, 500}, more));
  EXPECT_TRUE(stays_before({7, 600}, less, {7, 500}, less));
  EXPECT_FALSE(stays_before({7, 500}, less, {7, 600}, less));
  // What goes on from different ranges can't be compared.
  EXPECT_TRUE(stays_before({8, 600}, less, {7, 500}, more));
}

}  // namespace
}  // namespace tenon::store::test
