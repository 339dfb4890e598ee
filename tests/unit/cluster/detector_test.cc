#include "cluster/detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tenon::cluster {
namespace {

constexpr NodeId suspect{7};
constexpr FailureDetector::Options options;

// A detector with a clock that a test moves; keeps what comes out.
class Detecting : public ::testing::Test {
 protected:
  explicit Detecting(const FailureDetector::Options& chosen = options) : detector(chosen) {}

  // Lets time pass by ticks. `heard`: the nodes whose links bring something at each of them.
  void pass(std::int64_t ns, std::vector<NodeId> heard = {}) {
    for (const MonoNs end = now + ns; now < end;) {
      now += options.tick_ns;
      for (const NodeId node : heard) detector.on_heard(node, now);
      detector.tick(now);
      collect();
    }
  }
  void collect() {
    for (const auto& change : detector.take_changes()) {
      states.push_back(change.state);
      last = change;
    }
    for (const auto& question : detector.take_questions()) questions.push_back(question);
  }
  NodeState state_of(NodeId node) {
    for (const auto& view : detector.nodes())
      if (view.node == node) return view.state;
    ADD_FAILURE() << "not known";
    return NodeState::gone;
  }
  void up(std::uint64_t node, std::uint64_t incarnation = 1) {
    detector.on_up(NodeId{node}, incarnation, now);
    collect();
  }
  void answer(NodeId witness, std::int64_t ago_ns, std::uint64_t incarnation = 1,
              std::optional<MonoNs> asked_ns = std::nullopt) {
    detector.on_answer(witness, suspect, {incarnation, ago_ns}, asked_ns, now);
    collect();
  }

  FailureDetector detector;
  MonoNs now = 100 * ns_per_s;
  std::vector<NodeState> states;
  std::vector<FailureDetector::Question> questions;
  FailureDetector::Change last;
};

TEST_F(Detecting, ANodeWhoseLinkBringsSomethingIsAliveAndNobodyIsAskedForIt) {
  up(7);
  up(2);
  pass(60 * ns_per_s, {suspect, NodeId{2}});
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_TRUE(questions.empty());
  EXPECT_EQ(states, (std::vector{NodeState::alive, NodeState::alive}));
}

TEST_F(Detecting, ASilentNodeIsASuspectAtHalfTheBoundAndGoneAtTheBound) {
  up(7);
  states.clear();
  pass(options.suspect_ns);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  pass(options.tick_ns);
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  pass(options.gone_ns - options.suspect_ns - options.tick_ns);
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  pass(options.tick_ns);
  EXPECT_EQ(state_of(suspect), NodeState::gone);
  EXPECT_EQ(last.heard_ns, 100 * ns_per_s);
  EXPECT_EQ(states, (std::vector{NodeState::suspect, NodeState::gone}));
  EXPECT_LE(options.gone_ns, 3 * ns_per_s);
}

TEST_F(Detecting, AWordOfAnotherKeepsANodeAliveWhoseLinkIsSilent) {
  up(7);
  up(2);
  for (int second = 0; second < 60; ++second) {
    pass(ns_per_s, {NodeId{2}});
    answer(NodeId{2}, 100 * ns_per_ms);
  }
  EXPECT_EQ(std::ranges::count(states, NodeState::gone), 0);
  EXPECT_EQ(std::ranges::count(states, NodeState::suspect), 0);
  EXPECT_FALSE(questions.empty());
}

TEST_F(Detecting, ALinkThatEndsMakesASuspectAtOnceAndAWordFromBehindTheEndClearsIt) {
  up(7);
  up(2);
  pass(ns_per_s, {suspect, NodeId{2}});
  detector.on_down(suspect, LinkEnd::lost, now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  ASSERT_EQ(questions, (std::vector{FailureDetector::Question{NodeId{2}, suspect}}));
  // What the other has heard before may be the last that the node has said.
  answer(NodeId{2}, 50 * ns_per_ms);
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  pass(ns_per_s / 2, {NodeId{2}});
  answer(NodeId{2}, 100 * ns_per_ms);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_EQ(last.witness, NodeId{2});
}

TEST_F(Detecting, AnOldWordClearsNothing) {
  up(7);
  up(2);
  pass(2 * ns_per_s, {NodeId{2}});
  answer(NodeId{2}, options.suspect_ns + ns_per_s / 4);
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
}

TEST_F(Detecting, AWordThatWasOnItsWayForLongCountsFromWhenItWasAskedFor) {
  up(7);
  up(2);
  const MonoNs asked_ns = now;
  pass(5 * ns_per_s, {NodeId{2}});
  ASSERT_EQ(state_of(suspect), NodeState::gone);
  answer(NodeId{2}, 0, 1, asked_ns);
  EXPECT_EQ(state_of(suspect), NodeState::gone);
  answer(NodeId{2}, 0, 1, now - ns_per_s / 4);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_EQ(last.heard_ns, now - ns_per_s / 4);
}

TEST_F(Detecting, AnAnswerToAQuestionThatNobodyHasAskedYetCountsFromNow) {
  up(7);
  up(2);
  pass(5 * ns_per_s, {NodeId{2}});
  answer(NodeId{2}, 0, 1, now + ns_per_s);
  EXPECT_EQ(last.heard_ns, now);
  answer(NodeId{2}, 0, 1, -1);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
}

TEST_F(Detecting, AWordOfAnEarlierStartIsWorthNothingAndOneOfALaterStartIsNews) {
  up(7, 5);
  up(2);
  detector.on_down(suspect, LinkEnd::lost, now);
  pass(ns_per_s, {NodeId{2}});
  answer(NodeId{2}, 0, 4);
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  answer(NodeId{2}, 0, 6);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_EQ(last.incarnation, 6u);
}

TEST_F(Detecting, AGoneNodeIsAskedForStillAndIsAliveWhenAnotherHearsIt) {
  up(7);
  up(2);
  pass(5 * ns_per_s, {NodeId{2}});
  ASSERT_EQ(state_of(suspect), NodeState::gone);
  questions.clear();
  pass(10 * ns_per_s, {NodeId{2}});
  EXPECT_EQ(questions.size(), 5u);
  answer(NodeId{2}, 0);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
}

TEST_F(Detecting, ALinkThatIsUpAgainMakesAGoneNodeAlive) {
  up(7);
  detector.on_down(suspect, LinkEnd::silent, now);
  pass(5 * ns_per_s);
  ASSERT_EQ(state_of(suspect), NodeState::gone);
  up(7);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
}

TEST_F(Detecting, OneThatHasSaidGoodbyeHasLeftAndNobodyIsAskedForIt) {
  up(7);
  up(2);
  detector.on_down(suspect, LinkEnd::leaving, now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::left);
  pass(10 * ns_per_s, {NodeId{2}});
  EXPECT_EQ(state_of(suspect), NodeState::left);
  EXPECT_TRUE(questions.empty());
}

TEST_F(Detecting, OneThatHasLeftIsAskedForWhenSomebodyTellsOfItAndIsAliveWhenItIsHeard) {
  up(7);
  up(2);
  detector.on_down(suspect, LinkEnd::leaving, now);
  pass(3600 * ns_per_s, {NodeId{2}});
  detector.on_known(suspect, now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  EXPECT_EQ(questions, std::vector({FailureDetector::Question{NodeId{2}, suspect}}));
  answer(NodeId{2}, 0, 2);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
}

TEST_F(Detecting, OneThatHasLeftAndIsToldOfLateIsGoneWhenNobodyHearsIt) {
  up(7);
  up(2);
  detector.on_down(suspect, LinkEnd::leaving, now);
  detector.on_known(suspect, now);
  answer(NodeId{2}, options.tick_ns);
  EXPECT_NE(state_of(suspect), NodeState::alive) << "it was heard before it said goodbye";
  pass(options.gone_ns + options.tick_ns, {NodeId{2}});
  EXPECT_EQ(state_of(suspect), NodeState::gone);
}

TEST_F(Detecting, OthersAreAskedInTurnAndNeverMoreThanTheLimitAtATime) {
  up(7);
  const std::vector<NodeId> others = {NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}, NodeId{5}};
  for (std::uint64_t id = 1; id <= 5; ++id) up(id);
  pass(options.suspect_ns + options.tick_ns, others);
  EXPECT_EQ(questions.size(), options.witness_count_max);
  pass(options.ask_ns, others);
  EXPECT_EQ(questions.size(), 2 * options.witness_count_max);
  for (const NodeId other : others)
    EXPECT_GE(std::ranges::count(questions, FailureDetector::Question{other, suspect}), 1);
}

class DetectingAlone : public Detecting {
 protected:
  DetectingAlone() : Detecting(without_witnesses()) {}

 private:
  static FailureDetector::Options without_witnesses() {
    FailureDetector::Options chosen;
    chosen.witness_count_max = 0;
    return chosen;
  }
};

TEST_F(DetectingAlone, NobodyIsAsked) {
  for (const std::uint64_t node : {2, 3, 7}) up(node);
  pass(options.gone_ns + options.tick_ns, {NodeId{2}, NodeId{3}});
  EXPECT_EQ(state_of(suspect), NodeState::gone);
  EXPECT_TRUE(questions.empty());
}

TEST_F(Detecting, WhatOthersHearIsTheOwnLinkAloneAndNoRumour) {
  up(7);
  up(2);
  pass(ns_per_s / 2, {suspect});
  ASSERT_TRUE(detector.word_about(suspect, now + 7));
  EXPECT_EQ(detector.word_about(suspect, now + 7)->heard_ago_ns, 7);
  detector.on_down(suspect, LinkEnd::lost, now);
  pass(ns_per_s / 2, {NodeId{2}});
  answer(NodeId{2}, 0);
  ASSERT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_FALSE(detector.word_about(suspect, now)) << "its own link is down";
  EXPECT_FALSE(detector.word_about(NodeId{99}, now));
}

TEST_F(Detecting, OneThatStoodStillSaysOfOthersNoMoreThanItHasHeard) {
  up(7);
  pass(ns_per_s, {suspect});
  now += 20 * ns_per_s;
  detector.tick(now);
  ASSERT_TRUE(detector.word_about(suspect, now));
  EXPECT_EQ(detector.word_about(suspect, now)->heard_ago_ns, 20 * ns_per_s);
  detector.on_heard(suspect, now);
  EXPECT_EQ(detector.word_about(suspect, now)->heard_ago_ns, 0);
}

TEST_F(Detecting, ALaterStartThatWasHeardLongAgoIsASuspectAndAChange) {
  up(7, 5);
  up(2);
  detector.on_down(suspect, LinkEnd::leaving, now);
  pass(4 * ns_per_s, {NodeId{2}});
  states.clear();
  answer(NodeId{2}, 2 * ns_per_s, 6);
  EXPECT_EQ(states, (std::vector{NodeState::suspect}));
  EXPECT_EQ(last.incarnation, 6u);
}

TEST_F(Detecting, EndOfALinkThatComesFirstBehindAPauseOfThisNodeMakesASuspectOnly) {
  up(7);
  up(2);
  pass(10 * ns_per_s, {suspect, NodeId{2}});
  now += 60 * ns_per_s;
  detector.on_down(suspect, LinkEnd::silent, now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  EXPECT_EQ(state_of(NodeId{2}), NodeState::alive);
  EXPECT_FALSE(questions.empty());
}

TEST_F(Detecting, AnAnswerThatIsReadFirstBehindAPauseOfThisNodeMakesNobodyGone) {
  up(7);
  up(2);
  detector.on_down(suspect, LinkEnd::lost, now);
  pass(ns_per_s, {NodeId{2}});
  answer(NodeId{2}, 0);
  ASSERT_EQ(state_of(suspect), NodeState::alive);
  pass(options.tick_ns, {NodeId{2}});
  const MonoNs asked_ns = now;
  now += 20 * ns_per_s;
  answer(NodeId{2}, 0, 1, asked_ns);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
}

TEST_F(Detecting, TimeInWhichThisNodeStoodStillIsNotHeldAgainstOthers) {
  up(7);
  pass(ns_per_s, {suspect});
  now += 60 * ns_per_s;
  detector.tick(now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  pass(options.gone_ns + options.tick_ns);
  EXPECT_EQ(state_of(suspect), NodeState::gone);
}

TEST_F(Detecting, ANodeThatIsGoneForLongIsForgotten) {
  up(7);
  detector.on_down(suspect, LinkEnd::lost, now);
  pass(5 * ns_per_s);
  now += options.forget_ns + options.tick_ns;
  detector.tick(now);
  EXPECT_TRUE(detector.nodes().empty());
}

TEST_F(Detecting, OneThatWasOnlyHeardOfIsAskedForAndAliveOnceSomebodyHearsIt) {
  up(2);
  questions.clear();
  detector.on_known(suspect, now);
  collect();
  EXPECT_EQ(state_of(suspect), NodeState::suspect);
  EXPECT_EQ(questions, (std::vector{FailureDetector::Question{NodeId{2}, suspect}}));
  answer(NodeId{2}, 10 * ns_per_ms, 3);
  EXPECT_EQ(state_of(suspect), NodeState::alive);
  EXPECT_EQ(last.incarnation, 3u);
}

TEST_F(Detecting, OneThatWasOnlyHeardOfAndThatNobodyHearsIsGone) {
  up(2);
  detector.on_known(suspect, now);
  pass(options.gone_ns + options.tick_ns, {NodeId{2}});
  EXPECT_EQ(state_of(suspect), NodeState::gone);
}

TEST_F(Detecting, WithTwoSuspectsEachIsAskedForOfAllOthersInTheEnd) {
  std::vector<NodeId> others;
  for (std::uint64_t number = 1; number <= 6; ++number) others.push_back(NodeId{number});
  for (const NodeId node : others) up(static_cast<std::uint64_t>(node));
  for (const NodeId node : {suspect, NodeId{8}}) {
    up(static_cast<std::uint64_t>(node));
    detector.on_down(node, LinkEnd::lost, now);
  }
  pass(3 * ns_per_s, others);
  for (const NodeId about : {suspect, NodeId{8}}) {
    std::set<NodeId> asked;
    for (const auto& question : questions)
      if (question.about == about) asked.insert(question.witness);
    EXPECT_EQ(asked, (std::set<NodeId>(others.begin(), others.end())));
  }
}

TEST_F(Detecting, WhoHasAnsweredIsAskedAgainEachTimeAndTheOthersInTurn) {
  std::vector<NodeId> others;
  for (std::uint64_t number = 1; number <= 6; ++number) others.push_back(NodeId{number});
  for (const NodeId node : others) up(static_cast<std::uint64_t>(node));
  up(7);
  detector.on_down(suspect, LinkEnd::lost, now);
  pass(ns_per_s / 8, others);
  answer(NodeId{2}, 0);
  questions.clear();
  pass(2 * ns_per_s, others);
  std::map<NodeId, int> counts;
  for (const auto& question : questions) ++counts[question.witness];
  EXPECT_EQ(counts.size(), others.size());
  for (const auto& [witness, count] : counts) EXPECT_LE(count, counts[NodeId{2}]);
  EXPECT_EQ(static_cast<std::size_t>(counts[NodeId{2}]) * options.witness_count_max, questions.size());
}

}  // namespace
}  // namespace tenon::cluster
