#include <gtest/gtest.h>

#include <map>

#include "load/stats/sequence_tracker.h"
#include "load/traffic/inflight_table.h"
#include "load/traffic/schedule.h"
#include "load/traffic/stream_table.h"

namespace tenon::load {
namespace {

TEST(SequenceTracker, TellsOrderGapsLateOnesAndDuplicatesApart) {
  SequenceTracker tracker(64);
  std::uint32_t skipped = 0;
  EXPECT_EQ(tracker.observe(0, skipped), Arrival::in_order);
  EXPECT_EQ(tracker.observe(3, skipped), Arrival::after_gap);
  EXPECT_EQ(skipped, 2U);
  EXPECT_EQ(tracker.observe(1, skipped), Arrival::out_of_order);
  EXPECT_EQ(skipped, 0U);
  EXPECT_EQ(tracker.observe(1, skipped), Arrival::duplicate);
  EXPECT_EQ(tracker.observe(3, skipped), Arrival::duplicate);
  EXPECT_EQ(tracker.observe(4, skipped), Arrival::in_order);
  EXPECT_EQ(tracker.observe(2, skipped), Arrival::out_of_order);
}

TEST(SequenceTracker, AGapLongerThanItsDepthForgetsEverythingBefore) {
  SequenceTracker tracker(64);
  std::uint32_t skipped = 0;
  EXPECT_EQ(tracker.observe(0, skipped), Arrival::in_order);
  EXPECT_EQ(tracker.observe(1000, skipped), Arrival::after_gap);
  EXPECT_EQ(skipped, 999U);
  EXPECT_EQ(tracker.observe(990, skipped), Arrival::out_of_order);
  EXPECT_EQ(tracker.observe(5, skipped), Arrival::duplicate) << "too old to be told apart";
}

TEST(SequenceTracker, NumbersMayWrap) {
  SequenceTracker tracker(64);
  std::uint32_t skipped = 0;
  for (const std::uint32_t step : {0x7FFFFFFFU, 0xFFFFFFFEU}) tracker.observe(step, skipped);
  EXPECT_EQ(tracker.observe(0xFFFFFFFF, skipped), Arrival::in_order);
  EXPECT_EQ(tracker.observe(0, skipped), Arrival::in_order);
  EXPECT_EQ(tracker.observe(0xFFFFFFFF, skipped), Arrival::duplicate);
}

TEST(InflightTable, HandsOutNoIdTwiceAndNeverZero) {
  InflightTable table(3);
  std::map<std::uint16_t, int> held;
  for (int round = 0; round < 100; ++round) {
    while (table.room() != 0) ++held[table.begin(1)];
    EXPECT_EQ(table.size(), 3U);
    for (const auto& [id, count] : held) {
      EXPECT_NE(id, 0);
      EXPECT_EQ(count, 1);
    }
    // The second oldest is answered first: an id that stays must be stepped over.
    const auto victim = std::next(held.begin());
    EXPECT_EQ(table.finish(victim->first), 1U);
    held.erase(victim);
  }
}

TEST(InflightTable, ServesTheWholeRangeOfPacketIds) {
  InflightTable table(65535);
  for (std::uint32_t i = 0; i < 65535; ++i) EXPECT_NE(table.begin(i), 0);
  EXPECT_EQ(table.room(), 0U);
}

TEST(InflightTable, FollowsTheTwoStepsOfQos2) {
  using Wait = InflightTable::Wait;
  InflightTable table(10);
  const std::uint16_t id = table.begin(42);
  EXPECT_EQ(table.waiting(id), Wait::first_ack);
  table.received(id);
  EXPECT_EQ(table.waiting(id), Wait::pubcomp);
  EXPECT_EQ(table.finish(id), 42U);
  EXPECT_EQ(table.waiting(id), Wait::nothing);
  EXPECT_EQ(table.waiting(60000), Wait::nothing);
}

TEST(InflightTable, NarrowsToTheReceiveMaximum) {
  InflightTable table(100);
  table.narrow(20);
  EXPECT_EQ(table.room(), 20U);
  table.narrow(65535);
  EXPECT_EQ(table.room(), 20U);
}

TEST(Schedule, EachMessageIsDueAtItsTimeAndNotBefore) {
  const Schedule schedule(1000, 3.0);  // thirds of a second do not fit nanoseconds
  EXPECT_EQ(schedule.due_count(999), 0U);
  for (std::uint64_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(schedule.due_count(schedule.due_ns(n)), n + 1);
    EXPECT_EQ(schedule.due_count(schedule.due_ns(n + 1) - 1), n + 1);
  }
}

std::map<std::uint32_t, std::uint32_t> done_of(StreamTable& table) {
  std::map<std::uint32_t, std::uint32_t> done;
  table.take_done([&done](std::uint32_t stream, std::uint32_t messages) { done[stream] += messages; });
  return done;
}

TEST(StreamTable, AMessageIsDoneWhenAllReceiversHaveIt) {
  StreamTable table(2, 10);
  table.set_receivers(1, 3);
  for (int receiver = 0; receiver < 2; ++receiver) {
    for (std::uint32_t sequence = 0; sequence < 5; ++sequence) table.on_delivery(1, sequence, 0);
  }
  EXPECT_TRUE(done_of(table).empty());
  for (std::uint32_t sequence = 0; sequence < 4; ++sequence) table.on_delivery(1, sequence, 0);
  EXPECT_EQ(done_of(table), (std::map<std::uint32_t, std::uint32_t>{{1, 4}}));
  EXPECT_TRUE(done_of(table).empty()) << "news are told once";
}

TEST(StreamTable, SkippedMessagesCountAsDone) {
  StreamTable table(1, 10);
  table.set_receivers(0, 1);
  table.on_delivery(0, 4, 4);
  EXPECT_EQ(done_of(table)[0], 5U);
  StreamTable many(1, 10);
  many.set_receivers(0, 2);
  for (std::uint32_t sequence = 0; sequence < 3; ++sequence) many.on_delivery(0, sequence, 0);
  many.on_delivery(0, 2, 2);
  EXPECT_EQ(done_of(many)[0], 3U);
}

TEST(StreamTable, StreamsWithoutReceiversHereAreNotCounted) {
  StreamTable table(1, 10);
  table.on_delivery(0, 0, 0);
  EXPECT_TRUE(done_of(table).empty());
}

}  // namespace
}  // namespace tenon::load
