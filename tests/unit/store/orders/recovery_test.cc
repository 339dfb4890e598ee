#include <gtest/gtest.h>

#include <algorithm>

#include "store/peer_messages.h"
#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

class Recovery : public ::testing::Test {
 protected:
  void make(std::size_t node_count = 3, const std::string& storage = "memory") {
    cluster = std::make_unique<KeeperCluster>(storage, node_count);
    range = cluster->first_range();
    leader = cluster->await_leader(range);
  }
  void put(std::size_t place, const std::string& key, const std::string& value) {
    const std::uint64_t ticket = cluster->append(place, key, "put " + key + " " + value);
    EXPECT_EQ(cluster->await(place, ticket).code, AnswerCode::done);
  }
  // Until nobody at the place takes a node that is gone for the leader.
  void forget_leader(std::size_t place) {
    ASSERT_TRUE(cluster->until([&] {
      const Replica* replica = cluster->node(place).keeper().replicas().find(range);
      return replica && !replica->leads() && replica->leader() == NodeId::none;
    }));
  }
  std::uint64_t give(std::size_t place, const RangeId& what) { return cluster->recover(place, what); }
  Answer recover(std::size_t place) { return cluster->await(place, give(place, range)); }
  // What the place takes the range for.
  RangeId known(std::size_t place, std::uint64_t number = 0) {
    if (number == 0) number = range.number;
    RangeId id;
    cluster->node(place).keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
      if (entry.id.number == number) id = entry.id;
    });
    return id;
  }
  const kv::Descriptor& descriptor(std::size_t place) {
    return *cluster->node(place).keeper().ranges().descriptor(known(place));
  }
  bool holds(std::size_t place, const RangeId& id) {
    const Replica* replica = cluster->node(place).keeper().replicas().find(id);
    return replica && !replica->failed() && !replica->is_blank();
  }
  // The texts of all commands of the machine, in their order.
  static std::vector<std::string> commands(const GivenUp& given_up) {
    std::vector<std::string> texts;
    for (const GivenUp::Entry& entry : given_up.entries) {
      const auto read = kv::read_entry(entry.payload);
      for (const kv::Command& command : read.value().commands)
        if (command.kind == kv::Command::Kind::service && !command.text.empty())
          texts.emplace_back(command.text);
    }
    return texts;
  }
  // The range goes on at the place that comes back without the other two, who have agreed on "put a past" by
  // themselves, do not know, and are led by `leader`.
  std::size_t part() {
    put(0, "a", "1");
    cluster->rounds(50);
    const std::size_t survivor = (leader + 1) % 3;
    for (const std::size_t other : others(survivor)) cluster->stop(other);
    forget_leader(survivor);
    EXPECT_EQ(recover(survivor).code, AnswerCode::done);
    put(survivor, "a", "2");
    cluster->isolate(survivor, true);
    for (const std::size_t other : others(survivor)) cluster->start(other);
    leader = cluster->await_leader(range);
    put(leader, "a", "past");
    cluster->rounds(50);
    return survivor;
  }
  bool is_there(std::size_t place, const RangeId& id) {
    return cluster->node(place).keeper().replicas().find(id) != nullptr;
  }
  std::vector<std::size_t> others(std::size_t place) {
    std::vector<std::size_t> rest;
    for (std::size_t other = 0; other < cluster->size(); ++other)
      if (other != place) rest.push_back(other);
    return rest;
  }

  std::unique_ptr<KeeperCluster> cluster;
  RangeId range;
  std::size_t leader = 0;
};

TEST_F(Recovery, TheSurvivorGoesOnWithAllThatItHas) {
  for (const bool led : {false, true}) {
    SCOPED_TRACE(led);
    make();
    put(0, "a", "1");
    put(1, "b", "2");
    cluster->rounds(100);
    const std::size_t survivor = led ? leader : (leader + 1) % 3;
    const kv::Epoch before = cluster->epoch(survivor, range);
    for (const std::size_t other : others(survivor)) cluster->stop(other);
    forget_leader(survivor);
    const Answer answer = recover(survivor);
    EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
    const RangeId now = known(survivor);
    EXPECT_EQ(now.number, range.number);
    EXPECT_GT(now.incarnation, range.incarnation);
    EXPECT_GT(descriptor(survivor).epoch.boundary, before.boundary);
    EXPECT_GT(descriptor(survivor).epoch.members, before.members);
    EXPECT_EQ(cluster->value(survivor, "a"), "1");
    EXPECT_EQ(cluster->value(survivor, "b"), "2");
    put(survivor, "c", "3");
    EXPECT_EQ(cluster->value(survivor, "c"), "3");
    EXPECT_EQ(cluster->node(survivor).failures, std::vector<std::string>());
    EXPECT_FALSE(holds(survivor, range));
  }
}

TEST_F(Recovery, IsRefusedWithALeader) {
  make();
  const Answer answer = recover((leader + 1) % 3);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("leads the range"), std::string::npos) << answer.text;
  EXPECT_EQ(known(0), range);
}

TEST_F(Recovery, IsRefusedWithAMajority) {
  make();
  const std::size_t survivor = (leader + 1) % 3;
  // Votes are lost: the two that are there could agree, and have not.
  cluster->on_packet = [](const KeeperNode::Packet& packet) { return packet.kind != PeerMessage::group; };
  cluster->stop(leader);
  forget_leader(survivor);
  forget_leader(3 - leader - survivor);
  const Answer answer = recover(survivor);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("has its majority"), std::string::npos) << answer.text;
}

TEST_F(Recovery, IsRefusedWhileSomebodyWhoIsLinkedSaysNothing) {
  make(5);
  const std::size_t survivor = (leader + 1) % 5;
  const std::size_t silent = (leader + 2) % 5;
  for (const std::size_t other : others(survivor))
    if (other != silent) cluster->stop(other);
  forget_leader(survivor);
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.kind != PeerMessage::recovery || packet.from != KeeperCluster::id(silent);
  };
  const Answer answer = recover(survivor);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("does not say"), std::string::npos) << answer.text;
  EXPECT_EQ(known(survivor), range);
}

TEST_F(Recovery, WhoIsLinkedBeforeTheLastAnswerIsAskedToo) {
  make();
  const std::size_t asked = (leader + 1) % 3;
  const std::size_t late = 3 - leader - asked;
  put(leader, "a", "1");
  cluster->rounds(50);
  cluster->isolate(late, true);
  cluster->stop(leader);
  // One more that is linked, holds nothing of the range, and takes its time to say so.
  forget_leader(asked);
  forget_leader(late);
  cluster->start(leader, true);
  bool answers = false;
  std::vector<KeeperNode::Packet> kept;
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    const bool is_word = packet.kind == PeerMessage::recovery && packet.from == KeeperCluster::id(leader);
    if (is_word && !answers) kept.push_back(packet);
    return packet.kind != PeerMessage::group && (answers || !is_word);
  };
  const std::uint64_t ticket = give(asked, range);
  ASSERT_TRUE(cluster->until([&] { return !kept.empty(); }));
  cluster->isolate(late, false);
  answers = true;
  for (const KeeperNode::Packet& packet : kept)
    EXPECT_TRUE(cluster->node(asked).keeper().on_message(packet.from, packet.kind, packet.body));
  const Answer answer = cluster->await(asked, ticket);
  EXPECT_EQ(answer.code, AnswerCode::refused);
  EXPECT_NE(answer.text.find("has its majority"), std::string::npos) << answer.text;
  EXPECT_EQ(known(asked), range);
}

TEST_F(Recovery, TheLogThatGoesFurthestIsChosenAndTheOthersAreTakenInAgain) {
  make(5);
  const std::size_t behind = (leader + 1) % 5;
  const std::size_t ahead = (leader + 2) % 5;
  put(leader, "a", "1");
  cluster->rounds(50);
  cluster->isolate(behind, true);
  put(leader, "b", "2");
  cluster->rounds(50);
  for (const std::size_t other : others(behind))
    if (other != ahead) cluster->stop(other);
  cluster->isolate(behind, false);
  forget_leader(ahead);
  forget_leader(behind);
  const Answer answer = recover(behind);
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  EXPECT_NE(answer.text.find(std::to_string(ahead + 1) + " from index"), std::string::npos) << answer.text;
  ASSERT_TRUE(cluster->until(
      [&] { return descriptor(ahead).members.voters.size() == 2 && holds(behind, known(ahead)); }));
  EXPECT_FALSE(holds(behind, range));
  EXPECT_EQ(cluster->value(behind, "b"), "2");
  put(behind, "c", "3");
}

TEST_F(Recovery, OldVotersThatReturnGiveUpWhatTheyHave) {
  make();
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t survivor = (leader + 1) % 3;
  for (const std::size_t other : others(survivor)) cluster->stop(other);
  forget_leader(survivor);
  ASSERT_EQ(recover(survivor).code, AnswerCode::done);
  put(survivor, "a", "2");
  const RangeId now = known(survivor);
  for (const std::size_t other : others(survivor)) cluster->start(other);
  ASSERT_TRUE(cluster->until([&] {
    const auto rest = others(survivor);
    return std::all_of(rest.begin(), rest.end(), [&](std::size_t other) {
      return known(other) == now && !cluster->node(other).keeper().replicas().find(range) &&
             cluster->node(other).records().empty();
    });
  }));
  for (std::size_t place = 0; place < 3; ++place) EXPECT_EQ(cluster->value(place, "a"), "2");
  put(leader, "a", "3");
  EXPECT_EQ(cluster->value(survivor, "a"), "3");
  EXPECT_FALSE(cluster->node(leader).recovery_reports.empty());
  // As members they begin anew.
  EXPECT_EQ(
      cluster
          ->run_order(survivor, now,
                      ChangeMembers{{KeeperCluster::id(0), KeeperCluster::id(1), KeeperCluster::id(2)}, {}})
          .code,
      AnswerCode::done);
  for (std::size_t place = 0; place < 3; ++place) EXPECT_TRUE(holds(place, now));
}

// Two old voters are a majority of what the range was, until they hear what it is.
TEST_F(Recovery, WhatOldVotersAgreeOnByThemselvesCountsNoMoreWhenTheyHearOfIt) {
  make();
  const std::size_t survivor = part();
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] {
    return !cluster->node(leader).keeper().replicas().find(range) && known(leader) == known(survivor);
  }));
  for (std::size_t place = 0; place < 3; ++place) EXPECT_EQ(cluster->value(place, "a"), "2");
  for (const std::size_t other : others(survivor)) {
    ASSERT_EQ(cluster->node(other).given_up.size(), 1u);
    const GivenUp& given_up = cluster->node(other).given_up.front();
    EXPECT_EQ(given_up.range, range);
    EXPECT_EQ(given_up.first, 1u);
    EXPECT_EQ(commands(given_up).back(), "put a past");
    EXPECT_LE(given_up.committed, given_up.last.index);
    EXPECT_NE(cluster->node(other).recovery_reports.back().find("; what it held is in a file"),
              std::string::npos);
  }
  EXPECT_TRUE(cluster->node(survivor).given_up.empty());
}

TEST_F(Recovery, WhatCanNotBeWrittenDownIsNotDeletedAndServesNobody) {
  make(3, "sqlite");
  const std::size_t survivor = part();
  for (const std::size_t other : others(survivor)) cluster->node(other).keeps_given_up = false;
  cluster->isolate(survivor, false);
  const auto is_there = [&](std::size_t place) {
    return cluster->node(place).keeper().replicas().find(range) != nullptr;
  };
  ASSERT_TRUE(cluster->until([&] { return !cluster->node(leader).recovery_reports.empty(); }));
  cluster->rounds(500);
  EXPECT_EQ(cluster->node(leader).recovery_reports.size(), 1u) << "it is said once";
  for (const std::size_t other : others(survivor)) {
    EXPECT_TRUE(is_there(other));
    EXPECT_FALSE(cluster->node(other).keeper().replicas().find(range)->leads());
    EXPECT_EQ(cluster->node(other).closed, std::vector<RangeId>{range}) << "nobody takes it for complete";
    EXPECT_EQ(cluster->value(other, "a"), "2");
  }
  // Behind a crash it is as before.
  cluster->stop(leader);
  cluster->start(leader);
  ASSERT_TRUE(cluster->until([&] { return !is_there(leader) && !cluster->node(leader).given_up.empty(); }));
  EXPECT_EQ(commands(cluster->node(leader).given_up.back()).back(), "put a past");
  const std::size_t third = 3 - leader - survivor;
  EXPECT_TRUE(is_there(third));
  cluster->node(third).keeps_given_up = true;
  ASSERT_TRUE(cluster->until([&] { return !is_there(third); }));
  EXPECT_EQ(commands(cluster->node(third).given_up.back()).back(), "put a past");
  put(third, "a", "3");
  EXPECT_EQ(cluster->value(survivor, "a"), "3");
}

TEST_F(Recovery, EachVoterButTheSurvivorWritesDownWhatItHad) {
  make(5);
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t first = (leader + 1) % 5;
  const std::size_t second = (leader + 2) % 5;
  for (const std::size_t other : others(first))
    if (other != second) cluster->stop(other);
  forget_leader(first);
  forget_leader(second);
  ASSERT_EQ(recover(first).code, AnswerCode::done);
  const std::size_t late = (leader + 3) % 5;
  cluster->start(late);
  const std::size_t survivor = cluster->await_leader(known(first));
  for (const std::size_t one : {first, second, late}) {
    ASSERT_TRUE(cluster->until([&] { return known(one) == known(first) && !is_there(one, range); }));
    EXPECT_EQ(cluster->node(one).given_up.size(), one == survivor ? 0u : 1u);
  }
}

TEST_F(Recovery, WhoseAnswerNobodyHeardWritesDownWhatItHad) {
  make(5);
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t first = (leader + 1) % 5;
  const std::size_t second = (leader + 2) % 5;
  for (const std::size_t other : others(first))
    if (other != second) cluster->stop(other);
  forget_leader(first);
  forget_leader(second);
  bool has_answered = false;
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    const bool is_answer = packet.kind == PeerMessage::recovery && packet.from == KeeperCluster::id(second);
    has_answered = has_answered || is_answer;
    return !is_answer;
  };
  const std::uint64_t ticket = give(first, range);
  ASSERT_TRUE(cluster->until([&] { return has_answered; }));
  cluster->isolate(second, true);
  const Answer answer = cluster->await(first, ticket);
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  cluster->on_packet = nullptr;
  cluster->isolate(second, false);
  ASSERT_TRUE(cluster->until([&] { return !is_there(second, range); }));
  ASSERT_EQ(cluster->node(second).given_up.size(), 1u);
  EXPECT_EQ(commands(cluster->node(second).given_up.back()).back(), "put a 1");
}

TEST_F(Recovery, WhatIsOnItsWayToTheJournalIsWaitedForAndWrittenDown) {
  make();
  const std::size_t survivor = part();
  KeeperNode& node = cluster->node(leader);
  node.holds_log = true;
  cluster->append(leader, "a", "put a under_way");
  cluster->rounds(20);
  cluster->isolate(survivor, false);
  cluster->rounds(100);
  EXPECT_TRUE(node.given_up.empty());
  EXPECT_TRUE(is_there(leader, range));
  node.holds_log = false;
  ASSERT_TRUE(cluster->until([&] { return !is_there(leader, range); }));
  ASSERT_EQ(node.given_up.size(), 1u);
  const GivenUp& given_up = node.given_up.back();
  EXPECT_EQ(given_up.until, given_up.last.index);
  EXPECT_EQ(commands(given_up).back(), "put a under_way");
}

TEST_F(Recovery, WhatDoesNotGetToTheJournalKeepsNothingElseFromBeingWrittenDown) {
  for (const bool is_said : {false, true}) {
    SCOPED_TRACE(is_said);
    make();
    const std::size_t survivor = part();
    KeeperNode& node = cluster->node(leader);
    node.holds_log = true;
    cluster->append(leader, "a", "put a under_way");
    cluster->rounds(20);
    cluster->isolate(survivor, false);
    node.keeper().log_refuses(is_said);
    ASSERT_TRUE(cluster->until([&] { return !node.given_up.empty(); }, is_said ? 10 : 1000));
    const GivenUp& given_up = node.given_up.back();
    EXPECT_LT(given_up.until, given_up.last.index);
    EXPECT_EQ(commands(given_up).back(), "put a past");
    EXPECT_NE(node.recovery_reports.back().find("; of its log, nothing behind index " +
                                                std::to_string(given_up.until) + " was in the journal"),
              std::string::npos)
        << node.recovery_reports.back();
  }
}

TEST_F(Recovery, WhatAReplicaHeldThatHasFailedIsWrittenDown) {
  make();
  const std::size_t survivor = part();
  KeeperNode& node = cluster->node(leader);
  cluster->append(leader, "a", "fail");
  ASSERT_TRUE(cluster->until([&] {
    const Replica* replica = node.keeper().replicas().find(range);
    return replica && replica->failed();
  }));
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return !is_there(leader, range); }));
  ASSERT_EQ(node.given_up.size(), 1u);
  const auto texts = commands(node.given_up.back());
  EXPECT_NE(std::find(texts.begin(), texts.end(), "put a past"), texts.end());
}

TEST_F(Recovery, WhatAReplicaHeldThatCanNotBeOpenedIsWrittenDown) {
  for (const bool is_taken : {true, false}) {
    SCOPED_TRACE(is_taken);
    make(3, "sqlite");
    const std::size_t survivor = part();
    const std::size_t lost = 3 - leader - survivor;
    cluster->stop(lost);
    cluster->isolate(survivor, false);
    cluster->start(lost, true);
    KeeperNode& node = cluster->node(lost);
    node.keeps_given_up = is_taken;
    if (!is_taken) {
      ASSERT_TRUE(cluster->until([&] { return node.refused_count > 0; }));
      cluster->rounds(200);
      EXPECT_TRUE(node.keeper().own().is_lost(range)) << "it is there until it is written down";
      node.keeps_given_up = true;
    }
    ASSERT_TRUE(cluster->until([&] { return !node.keeper().own().is_lost(range); }));
    ASSERT_EQ(node.given_up.size(), 1u);
    const GivenUp& given_up = node.given_up.back();
    EXPECT_EQ(commands(given_up).back(), "put a past");
    EXPECT_EQ(given_up.until, given_up.last.index);
    EXPECT_LE(given_up.committed, given_up.last.index);
  }
}

TEST_F(Recovery, OneReplicaIsWrittenDownInATurn) {
  make(3, "sqlite");
  put(0, "a", "1");
  put(0, "z", "1");
  ASSERT_EQ(cluster->run_order(leader, range, SplitRange{"m"}).code, AnswerCode::done);
  RangeId right;
  cluster->node(0).keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
    if (entry.id != range) right = entry.id;
  });
  for (std::size_t place = 0; place < 3; ++place)
    ASSERT_TRUE(cluster->until([&] { return holds(place, right); }));
  cluster->rounds(50);
  const std::size_t survivor = (leader + 1) % 3;
  for (const std::size_t other : others(survivor)) cluster->stop(other);
  for (const RangeId& one : {range, right}) {
    ASSERT_TRUE(cluster->until(
        [&] { return cluster->node(survivor).keeper().replicas().find(one)->leader() == NodeId::none; }));
    ASSERT_EQ(cluster->await(survivor, give(survivor, one)).code, AnswerCode::done);
  }
  const std::size_t other = others(survivor).front();
  cluster->start(other);
  KeeperNode& node = cluster->node(other);
  node.keeps_given_up = false;
  kv::Descriptor news;
  news.store = StoreId::dist;
  // Whatever is heard of other ranges, a disk that is full is left alone for a while.
  for (int i = 0; i < 6000; ++i) {
    ++news.epoch.members;
    node.keeper().learn({100, 1}, news);
    const int before = node.refused_count;
    cluster->round();
    ASSERT_LE(node.refused_count, before + 1);
  }
  EXPECT_GE(node.refused_count, 4);
  EXPECT_LE(node.refused_count, 10);
  EXPECT_EQ(node.recovery_reports.size(), 2u) << "it is said of each, once";
  node.keeps_given_up = true;
  while (node.given_up.size() < 2) {
    const std::size_t before = node.given_up.size();
    ASSERT_TRUE(cluster->until([&] { return node.given_up.size() > before; }));
    EXPECT_EQ(node.given_up.size(), before + 1);
  }
}

TEST_F(Recovery, OfALongLogTheEndIsReadAndItIsSaidFromWhereOn) {
  make(1, "sqlite");
  for (int i = 1; i <= 200; ++i) {
    cluster->append(0, "k", "put k " + std::to_string(i) + std::string(1000, 'x'));
    cluster->round();
  }
  cluster->rounds(50);
  tenon_group_status status{};
  ASSERT_TRUE(cluster->node(0).keeper().replicas().find(range)->status(status));
  GivenUp given_up;
  given_up.range = range;
  given_up.last = {status.last.index, status.last.term};
  ASSERT_TRUE(read_end_of_log(cluster->node(0).journal(), 50'000, given_up).ok());
  EXPECT_GT(given_up.first, 1u);
  std::size_t bytes = 0;
  std::uint64_t last = given_up.first - 1;
  for (const GivenUp::Entry& entry : given_up.entries) {
    EXPECT_GT(entry.at.index, last);
    last = entry.at.index;
    bytes += entry.payload.size();
  }
  EXPECT_EQ(last, given_up.last.index);
  EXPECT_GE(bytes, 50'000u);
  EXPECT_LT(bytes, 100'000u);
  ASSERT_TRUE(read_end_of_log(cluster->node(0).journal(), 100u << 20, given_up).ok());
  EXPECT_EQ(given_up.first, 1u);
  EXPECT_EQ(commands(given_up).size(), 200u);
}

TEST_F(Recovery, ALogThatCanNotBeReadIsNotKeptForEver) {
  make(3, "sqlite");
  const std::size_t survivor = part();
  const std::size_t other = 3 - leader - survivor;
  // The journal has nothing of it in memory.
  cluster->stop(other);
  cluster->start(other);
  KeeperNode& node = cluster->node(other);
  node.disk().refuses_reads = true;
  cluster->isolate(survivor, false);
  ASSERT_TRUE(cluster->until([&] { return !node.given_up.empty(); }));
  EXPECT_GT(node.given_up.back().first, 1u);
  ASSERT_TRUE(cluster->until([&] { return !is_there(other, range); }));
  EXPECT_NE(node.recovery_reports.back().find("; its log can't be read"), std::string::npos)
      << node.recovery_reports.back();
  node.disk().refuses_reads = false;
}

TEST_F(Recovery, OpenAppendsComeOnceAndInOrder) {
  for (const int lost : {0, 5, 20}) {
    SCOPED_TRACE(lost);
    make();
    const std::size_t survivor = (leader + 1) % 3;
    std::vector<std::uint64_t> tickets;
    std::string all;
    for (int i = 1; i <= 60; ++i) {
      tickets.push_back(cluster->append(survivor, "k", "log k " + std::to_string(i)));
      all += "," + std::to_string(i);
      if (i == 30 - lost)
        // Answers get lost, so that the sender does not know what was applied.
        cluster->on_packet = [&](const KeeperNode::Packet& packet) {
          return packet.kind != PeerMessage::answer;
        };
      if (i == 30)
        for (const std::size_t other : others(survivor)) cluster->stop(other);
      cluster->round();
    }
    forget_leader(survivor);
    ASSERT_EQ(recover(survivor).code, AnswerCode::done);
    for (const std::uint64_t ticket : tickets) {
      const AnswerCode code = cluster->await(survivor, ticket).code;
      EXPECT_TRUE(code == AnswerCode::done || code == AnswerCode::duplicate) << static_cast<int>(code);
    }
    EXPECT_EQ(cluster->value(survivor, "k"), all);
  }
}

TEST_F(Recovery, IsThereAfterAStartWhereverTheSurvivorWasStopped) {
  for (int rounds = 0; rounds < 8; ++rounds) {
    SCOPED_TRACE(rounds);
    make(3, "sqlite");
    put(0, "a", "1");
    cluster->rounds(50);
    const std::size_t survivor = (leader + 1) % 3;
    for (const std::size_t other : others(survivor)) cluster->stop(other);
    forget_leader(survivor);
    give(survivor, range);
    cluster->rounds(rounds);
    cluster->stop(survivor);
    cluster->start(survivor);
    cluster->rounds(10);
    if (known(survivor) == range) {
      forget_leader(survivor);
      ASSERT_EQ(recover(survivor).code, AnswerCode::done);
    }
    EXPECT_EQ(cluster->value(survivor, "a"), "1");
    put(survivor, "a", "2");
    ASSERT_TRUE(cluster->until([&] { return cluster->node(survivor).records().size() == 1; }));
    cluster->stop(survivor);
    cluster->start(survivor);
    EXPECT_EQ(cluster->value(survivor, "a"), "2");
    EXPECT_EQ(cluster->node(survivor).failures, std::vector<std::string>());
  }
}

TEST_F(Recovery, ASplitThatOnlyTheSurvivorHasBecomesTwoRanges) {
  make();
  put(0, "a", "1");
  put(0, "z", "1");
  cluster->rounds(50);
  const std::size_t survivor = (leader + 1) % 3;
  const std::size_t third = 3 - leader - survivor;
  cluster->stop(third);
  // The survivor gets the entry, and the leader does not hear so.
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.from != KeeperCluster::id(survivor);
  };
  cluster->order(leader, range, SplitRange{"m"});
  cluster->rounds(30);
  cluster->stop(leader);
  cluster->on_packet = nullptr;
  forget_leader(survivor);
  ASSERT_EQ(recover(survivor).code, AnswerCode::done);
  const auto child_of = [&] {
    RangeId child;
    cluster->node(survivor).keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
      if (entry.id.number != range.number) child = entry.id;
    });
    return child;
  };
  EXPECT_EQ(cluster->value(survivor, "a"), "1");
  const RangeId child = child_of();
  ASSERT_NE(child, RangeId{});
  ASSERT_TRUE(cluster->until([&] { return holds(survivor, child); }));
  ASSERT_EQ(cluster->await(survivor, give(survivor, child)).code, AnswerCode::done);
  EXPECT_EQ(cluster->value(survivor, "z"), "1");
  put(survivor, "z", "2");
  put(survivor, "a", "2");
}

TEST_F(Recovery, ARangeThatWasToBePartOfItsNeighbourIsRecoveredBehindThatOne) {
  make();
  put(0, "a", "1");
  put(0, "z", "1");
  ASSERT_EQ(cluster->run_order(leader, range, SplitRange{"m"}).code, AnswerCode::done);
  RangeId right;
  cluster->node(0).keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
    if (entry.id != range) right = entry.id;
  });
  leader = cluster->await_leader(range);
  const std::size_t survivor = (leader + 1) % 3;
  const auto is_frozen = [&] {
    const Replica* replica = cluster->node(survivor).keeper().replicas().find(right);
    return replica && replica->range().is_frozen();
  };
  // The left one never hears that all members are ready.
  cluster->on_packet = [&](const KeeperNode::Packet& packet) {
    return packet.kind != PeerMessage::merge || packet.from != KeeperCluster::id(survivor) || !is_frozen();
  };
  cluster->order(leader, range, MergeRanges{right, cluster->epoch(leader, right)});
  ASSERT_TRUE(cluster->until(is_frozen));
  for (const std::size_t other : others(survivor)) cluster->stop(other);
  forget_leader(survivor);
  ASSERT_TRUE(cluster->until(
      [&] { return cluster->node(survivor).keeper().replicas().find(right)->leader() == NodeId::none; }));
  const Answer early = cluster->await(survivor, give(survivor, right));
  EXPECT_EQ(early.code, AnswerCode::refused);
  EXPECT_NE(early.text.find("left neighbour"), std::string::npos) << early.text;
  ASSERT_EQ(recover(survivor).code, AnswerCode::done);
  const Answer answer = cluster->await(survivor, give(survivor, right));
  ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  for (const char* key : {"a", "z"}) {
    EXPECT_EQ(cluster->value(survivor, key), "1");
    put(survivor, key, "2");
  }
  EXPECT_EQ(cluster->node(survivor).failures, std::vector<std::string>());
}

TEST_F(Recovery, OfTwoThatKnowNothingOfEachOtherTheLaterOneStays) {
  make();
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t first = (leader + 1) % 3;
  const std::size_t second = (leader + 2) % 3;
  cluster->stop(leader);
  cluster->isolate(first, true);
  forget_leader(first);
  ASSERT_EQ(recover(first).code, AnswerCode::done);
  put(first, "a", "first");
  const RangeId lost = known(first);
  forget_leader(second);
  ASSERT_EQ(recover(second).code, AnswerCode::done);
  put(second, "a", "second");
  cluster->isolate(first, false);
  ASSERT_TRUE(cluster->until([&] { return !cluster->node(first).keeper().replicas().find(lost); }));
  for (const std::size_t place : {first, second}) EXPECT_EQ(cluster->value(place, "a"), "second");
}

// Both have gone on from the same rows, and given the same numbers to different commands.
TEST_F(Recovery, OfNumbersThatAnotherRecoveryHasGivenNothingIsKnown) {
  make();
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t first = (leader + 1) % 3;
  const std::size_t second = (leader + 2) % 3;
  cluster->stop(leader);
  cluster->isolate(first, true);
  forget_leader(first);
  ASSERT_EQ(recover(first).code, AnswerCode::done);
  const RangeId lost = known(first);
  forget_leader(second);
  ASSERT_EQ(recover(second).code, AnswerCode::done);
  const RangeId now = known(second);
  put(second, "a", "2");
  cluster->isolate(first, false);
  ASSERT_TRUE(cluster->until([&] { return known(first) == now; }));
  const auto asked_about = [&](const RangeId& former) {
    constexpr std::uint64_t question = 0x77;
    std::string text;
    WireWriter out(text);
    kv::write(out, former);
    kv::Command command;
    command.source = kv::SourceId{0x123};
    command.text = text;
    std::optional<AnswerCode> code;
    cluster->on_packet = [&](const KeeperNode::Packet& packet) {
      const auto answer =
          packet.kind == PeerMessage::answer ? read_answer_message(packet.body) : std::nullopt;
      if (!answer || answer->id != question) return true;
      code = answer->answer.code;
      return false;
    };
    EXPECT_TRUE(cluster->node(second).keeper().on_message(
        KeeperCluster::id(first), PeerMessage::request,
        write_request_message({now, Request::Kind::source, command, question})));
    EXPECT_TRUE(cluster->until([&] { return code.has_value(); }));
    return code.value_or(AnswerCode::busy);
  };
  EXPECT_EQ(asked_about(range), AnswerCode::done);
  EXPECT_EQ(asked_about(lost), AnswerCode::stale);
  EXPECT_EQ(asked_about({range.number + 1, 1}), AnswerCode::refused);
}

TEST_F(Recovery, ARangeIsRecoveredMoreThanOnce) {
  make();
  put(0, "a", "1");
  cluster->rounds(50);
  const std::size_t survivor = (leader + 1) % 3;
  for (const std::size_t other : others(survivor)) cluster->stop(other);
  forget_leader(survivor);
  ASSERT_EQ(recover(survivor).code, AnswerCode::done);
  range = known(survivor);
  const Answer again = recover(survivor);
  EXPECT_EQ(again.code, AnswerCode::refused) << again.text;
  const std::size_t other = others(survivor).front();
  cluster->start(other);
  ASSERT_EQ(cluster
                ->run_order(survivor, range,
                            ChangeMembers{{KeeperCluster::id(survivor), KeeperCluster::id(other)}, {}})
                .code,
            AnswerCode::done);
  put(other, "a", "2");
  cluster->rounds(50);
  cluster->stop(survivor);
  forget_leader(other);
  ASSERT_EQ(recover(other).code, AnswerCode::done);
  EXPECT_EQ(cluster->value(other, "a"), "2");
  EXPECT_EQ(kv::era_of(descriptor(other).epoch), 2u);
}

}  // namespace
}  // namespace tenon::store::test
