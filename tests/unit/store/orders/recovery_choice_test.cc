#include <gtest/gtest.h>

#include "store/ranges.h"
#include "store/recovery/choice.h"

namespace tenon::store {
namespace {

constexpr NodeId a{1}, b{2}, c{3}, d{4}, e{5};

HeldReplica held(std::uint64_t term, std::uint64_t index, std::uint64_t incarnation = 1) {
  HeldReplica one;
  one.id = {7, incarnation};
  one.descriptor.store = StoreId::inbox;
  one.descriptor.members.voters = {a, b, c};
  one.last = {index, term};
  one.term = term;
  one.committed = index - 1;
  return one;
}

std::string refusal(const RecoveryFacts& facts) {
  const auto choice = choose_survivor(facts);
  return choice.ok() ? "chosen" : choice.error().message;
}

TEST(RecoveryChoice, OneOfThreeIsTheSurvivor) {
  const auto choice = choose_survivor({{{a, held(3, 12)}}, {}});
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->survivor, a);
  EXPECT_EQ(choice->term, 3u);
  EXPECT_EQ(choice->committed, 11u);
  EXPECT_EQ(choice->members.voters, std::vector<NodeId>{a});
}

TEST(RecoveryChoice, ALaterTermGoesFurtherThanALongerLog) {
  RecoveryFacts facts;
  facts.answers = {{a, held(3, 100)}, {b, held(4, 50)}, {c, std::nullopt}};
  for (auto& [node, one] : facts.answers)
    if (one) one->descriptor.members.voters = {a, b, c, d, e};
  facts.answers[a]->term = 9;
  facts.answers[a]->committed = 99;
  const auto choice = choose_survivor(facts);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->survivor, b);
  EXPECT_EQ(choice->term, 9u);
  EXPECT_EQ(choice->committed, 99u);
  EXPECT_EQ(choice->members.voters, (std::vector<NodeId>{a, b}));
}

TEST(RecoveryChoice, ALearnerGoesOnWhereNoVoterIsLeft) {
  RecoveryFacts facts{{{d, held(3, 12)}, {e, held(3, 11)}}, {}};
  for (auto& [node, one] : facts.answers) one->descriptor.members.learners = {d, e};
  const auto choice = choose_survivor(facts);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->survivor, d);
  EXPECT_EQ(choice->members.voters, std::vector<NodeId>{d});
  EXPECT_EQ(choice->members.learners, std::vector<NodeId>{e});
}

TEST(RecoveryChoice, WhatIsLeftOfAnEarlierIncarnationDoesNotCount) {
  RecoveryFacts facts{{{a, held(2, 5, 8)}, {b, held(9, 100)}, {c, held(9, 100)}}, {}};
  facts.answers[a]->descriptor.members.voters = {a, d};
  const auto choice = choose_survivor(facts);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->survivor, a);
}

TEST(RecoveryChoice, WhoeverAnswersKnowsBestWhetherItLeads) {
  HeldReplica learner = held(3, 12);
  learner.leader = a;
  RecoveryFacts facts{{{a, held(3, 12)}, {d, learner}}, {}};
  EXPECT_EQ(refusal(facts), "chosen");
  facts.answers[a] = std::nullopt;
  EXPECT_EQ(refusal(facts), "chosen");
  // It may have come to lead behind its answer.
  facts.answers[a] = held(2, 12);
  EXPECT_NE(refusal(facts).find("leads the range"), std::string::npos);
  facts.answers[a] = held(3, 12);
  facts.answers[a]->leader = a;
  EXPECT_NE(refusal(facts).find("leads the range"), std::string::npos);
}

TEST(RecoveryChoice, OfTwoThatHoldTheSameAVoterGoesOn) {
  RecoveryFacts facts{{{a, held(3, 12)}, {d, held(3, 12)}}, {}};
  for (auto& [node, one] : facts.answers) {
    one->descriptor.members.voters = {b, c, d};
    one->descriptor.members.learners = {a};
  }
  const auto choice = choose_survivor(facts);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->survivor, d);
}

TEST(RecoveryChoice, IsRefusedWhereItWouldDoHarm) {
  EXPECT_NE(refusal({{{a, held(3, 12)}, {b, held(3, 12)}}, {}}).find("has its majority: 2 of 3"),
            std::string::npos);
  EXPECT_NE(refusal({{{a, held(3, 12)}}, {b}}).find("does not say"), std::string::npos);
  EXPECT_NE(refusal({{{a, std::nullopt}}, {}}).find("holds anything"), std::string::npos);
  HeldReplica led = held(3, 12);
  led.leader = b;
  EXPECT_NE(refusal({{{a, led}}, {}}).find("leads the range"), std::string::npos);
  HeldReplica frozen = held(3, 12);
  frozen.is_frozen = true;
  EXPECT_NE(refusal({{{a, frozen}}, {}}).find("neighbour"), std::string::npos);
  HeldReplica empty = held(3, 12);
  empty.descriptor.members.voters.clear();
  EXPECT_NE(refusal({{{a, empty}}, {}}).find("names no voters"), std::string::npos);
}

TEST(RecoveryChoice, InTheMiddleOfAChangeBothMajoritiesCount) {
  HeldReplica joint = held(3, 12);
  joint.descriptor.members.voters = {a, b, d};
  joint.descriptor.members.outgoing = {a, c, e};
  EXPECT_TRUE(choose_survivor({{{a, joint}, {b, joint}}, {}}).ok());
  EXPECT_FALSE(choose_survivor({{{a, joint}, {b, joint}, {c, joint}}, {}}).ok());
}

kv::Descriptor piece(const std::string& begin, const std::string& end, std::uint32_t boundary) {
  kv::Descriptor descriptor;
  descriptor.store = StoreId::inbox;
  descriptor.begin = begin;
  descriptor.end = end;
  descriptor.epoch = {boundary, 1};
  descriptor.members.voters = {a, b, c};
  return descriptor;
}

TEST(RecoveredRanges, MakeReplicasOfTheFormerIncarnationThePast) {
  Ranges ranges;
  const kv::Descriptor former = piece("", "", 3);
  ranges.learn({7, 1}, former);
  EXPECT_FALSE(ranges.is_past({7, 1}, former));
  ranges.learn({7, 500}, piece("", "", 1u << 16));
  EXPECT_TRUE(ranges.is_past({7, 1}, former));
  EXPECT_TRUE(ranges.has_ended({7, 1}));
  EXPECT_FALSE(ranges.is_past({7, 500}, piece("", "", 1u << 16)));
  // Of two recoveries the other one.
  EXPECT_TRUE(ranges.is_past({7, 400}, piece("", "", 1u << 16)));
}

TEST(RecoveredRanges, MakeWhatTheLostMajoritySplitOffThePastAndASplitThatIsLateNot) {
  Ranges ranges;
  ranges.learn({7, 1}, piece("", "m", 4));
  ranges.learn({9, 1}, piece("m", "", 4));
  // A member that has not come to the split.
  EXPECT_FALSE(ranges.is_past({7, 1}, piece("", "", 3)));
  ranges.learn({7, 500}, piece("", "", 1u << 16));
  EXPECT_TRUE(ranges.is_past({9, 1}, piece("m", "", 4)));
  // What the recovered one has split off since holds the key.
  ranges.learn({7, 500}, piece("", "m", (1u << 16) + 1));
  ranges.learn({11, 1}, piece("m", "", (1u << 16) + 1));
  EXPECT_TRUE(ranges.is_past({9, 1}, piece("m", "", 4)));
  EXPECT_FALSE(ranges.is_past({11, 1}, piece("m", "", (1u << 16) + 1)));
}

TEST(RecoveredRanges, TakeNothingBackThatIsAnothersByNow) {
  Ranges ranges;
  const kv::Descriptor held = piece("b", "y", 3);
  ranges.learn({7, 1}, held);
  EXPECT_FALSE(ranges.claims_on({7, 1}, held).is_taken);
  EXPECT_EQ(ranges.claims_on({7, 1}, held).taken_from, "");
  EXPECT_EQ(ranges.claims_on({7, 1}, held).boundary, 3u);
  ranges.learn({9, 1}, piece("m", "y", 6));
  EXPECT_EQ(ranges.claims_on({7, 1}, held).taken_from, "m");
  EXPECT_EQ(ranges.claims_on({7, 1}, held).boundary, 6u);
  ranges.learn({8, 1}, piece("a", "m", 5));
  EXPECT_TRUE(ranges.claims_on({7, 1}, held).is_taken);
}

TEST(RecoveryMessages, ComeBackAsTheyWere) {
  using Kind = RecoveryMessage::Kind;
  for (const Kind kind : {Kind::ask, Kind::held, Kind::none, Kind::begin, Kind::ended, Kind::confirm}) {
    RecoveryMessage message;
    message.kind = kind;
    message.round = 99;
    message.range = {7, 2};
    if (kind == Kind::held) message.held = held(3, 12);
    if (kind == Kind::begin) {
      message.recovery = {500, 4, 65536, "m"};
      message.last = {12, 3};
      message.committed = 11;
      message.members.voters = {a};
      message.members.learners = {b};
    }
    if (kind == Kind::ended) {
      message.is_done = true;
      message.text = "done";
    }
    const std::string body = write_recovery_message(message);
    EXPECT_EQ(read_recovery_message(body), message);
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_FALSE(read_recovery_message(body.substr(0, size))) << size;
  }
}

TEST(RecoveryMessages, OfProvisionalRangesComeBackAsTheyWere) {
  using Kind = RecoveryMessage::Kind;
  RecoveryMessage message;
  message.kind = Kind::held;
  message.round = 99;
  message.range = {7, 2};
  message.held = held(3, 12);
  message.held.base = kv::ProvisionalBase{1, {10, 2}, {b, c}};
  EXPECT_EQ(read_recovery_message(write_recovery_message(message)), message);
  message.kind = Kind::begin;
  message.held = {};
  message.recovery = {500, 4, 65536, "m", true, {b, c}};
  const std::string body = write_recovery_message(message);
  EXPECT_EQ(read_recovery_message(body), message);
  // Of one that is not provisional, older nodes read all of it.
  message.recovery.is_provisional = false;
  message.recovery.missing.clear();
  EXPECT_EQ(write_recovery_message(message).size(), body.size() - 17);
}

TEST(RecoveryMessages, OfAnUnknownKindAreRefused) {
  EXPECT_FALSE(read_recovery_message(std::string("\x07\x01\x07\x01", 4)));
  EXPECT_FALSE(read_recovery_message({}));
}

}  // namespace
}  // namespace tenon::store
