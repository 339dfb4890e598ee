#include "sim/checkers/session_checker.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

namespace inbox = service::inbox;

// Tells the checker of commands and of what a machine said to them.
struct SessionCheckerTest : testing::Test {
  World world{1, false};
  SessionChecker checker{world};
  std::uint64_t index = 0;
  const inbox::Owner owner{{}, "ann"};
  const inbox::Holder holder{kv::NodeId{1}, 1, 1};

  template <class Op>
  void apply(UnixMs now_ms, const Op& op, const typename Op::Reply& reply,
             const std::vector<inbox::InboxNotice>& told = {}) {
    inbox::CommandBuilder command;
    command.add(op);
    service::BatchReplyWriter<inbox::Op> replies;
    replies.add<Op>(reply);
    std::vector<kv::Notice> notices;
    for (const inbox::InboxNotice& one : told) inbox::add_notice(notices, kv::NodeId::none, one);
    const std::string text = command.take();
    const std::string reply_text = replies.take();
    AppliedCommand applied;
    applied.range = {3, 1};
    applied.index = ++index;
    applied.now_ms = now_ms;
    applied.text = text;
    applied.reply = reply_text;
    applied.notices = notices;
    checker.on_applied(applied);
    checker.on_applied(applied);  // by another node
  }
  void attach(UnixMs now_ms, std::uint64_t candidate, bool present, std::uint64_t number, std::uint64_t epoch,
              std::optional<std::uint32_t> will_delay_s = {}, std::optional<inbox::DueWill> will = {}) {
    inbox::Attach op;
    op.owner = owner;
    op.candidate = candidate;
    op.clean_start = false;
    op.expiry_s = 5;
    op.holder = holder;
    if (will_delay_s) {
      op.will.emplace();
      op.will->delay_s = *will_delay_s;
      op.will->message.view.topic = "wills";
    }
    inbox::AttachReply reply;
    reply.present = present;
    reply.number = number;
    reply.epoch = epoch;
    reply.will = will;
    apply(now_ms, op, reply);
  }
  void detach(UnixMs now_ms, std::optional<inbox::DueWill> will = {}) {
    apply(now_ms, inbox::Detach{{owner, 7, 1}, 5, inbox::WillFate::keep},
          inbox::EndReply{inbox::OpStatus::ok, {}, will});
  }
  void tick(UnixMs now_ms, const std::vector<inbox::InboxNotice>& told) {
    apply(now_ms, inbox::Tick{owner}, inbox::StatusReply{}, told);
  }
  inbox::DueWill will() const { return {{7, 1}, {}}; }
};

TEST_F(SessionCheckerTest, ASessionThatComesBackInTimeIsKept) {
  attach(1000, 7, false, 7, 1);
  detach(2000);
  attach(6999, 8, true, 7, 2);
  EXPECT_FALSE(world.has_failed());
}

TEST_F(SessionCheckerTest, ASessionThatIsGoneTooEarlyIsSeen) {
  attach(1000, 7, false, 7, 1);
  detach(2000);
  attach(6999, 8, false, 8, 1);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, ASessionThatIsThereTooLongIsSeen) {
  attach(1000, 7, false, 7, 1);
  detach(2000);
  attach(7000, 8, true, 7, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, ATickThatEndsASessionTooEarlyIsSeen) {
  attach(1000, 7, false, 7, 1);
  detach(2000);
  tick(6000, {inbox::SessionEnded{owner, {7, {}}}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillIsHandedOutOnceAndThenItIsOver) {
  attach(1000, 7, false, 7, 1, 2);
  detach(2000);
  EXPECT_EQ(checker.open_count(), 2u);
  tick(4000, {inbox::WillIsDue{owner, will()}});
  apply(4500, inbox::WillDone{owner, {7, 1}}, inbox::StatusReply{});
  tick(7000, {inbox::SessionEnded{owner, {7, {}}}});
  EXPECT_FALSE(world.has_failed());
  EXPECT_EQ(checker.open_count(), 0u);
  tick(40'000, {inbox::WillIsDue{owner, will()}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillThatNobodyHasConfirmedComesAgainAfterHalfAMinute) {
  attach(1000, 7, false, 7, 1, 2);
  detach(2000);
  tick(4000, {inbox::WillIsDue{owner, will()}});
  tick(34'000, {inbox::SessionEnded{owner, {7, {}}}, inbox::WillIsDue{owner, will()}});
  EXPECT_FALSE(world.has_failed());
  tick(63'999, {inbox::WillIsDue{owner, will()}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillThatOvertakesAnOlderOneOfItsSessionIsSeen) {
  attach(1000, 7, false, 7, 1, 2);
  detach(2000);
  tick(4000, {inbox::WillIsDue{owner, will()}});
  attach(4100, 8, true, 7, 2, 2);
  apply(4200, inbox::Detach{{owner, 7, 2}, 5, inbox::WillFate::keep}, inbox::EndReply{});
  inbox::DueWill later = will();
  later.id.epoch = 2;
  tick(6200, {});
  EXPECT_FALSE(world.has_failed());
  tick(6300, {inbox::WillIsDue{owner, later}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillThatWaitedForAnOlderOneComesBehindIt) {
  attach(1000, 7, false, 7, 1, 2);
  detach(2000);
  tick(4000, {inbox::WillIsDue{owner, will()}});
  attach(4100, 8, true, 7, 2, 2);
  apply(4200, inbox::Detach{{owner, 7, 2}, 5, inbox::WillFate::keep}, inbox::EndReply{});
  inbox::DueWill later = will();
  later.id.epoch = 2;
  apply(7000, inbox::WillDone{owner, {7, 1}}, inbox::StatusReply{}, {inbox::WillIsDue{owner, later}});
  EXPECT_FALSE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillBeforeItIsDueIsSeen) {
  attach(1000, 7, false, 7, 1, 2);
  detach(2000);
  tick(3999, {inbox::WillIsDue{owner, will()}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillThatWasCancelledByAReturnIsNotPublished) {
  attach(1000, 7, false, 7, 1, 4);
  detach(2000);
  attach(3000, 8, true, 7, 2);
  EXPECT_FALSE(world.has_failed());
  tick(6000, {inbox::WillIsDue{owner, will()}});
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillThatIsLostAtAReturnIsSeen) {
  attach(1000, 7, false, 7, 1, 1);
  detach(2000);
  attach(3000, 8, true, 7, 2);
  EXPECT_TRUE(world.has_failed());
}

TEST_F(SessionCheckerTest, AWillWithoutDelayGoesWithTheWordOfTheEnd) {
  attach(1000, 7, false, 7, 1, 0);
  detach(2000);
  EXPECT_TRUE(world.has_failed());
}

}  // namespace
}  // namespace tenon::sim
