// Majorities that are lost again and again, at any moment, and come back.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "support/sim_random.h"
#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

constexpr std::size_t node_count = 5;
constexpr std::size_t lost_count = 3;

// Each node writes ascending numbers to an item of its own, whatever happens to it.
class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed), cluster_("sqlite", node_count) {
    range_ = cluster_.first_range();
    (void)cluster_.await_leader(range_);
    cluster_.on_packet = [this](const KeeperNode::Packet& packet) {
      return packet.kind != PeerMessage::group || !random_.percent(3);
    };
  }

  void write_for(int rounds) {
    while (rounds-- > 0) {
      for (std::size_t place = 0; place < node_count; ++place)
        if (cluster_.is_up(place) && random_.percent(40)) append(place);
      cluster_.round();
    }
  }
  // Until everything that was asked for was answered, and every replica has it.
  void come_to_rest() {
    for (const auto& [ticket, one] : open_)
      ASSERT_TRUE(cluster_.until(
          [&, ticket = ticket, place = one.place] { return cluster_.node(place).answers.contains(ticket); }));
    cluster_.rounds(50);
    take_answers();
  }
  // Of those that are left, one is asked to recover the range. With `suddenly`, what was acknowledged by then
  // may be lost.
  void lose_majority(bool suddenly) {
    std::vector<std::size_t> places{0, 1, 2, 3, 4};
    for (std::size_t i = 0; i < lost_count; ++i)
      std::swap(places[i], places[i + random_.below(node_count - i)]);
    for (std::size_t i = 0; i < lost_count; ++i) stop(places[i]);
    take_answers();
    if (suddenly) acknowledged_.clear();
    const std::size_t asked = places[lost_count];
    ASSERT_TRUE(cluster_.until([&] {
      write_for(1);
      return is_leaderless();
    }));
    const Answer answer = cluster_.await(asked, cluster_.recover(asked, range_));
    ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
    cluster_.node(asked).keeper().ranges().each(
        [&](const kv::RangeTable::Entry& entry) { range_ = entry.id; });
    take_answers();
  }
  // Those who were lost are a majority of what the range was, and begin to act as one before they hear what
  // it is: what they acknowledge counts for nothing.
  void bring_back_out_of_contact() {
    std::vector<std::size_t> survivors;
    for (std::size_t place = 0; place < node_count; ++place)
      if (cluster_.is_up(place)) survivors.push_back(place);
    for (const std::size_t place : survivors) cluster_.isolate(place, true);
    for (std::size_t place = 0; place < node_count; ++place)
      if (!cluster_.is_up(place)) cluster_.start(place);
    const auto before = acknowledged_;
    write_for(400);
    for (const std::size_t place : survivors) cluster_.isolate(place, false);
    ASSERT_TRUE(cluster_.until([&] { return is_past_over(); }));
    // What was answered just before that is on its way.
    cluster_.rounds(3);
    take_answers();
    const auto meanwhile = std::exchange(acknowledged_, before);
    for (const std::size_t place : survivors) {
      const auto found = meanwhile.find(place);
      if (found != meanwhile.end()) acknowledged_[place] = found->second;
    }
  }
  void bring_all_back() {
    for (std::size_t place = 0; place < node_count; ++place) {
      if (!cluster_.is_up(place)) cluster_.start(place);
      write_for(static_cast<int>(random_.below(20)));
    }
    ChangeMembers everybody;
    for (std::size_t place = 0; place < node_count; ++place)
      everybody.voters.push_back(KeeperCluster::id(place));
    const std::size_t leader = cluster_.await_leader(range_);
    ASSERT_TRUE(cluster_.until([&] { return cluster_.epoch(leader, range_).members > 0; }));
    const Answer answer = cluster_.await(leader, cluster_.order(leader, range_, everybody));
    ASSERT_EQ(answer.code, AnswerCode::done) << answer.text;
  }
  void check() {
    for (std::size_t place = 0; place < node_count; ++place) {
      const std::string key = "k" + std::to_string(place);
      const std::string text = cluster_.value(0, key);
      for (std::size_t other = 1; other < node_count; ++other) EXPECT_EQ(cluster_.value(other, key), text);
      const std::vector<int> numbers = numbers_of(text);
      EXPECT_TRUE(std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) == numbers.end())
          << text;
      for (const int number : acknowledged_[place])
        EXPECT_TRUE(std::binary_search(numbers.begin(), numbers.end(), number)) << number << " of " << text;
    }
    for (std::size_t place = 0; place < node_count; ++place)
      EXPECT_EQ(cluster_.node(place).failures, std::vector<std::string>());
  }

 private:
  struct Open {
    std::size_t place;
    int number;
  };

  void append(std::size_t place) {
    const std::string key = "k" + std::to_string(place);
    const int number = ++last_number_;
    open_[cluster_.append(place, key, "log " + key + " " + std::to_string(number))] = {place, number};
  }
  void stop(std::size_t place) {
    take_answers();
    std::erase_if(open_, [&](const auto& one) { return one.second.place == place; });
    cluster_.stop(place);
  }
  void take_answers() {
    std::erase_if(open_, [&](const auto& one) {
      const auto& answers = cluster_.node(one.second.place).answers;
      const auto answer = answers.find(one.first);
      if (answer == answers.end()) return false;
      EXPECT_TRUE(answer->second.code == AnswerCode::done || answer->second.code == AnswerCode::duplicate ||
                  answer->second.code == AnswerCode::timed_out)
          << static_cast<int>(answer->second.code);
      if (answer->second.code != AnswerCode::timed_out)
        acknowledged_[one.second.place].push_back(one.second.number);
      return true;
    });
  }
  bool is_past_over() {
    for (std::size_t place = 0; place < node_count; ++place) {
      bool has_past = false;
      cluster_.node(place).keeper().replicas().each(
          [&](const Replica& replica) { has_past = has_past || replica.id() != range_; });
      if (has_past) return false;
    }
    return true;
  }
  bool is_leaderless() {
    for (std::size_t place = 0; place < node_count; ++place) {
      if (!cluster_.is_up(place)) continue;
      const Replica* replica = cluster_.node(place).keeper().replicas().find(range_);
      if (replica && (replica->leads() || replica->leader() != NodeId::none)) return false;
    }
    return true;
  }
  static std::vector<int> numbers_of(const std::string& text) {
    std::vector<int> numbers;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');)
      if (!part.empty()) numbers.push_back(std::stoi(part));
    return numbers;
  }

  tenon::test::SimRandom random_;
  KeeperCluster cluster_;
  RangeId range_;
  int last_number_ = 0;
  std::map<std::uint64_t, Open> open_;  // by ticket
  std::map<std::size_t, std::vector<int>> acknowledged_;
};

class RecoveryStorm : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RecoveryStorm, WhatTheSurvivorHadIsThereOnceAndInOrder) {
  Storm storm(GetParam());
  for (int turn = 0; turn < 3; ++turn) {
    storm.write_for(40);
    // In the last turn what is written has no time to reach everybody.
    const bool suddenly = turn == 2;
    if (!suddenly) storm.come_to_rest();
    if (HasFatalFailure()) return;
    storm.lose_majority(suddenly);
    if (HasFatalFailure()) return;
    storm.write_for(20);
    if (GetParam() % 2 == 0) storm.bring_back_out_of_contact();
    storm.bring_all_back();
    if (HasFatalFailure()) return;
    storm.come_to_rest();
    if (HasFatalFailure()) return;
    storm.check();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RecoveryStorm, ::testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace tenon::store::test
