#include "node/marks/mark_desk.h"

#include <gtest/gtest.h>

#include "unit/node/meta_rig.h"

namespace tenon::node {
namespace {

using kv::NodeId;

constexpr NodeId a{0xa1};
constexpr NodeId b{0xb2};

class MarkDeskTest : public ::testing::Test, public MetaRig {
 protected:
  MarkDesk::World world(MetaWatch& watch) {
    return {watch, [this](const NodeMarks& marks) { told_.push_back(marks); },
            [this](std::uint64_t number) { read_number_ = number; }};
  }
  MarkDesk::Then note() {
    return [this](const Status& status) { ended_.push_back(status.ok() ? "" : status.error().message); };
  }

  std::vector<NodeMarks> told_;
  std::vector<std::string> ended_;
  std::uint64_t read_number_ = 0;
  MetaWatch watch_{meta_world()};
  MarkDesk desk_{world(watch_)};
};

TEST_F(MarkDeskTest, ThatNothingIsSaidOfAnyNodeIsToldOnce) {
  EXPECT_FALSE(desk_.is_known());
  watch_.begin();
  run();
  EXPECT_TRUE(desk_.is_known());
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_.front(), NodeMarks{});
  watch_.look(7);
  run();
  EXPECT_EQ(told_.size(), 1u) << "it has not changed";
}

TEST_F(MarkDeskTest, AChangeIsAnsweredWhenItCanBeSeen) {
  watch_.begin();
  run();
  DrainMark mark;
  mark.rate = 7;
  mark.is_for_good = true;
  mark.reason = "a new disk";
  desk_.drain(a, mark, "owner at b2", 0, note());
  desk_.remove(b, {"burnt"}, "owner at b2", {}, note());
  run();
  EXPECT_EQ(ended_, (std::vector<std::string>{"", ""}));
  const NodeMarks& marks = desk_.marks();
  ASSERT_TRUE(marks.drains.contains(a));
  EXPECT_EQ(marks.drains.at(a).rate, 7u);
  EXPECT_TRUE(marks.drains.at(a).is_for_good);
  EXPECT_EQ(marks.drains.at(a).reason, "a new disk");
  EXPECT_EQ(marks.drains.at(a).by, "owner at b2");
  EXPECT_EQ(marks.removed.at(b).reason, "burnt");
  EXPECT_TRUE(marks.takes_nothing(a));
  EXPECT_FALSE(marks.learns_nothing(a)) << "its clients are still there";
  EXPECT_TRUE(marks.learns_nothing(b));
  EXPECT_EQ(told_.back(), marks);
  desk_.resume(a, "owner at b2", {}, note());
  run();
  EXPECT_FALSE(desk_.marks().drains.contains(a));
  EXPECT_TRUE(desk_.marks().removed.contains(b));
}

TEST_F(MarkDeskTest, AChangeOfWhatSomebodyElseHasChangedIsRefused) {
  watch_.begin();
  run();
  desk_.drain(a, {}, "one", 0, note());
  run();
  const std::uint64_t version = desk_.marks().drains.at(a).version;
  desk_.drain(a, {}, "another", version, note());
  run();
  desk_.drain(a, {}, "late", version, note());
  run();
  ASSERT_EQ(ended_.size(), 3u);
  EXPECT_EQ(ended_[1], "");
  EXPECT_NE(ended_[2].find("somebody else"), std::string::npos);
  EXPECT_EQ(desk_.marks().drains.at(a).by, "another");
}

TEST_F(MarkDeskTest, AChangeThatIsAppliedTwiceIsDone) {
  watch_.begin();
  run();
  applies_twice_ = true;
  desk_.drain(a, {}, "owner", 0, note());
  run();
  EXPECT_EQ(ended_, (std::vector<std::string>{""}));
  EXPECT_TRUE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, WhatComesBehindAResumeDoesNotDrainAnew) {
  watch_.begin();
  run();
  desk_.drain(a, {}, "owner", 0, note());
  run();
  DrainMark seen = desk_.marks().drains.at(a);
  desk_.resume(a, "owner", {}, note());
  run();
  seen.gives_replicas = true;
  desk_.drain(a, seen, "owner", seen.version, note());
  run();
  EXPECT_FALSE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, AResumeOfWhatSomebodyElseHasChangedIsRefused) {
  watch_.begin();
  run();
  desk_.drain(a, {}, "one", 0, note());
  run();
  const std::uint64_t seen = desk_.marks().drains.at(a).version;
  desk_.drain(a, {}, "another", seen, note());
  run();
  desk_.resume(a, "one", seen, note());
  run();
  EXPECT_NE(ended_.back().find("somebody else"), std::string::npos);
  ASSERT_TRUE(desk_.marks().drains.contains(a));
  applies_twice_ = true;
  desk_.resume(a, "one", desk_.marks().drains.at(a).version, note());
  run();
  EXPECT_EQ(ended_.back(), "") << "the second time it finds what the first one has left";
  EXPECT_FALSE(desk_.marks().drains.contains(a));
}

// Somebody else, at another node.
class TwoMarkDesks : public MarkDeskTest {
 protected:
  TwoMarkDesks() {
    watch_.begin();
    other_watch_.begin();
    run();
  }
  // Both have seen it.
  std::uint64_t drained() {
    desk_.drain(a, {}, "one", 0, note());
    run();
    see();
    return desk_.marks().drains.at(a).version;
  }
  void see() {
    other_watch_.when_read([] {});
    run();
  }

  MetaWatch other_watch_{meta_world()};
  MarkDesk other_{world(other_watch_)};
};

TEST_F(TwoMarkDesks, ARemovalOfWhatSomebodyElseHasChangedIsRefused) {
  const std::uint64_t seen = drained();
  DrainMark slow;
  slow.rate = 1;
  other_.drain(a, slow, "another", seen, note());
  run();
  ASSERT_EQ(desk_.marks().drains.at(a).version, seen) << "this node has not read it";
  desk_.remove(a, {"burnt"}, "one", seen, note());
  run();
  EXPECT_NE(ended_.back().find("somebody else"), std::string::npos);
  see();
  EXPECT_FALSE(other_.marks().removed.contains(a));
  EXPECT_EQ(other_.marks().drains.at(a).by, "another");
}

TEST_F(TwoMarkDesks, ARemovalOfANodeThatSomebodyElseHasDrainedMeanwhileIsRefused) {
  other_.drain(a, {}, "another", 0, note());
  run();
  desk_.remove(a, {"burnt"}, "one", 0, note());
  run();
  EXPECT_NE(ended_.back().find("somebody else"), std::string::npos);
  see();
  EXPECT_FALSE(other_.marks().removed.contains(a));
}

TEST_F(TwoMarkDesks, AnOrderOnTheVersionThatARemovalHasTakenIsRefused) {
  const std::uint64_t seen = drained();
  desk_.remove(a, {"burnt"}, "one", seen, note());
  run();
  EXPECT_EQ(ended_.back(), "");
  EXPECT_TRUE(desk_.marks().removed.contains(a));
  other_.resume(a, "another", seen, note());
  run();
  EXPECT_NE(ended_.back().find("somebody else"), std::string::npos);
}

TEST_F(TwoMarkDesks, ASecondRemovalIsRefusedAndLeavesTheFirstAsItIs) {
  desk_.remove(a, {"burnt"}, "one", {}, note());
  run();
  ASSERT_FALSE(other_.marks().removed.contains(a)) << "that node has not read it";
  other_.remove(a, {"sold"}, "another", {}, note());
  run();
  EXPECT_EQ(ended_, (std::vector<std::string>{"", "the node was removed already"}));
  EXPECT_EQ(other_.marks().removed.at(a).reason, "burnt");
  EXPECT_EQ(other_.marks().removed.at(a).by, "one");
}

TEST_F(TwoMarkDesks, ARemovalThatIsAppliedTwiceIsDone) {
  const std::uint64_t seen = drained();
  applies_twice_ = true;
  desk_.remove(a, {"burnt"}, "one", seen, note());
  desk_.remove(b, {"burnt"}, "one", 0, note());
  run();
  EXPECT_EQ(ended_, (std::vector<std::string>{"", "", ""}));
  EXPECT_TRUE(desk_.marks().removed.contains(a));
  EXPECT_TRUE(desk_.marks().removed.contains(b));
}

TEST_F(TwoMarkDesks, AResumeOfAVersionThatIsLongGoneIsRefusedThoughNothingIsDrained) {
  const std::uint64_t seen = drained();
  other_.drain(a, {}, "one", seen, note());
  run();
  other_.resume(a, "one", {}, note());
  run();
  desk_.resume(a, "one", seen, note());
  run();
  EXPECT_NE(ended_.back().find("somebody else"), std::string::npos);
  EXPECT_FALSE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, AReadThatFailsIsDoneAgainWithTheNextLook) {
  watch_.begin();
  run_tasks();
  fail_one();
  run_tasks();
  EXPECT_FALSE(desk_.is_known());
  watch_.look(3);
  run();
  EXPECT_TRUE(desk_.is_known());
}

TEST_F(MarkDeskTest, ANodeWithoutAReplicaLooksNowAndThen) {
  watch_.begin();
  run();
  MetaWatch other_watch(meta_world());
  MarkDesk other(world(other_watch));
  other_watch.begin();
  run();
  other.drain(a, {}, "owner", 0, note());
  run();
  for (std::uint32_t look = 0; look < MetaWatch::looks_between_reads; ++look) watch_.look(std::nullopt);
  run();
  EXPECT_TRUE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, WhoWantsToKnowIsToldOfAReadThatWasBegunBehindIt) {
  watch_.begin();
  run_tasks();
  const std::uint64_t number = watch_.want();
  run();
  EXPECT_GE(read_number_, number);
}

TEST_F(MarkDeskTest, AChangeWhoseTimeIsUpSaysSo) {
  watch_.begin();
  run();
  desk_.drain(a, {}, "owner", 0, note());
  fail_one();
  run_tasks();
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_NE(ended_[0].find("did not answer in time"), std::string::npos);
}

}  // namespace
}  // namespace tenon::node
