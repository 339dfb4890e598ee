// What a sender sends again when answers do not come.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "store/snapshot/outgoing.h"
#include "unit/store/snapshot/frozen_rows.h"

namespace tenon::store::test {
namespace {

using Kind = SnapshotMessage::Kind;
using Numbers = std::vector<std::uint64_t>;

constexpr NodeId receiver{2};

class Repeats : public ::testing::Test, public OutgoingPorts {
 protected:
  // The chunks that are sent at once.
  Numbers begin(std::size_t rows) {
    rows_ = std::make_unique<FrozenRows>(rows);
    outgoing_ = std::make_unique<OutgoingSnapshots>(options, *this);
    outgoing_->on_peer(receiver, true);
    outgoing_->wanted(FrozenRows::range, receiver);
    return after(0);
  }
  // Those that are sent when so much time has passed.
  Numbers after(std::int64_t ns) {
    now_ns_ += ns;
    outgoing_->tick(now_ns_);
    outgoing_->turn();
    return std::exchange(sent_, {});
  }
  // Those that are sent when the receiver says that all before `number` is there.
  Numbers answer(std::uint64_t number) {
    outgoing_->on_message(receiver, {Kind::wanted, FrozenRows::range, transfer_, number, {}});
    return after(0);
  }

  SnapshotOptions options;

 private:
  Result<std::unique_ptr<FrozenState>> freeze(const RangeId&) override { return rows_->freeze(); }
  void send_snapshot(NodeId, std::string&& body) override {
    const SnapshotMessage message = read_snapshot_message(body).value();
    transfer_ = message.transfer;
    sent_.push_back(message.number);
  }
  void snapshot_sent(const RangeId&, NodeId, tenon_status, std::uint64_t) override {}

  std::unique_ptr<FrozenRows> rows_;
  std::unique_ptr<OutgoingSnapshots> outgoing_;
  MonoNs now_ns_ = ns_per_s;
  std::uint64_t transfer_ = 0;
  Numbers sent_;
};

TEST_F(Repeats, AWayThatIsOnlySlowIsNotFilledWithCopies) {
  EXPECT_EQ(begin(10), (Numbers{0, 1, 2, 3}));
  Numbers again;
  for (int i = 0; i < 30; ++i)
    for (const std::uint64_t number : after(ns_per_s)) again.push_back(number);
  // After 2, 6, 14, 22 and 30 s.
  EXPECT_EQ(again, Numbers(5, 0));
  for (const std::uint64_t number : {1u, 2u, 3u, 4u}) EXPECT_EQ(answer(number), (Numbers{number + 3}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(answer(4), Numbers{}) << "a copy was there before";
  EXPECT_EQ(answer(5), (Numbers{8}));
}

TEST_F(Repeats, WhatComesSteadilyIsNotSentAgainHoweverSlowlyItComes) {
  EXPECT_EQ(begin(40), (Numbers{0, 1, 2, 3}));
  std::size_t copies = 0;
  for (std::uint64_t number = 1; number <= 30; ++number) {
    for (int i = 0; i < 30; ++i) copies += after(ns_per_s / 10).size();
    EXPECT_EQ(answer(number), (Numbers{number + 3}));
  }
  EXPECT_LE(copies, 10u);
}

TEST_F(Repeats, WhatIsLostBehindAChunkIsSentAgainWhenAnAnswerShowsIt) {
  EXPECT_EQ(begin(10), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(after(options.repeat_after_ns), (Numbers{0}));
  EXPECT_EQ(answer(1), (Numbers{4}));
  EXPECT_EQ(answer(1), (Numbers{1, 2, 3, 4})) << "the one that is later has come, and this one has not";
  EXPECT_EQ(answer(2), (Numbers{5}));
}

TEST_F(Repeats, WhatIsLostAtTheEndIsSentAgainAfterASecondPause) {
  EXPECT_EQ(begin(2), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(after(options.repeat_after_ns), (Numbers{0}));
  EXPECT_EQ(answer(1), Numbers{});
  EXPECT_EQ(after(2 * options.repeat_after_ns), (Numbers{1, 2, 3}));
}

TEST_F(Repeats, WhatTheReceiverHasLostIsSentAgainOnce) {
  EXPECT_EQ(begin(10), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(answer(2), (Numbers{4, 5}));
  EXPECT_EQ(answer(0), (Numbers{0, 1, 2, 3}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer(0), Numbers{}) << "it says so for each that was under way";
}

}  // namespace
}  // namespace tenon::store::test
