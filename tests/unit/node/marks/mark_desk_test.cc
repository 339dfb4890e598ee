#include "node/marks/mark_desk.h"

#include <gtest/gtest.h>

#include <deque>

#include "service/meta/meta_machine.h"
#include "support/manual_clock.h"
#include "unit/service/map_state.h"

namespace tenon::node {
namespace {

using kv::NodeId;
using store::Request;

constexpr NodeId a{0xa1};
constexpr NodeId b{0xb2};

// A desk over the store `meta` without a cluster: requests are answered when the test says so.
class MarkDeskTest : public ::testing::Test {
 protected:
  using Answered = std::function<void(store::Answer&&)>;

  MarkDesk::World world() {
    return {clock_,
            [this](Request&& request, Answered answered) {
              asked_.emplace_back(std::move(request), std::move(answered));
            },
            [this](std::function<void()> fn) { tasks_.push_back(std::move(fn)); },
            [this](const NodeMarks& marks) { told_.push_back(marks); },
            [this](std::uint64_t number) { read_number_ = number; }};
  }
  void run() {
    while (run_tasks() || answer_one()) {
    }
  }
  bool run_tasks() {
    const bool any = !tasks_.empty();
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    return any;
  }
  bool answer_one() {
    if (asked_.empty()) return false;
    auto [request, answered] = std::move(asked_.front());
    asked_.pop_front();
    store::Answer answer;
    std::vector<kv::Notice> notices;
    const kv::ApplyContext context{5000, ++index_, notices};
    const Status done = request.kind == Request::Kind::query
                            ? machine_.query(5000, request.text, state_, answer.text)
                            : machine_.apply(context, request.text, state_, answer.text);
    if (applies_twice_ && request.kind == Request::Kind::command) {
      answer.text.clear();
      EXPECT_TRUE(machine_.apply({5000, ++index_, notices}, request.text, state_, answer.text).ok());
    }
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(request.store, kv::StoreId::meta);
    answered(std::move(answer));
    return true;
  }
  void let_time_pass_out() {
    auto [request, answered] = std::move(asked_.front());
    asked_.pop_front();
    store::Answer answer;
    answer.code = store::AnswerCode::timed_out;
    answered(std::move(answer));
    run_tasks();
  }
  MarkDesk::Then note() {
    return [this](const Status& status) { ended_.push_back(status.ok() ? "" : status.error().message); };
  }

  test::ManualClock clock_;
  std::deque<std::function<void()>> tasks_;
  std::deque<std::pair<Request, Answered>> asked_;
  std::vector<NodeMarks> told_;
  std::vector<std::string> ended_;
  std::uint64_t read_number_ = 0;
  service::meta::MetaMachine machine_;
  service::MapState state_;
  std::uint64_t index_ = 0;
  bool applies_twice_ = false;
  MarkDesk desk_{world()};
};

TEST_F(MarkDeskTest, ThatNothingIsSaidOfAnyNodeIsToldOnce) {
  EXPECT_FALSE(desk_.is_known());
  desk_.begin();
  run();
  EXPECT_TRUE(desk_.is_known());
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_.front(), NodeMarks{});
  desk_.look(7);
  run();
  EXPECT_EQ(told_.size(), 1u) << "it has not changed";
}

TEST_F(MarkDeskTest, AChangeIsAnsweredWhenItCanBeSeen) {
  desk_.begin();
  run();
  DrainMark mark;
  mark.rate = 7;
  mark.is_for_good = true;
  mark.reason = "a new disk";
  desk_.drain(a, mark, "owner at b2", 0, note());
  desk_.remove(b, {"burnt"}, "owner at b2", note());
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
  desk_.begin();
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
  desk_.begin();
  run();
  applies_twice_ = true;
  desk_.drain(a, {}, "owner", 0, note());
  run();
  EXPECT_EQ(ended_, (std::vector<std::string>{""}));
  EXPECT_TRUE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, WhatComesBehindAResumeDoesNotDrainAnew) {
  desk_.begin();
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
  desk_.begin();
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

TEST_F(MarkDeskTest, AReadThatFailsIsDoneAgainWithTheNextLook) {
  desk_.begin();
  run_tasks();
  let_time_pass_out();
  EXPECT_FALSE(desk_.is_known());
  desk_.look(3);
  run();
  EXPECT_TRUE(desk_.is_known());
}

TEST_F(MarkDeskTest, ANodeWithoutAReplicaLooksNowAndThen) {
  desk_.begin();
  run();
  MarkDesk other(world());
  other.begin();
  run();
  other.drain(a, {}, "owner", 0, note());
  run();
  for (std::uint32_t look = 0; look < MarkDesk::looks_between_reads; ++look) desk_.look(std::nullopt);
  run();
  EXPECT_TRUE(desk_.marks().drains.contains(a));
}

TEST_F(MarkDeskTest, WhoWantsToKnowIsToldOfAReadThatWasBegunBehindIt) {
  desk_.begin();
  run_tasks();
  const std::uint64_t number = desk_.want();
  run();
  EXPECT_GE(read_number_, number);
}

TEST_F(MarkDeskTest, AChangeWhoseTimeIsUpSaysSo) {
  desk_.begin();
  run();
  desk_.drain(a, {}, "owner", 0, note());
  let_time_pass_out();
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_NE(ended_[0].find("did not answer in time"), std::string::npos);
}

}  // namespace
}  // namespace tenon::node
