// The lanes of a link, each part alone: what waits, whose turn it is, what comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cluster/lanes/lane_input.h"
#include "cluster/lanes/lane_queue.h"
#include "cluster/lanes/lane_schedule.h"
#include "cluster/lanes/pressure.h"
#include "cluster/link_output.h"
#include "cluster/wire/frame.h"
#include "seeded_random.h"

namespace tenon::cluster {
namespace {

// A stream with these messages, of kind 1.
std::string stream_of(std::initializer_list<std::string> bodies) {
  LaneQueue queue(Lane::groups);
  for (const std::string& body : bodies) queue.add(1, std::string(body));
  std::string stream;
  (void)queue.take(SIZE_MAX, stream);
  return stream;
}

// All that an input gives now; held bytes are let go of when `lets_go`.
std::vector<std::string> bodies_of(LaneInput& input, bool lets_go = true) {
  std::vector<std::string> bodies;
  LaneInput::Item item;
  while (input.next(item) == LaneInput::Found::message) {
    bodies.emplace_back(item.body);
    if (lets_go) input.consumed(item.held_bytes);
  }
  return bodies;
}

TEST(LaneQueue, AStreamIsTheSameHoweverItIsCut) {
  const std::string whole = stream_of({"a", "", std::string(300, 'x'), "d"});
  for (const std::size_t step : {1U, 2U, 7U, 100U, 1000U}) {
    LaneQueue queue(Lane::groups);
    for (const std::string& body : {std::string("a"), std::string(), std::string(300, 'x'), std::string("d")})
      queue.add(1, std::string(body));
    std::string cut;
    while (!queue.empty()) EXPECT_LE(queue.take(step, cut), step);
    EXPECT_EQ(cut, whole) << step;
    EXPECT_EQ(queue.queued_bytes(), 0u);
  }
}

TEST(LaneQueue, NothingLeavesThatWasNotGranted) {
  LaneQueue queue(Lane::deliveries);
  queue.add(1, std::string(10, 'x'));
  std::string out;
  EXPECT_TRUE(queue.is_stalled());
  EXPECT_EQ(queue.take(100, out), 0u);
  EXPECT_TRUE(queue.grant(5));
  EXPECT_EQ(queue.take(100, out), 5u);
  EXPECT_TRUE(queue.is_stalled());
  EXPECT_TRUE(queue.grant(100));
  EXPECT_EQ(queue.take(100, out), 7u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.credit_bytes(), 88u);
}

TEST(LaneQueue, AGrantThatMakesNoSenseIsRefused) {
  LaneQueue queue(Lane::snapshots);
  EXPECT_TRUE(queue.grant(1000));
  EXPECT_TRUE(queue.grant(1000));
  EXPECT_FALSE(queue.grant(999));
  EXPECT_FALSE(queue.grant(LaneQueue::credit_bytes_max + 1));
  EXPECT_FALSE(queue.grant(UINT64_MAX));
  EXPECT_TRUE(queue.grant(LaneQueue::credit_bytes_max));
  LaneQueue unbounded(Lane::groups);
  EXPECT_FALSE(unbounded.grant(1000));
}

TEST(LaneQueue, WhatIsDroppedIsCountedAndHasLeftNothingBehind) {
  LaneQueue queue(Lane::groups);
  for (int i = 0; i < 3; ++i) queue.add(1, "message");
  std::string out;
  (void)queue.take(12, out);
  EXPECT_EQ(queue.drop(), 2u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.queued_bytes(), 0u);
}

TEST(LaneInput, MessagesComeOutWholeHoweverTheirStreamIsCut) {
  const std::vector<std::string> sent = {"a", "", std::string(300, 'x'), std::string(70'000, 'y'), "e"};
  const std::string stream = stream_of({"a", "", std::string(300, 'x'), std::string(70'000, 'y'), "e"});
  for (const std::size_t step : {1U, 3U, 64U, 65'536U, 1'000'000U}) {
    LaneInput input(Lane::groups, 1 << 20);
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      ASSERT_TRUE(input.add(std::string_view(stream).substr(at, step)));
      for (std::string& body : bodies_of(input)) got.push_back(std::move(body));
    }
    EXPECT_EQ(got, sent) << step;
  }
}

TEST(LaneInput, AMessageAboveTheLimitAndALengthThatIsNoneAreFound) {
  LaneInput large(Lane::groups, 100);
  const std::string stream = stream_of({std::string(101, 'x')});
  ASSERT_TRUE(large.add(std::string_view(stream).substr(0, 3)));
  LaneInput::Item item;
  EXPECT_EQ(large.next(item), LaneInput::Found::too_large);
  for (const std::size_t step : {1U, 20U}) {
    const std::string endless(12, '\xff');
    LaneInput odd(Lane::groups, 100);
    LaneInput::Found found = LaneInput::Found::nothing;
    for (std::size_t at = 0; at < endless.size() && found == LaneInput::Found::nothing; at += step) {
      ASSERT_TRUE(odd.add(std::string_view(endless).substr(at, step)));
      found = odd.next(item);
    }
    EXPECT_EQ(found, LaneInput::Found::malformed) << step;
  }
}

TEST(LaneInput, MoreThanWasGrantedIsRefused) {
  LaneInput input(Lane::deliveries, 1 << 20);
  EXPECT_FALSE(input.add("x"));
  EXPECT_EQ(input.take_limit(), lane_window_bytes);
  const std::string stream = stream_of({std::string(lane_window_bytes / 2, 'x')});
  ASSERT_TRUE(input.add(stream));
  EXPECT_EQ(bodies_of(input, false).size(), 1u);
  ASSERT_FALSE(input.add(stream));
}

TEST(LaneInput, WhatIsWorkedOffIsGrantedAnewInLargeSteps) {
  LaneInput input(Lane::deliveries, 1 << 20);
  EXPECT_EQ(input.take_limit(), lane_window_bytes);
  EXPECT_EQ(input.take_limit(), std::nullopt);
  input.consumed(LaneInput::told_bytes_min - 1);
  EXPECT_EQ(input.take_limit(), std::nullopt);
  input.consumed(1);
  EXPECT_EQ(input.take_limit(), lane_window_bytes + LaneInput::told_bytes_min);
}

// What is on its way stands before a heartbeat.
TEST(LaneInput, NoMoreThanTheWindowIsOnItsWayOfAMessageThatIsLarger) {
  LaneInput input(Lane::deliveries, 16 << 20);
  const std::string stream = stream_of({std::string(10 * lane_window_bytes, 'x')});
  std::uint64_t limit = *input.take_limit();
  std::size_t at = 0;
  LaneInput::Item item;
  for (LaneInput::Found found = LaneInput::Found::nothing; found == LaneInput::Found::nothing;) {
    const std::size_t step = std::min<std::size_t>({stream_bytes_max, limit - at, stream.size() - at});
    ASSERT_GT(step, 0u) << "it stands still at " << at;
    ASSERT_TRUE(input.add(std::string_view(stream).substr(at, step)));
    at += step;
    found = input.next(item);
    limit = input.take_limit().value_or(limit);
    ASSERT_LE(limit - at, lane_window_bytes) << "at " << at;
  }
  EXPECT_EQ(item.body.size(), 10 * lane_window_bytes);
  EXPECT_EQ(item.held_bytes, lane_window_bytes / 2);
}

// Both ends of a lane, with a receiver that keeps messages for a while.
TEST(LaneInput, WithCreditsEveryMessageComesThroughHoweverLargeAndNoMoreThanTheWindowIsHeld) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    tenon::test::SimRandom random(seed);
    LaneQueue queue(Lane::deliveries);
    LaneInput input(Lane::deliveries, 16 << 20);
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 60; ++i) {
      sizes.push_back(random.below(random.percent(10) ? 4 * lane_window_bytes : 100'000));
      queue.add(1, std::string(sizes.back(), 'x'));
    }
    std::vector<std::size_t> got;
    std::vector<std::size_t> held;
    std::size_t held_bytes = 0;
    std::size_t returned = 0;
    for (int idle = 0; got.size() < sizes.size() && idle < 100;) {
      if (const auto limit = input.take_limit()) {
        ASSERT_TRUE(queue.grant(*limit));
      }
      ASSERT_LE(queue.credit_bytes(), lane_window_bytes);
      std::string piece;
      idle = queue.take(1 + random.below(stream_bytes_max), piece) == 0 ? idle + 1 : 0;
      ASSERT_TRUE(input.add(piece));
      LaneInput::Item item;
      while (input.next(item) == LaneInput::Found::message) {
        got.push_back(item.body.size());
        held.push_back(item.held_bytes);
        held_bytes += item.held_bytes;
      }
      ASSERT_LE(held_bytes, lane_window_bytes);
      // As CreditReturns: the last few are told late.
      if (!held.empty() && (queue.credit_bytes() == 0 || random.percent(20))) {
        held_bytes -= held.front();
        returned += held.front();
        held.erase(held.begin());
      }
      if (returned >= lane_window_bytes / 8) input.consumed(std::exchange(returned, 0));
    }
    EXPECT_EQ(got, sizes) << seed;
  }
}

// What each lane gets of so many frames while the given ones always have something to send.
std::map<Lane, int> turns_of(LaneSchedule& schedule, std::initializer_list<Lane> busy, int frames) {
  LaneSchedule::Ready ready{};
  for (const Lane lane : busy) ready[index_of(lane)] = true;
  std::map<Lane, int> turns;
  for (int i = 0; i < frames; ++i) {
    const Lane lane = *schedule.next(ready);
    schedule.sent(lane, 1000);
    ++turns[lane];
  }
  return turns;
}

TEST(LaneSchedule, LanesThatAllWantToSendShareByWeightAndNoneWaitsForEver) {
  LaneSchedule schedule;
  const auto turns =
      turns_of(schedule, {Lane::groups, Lane::requests, Lane::deliveries, Lane::snapshots}, 8500);
  for (const auto& [lane, count] : turns)
    EXPECT_NEAR(count, 100 * plan_of(lane).weight, 2) << plan_of(lane).name;
  EXPECT_EQ(turns.size(), 4u);
}

TEST(LaneSchedule, ALaneThatComesBackGoesBeforeThoseThatSendWithoutEnd) {
  LaneSchedule schedule;
  (void)turns_of(schedule, {Lane::deliveries, Lane::snapshots}, 10'000);
  for (int i = 0; i < 100; ++i) {
    const auto turns = turns_of(schedule, {Lane::groups, Lane::deliveries, Lane::snapshots}, 1);
    ASSERT_EQ(turns.begin()->first, Lane::groups) << "a heartbeat waits";
    (void)turns_of(schedule, {Lane::deliveries, Lane::snapshots}, 50);
  }
}

TEST(LaneSchedule, WhoWasAloneForLongOwesNothingAndHasSavedNothing) {
  LaneSchedule schedule;
  (void)turns_of(schedule, {Lane::snapshots}, 1000);
  auto turns = turns_of(schedule, {Lane::deliveries, Lane::snapshots}, 500);
  EXPECT_NEAR(turns[Lane::snapshots], 100, 3);
  (void)turns_of(schedule, {Lane::deliveries}, 1000);
  turns = turns_of(schedule, {Lane::deliveries, Lane::snapshots}, 500);
  EXPECT_NEAR(turns[Lane::snapshots], 100, 3);
}

// Reads what is gathered as the other side would: the lanes of the frames, in their order.
std::string lanes_of(LinkOutput& output, std::uint16_t version = protocol_version_max) {
  std::vector<Bytes> spans;
  std::string bytes;
  output.gather(version, spans);
  for (const Bytes span : spans) bytes += as_text(span);
  output.written(bytes.size());
  std::string lanes;
  for (std::string_view rest = bytes; !rest.empty();) {
    const FrameResult found = find_frame(rest, 1 << 30);
    EXPECT_EQ(found.status, FrameStatus::ready);
    if (found.status != FrameStatus::ready) break;
    EXPECT_LE(found.body.size(), stream_bytes_max);
    lanes += std::to_string(static_cast<int>(found.head.lane));
    rest.remove_prefix(found.size_bytes);
  }
  return lanes;
}

void put(LinkOutput& output, Lane lane, std::size_t size_bytes) {
  std::string body(size_bytes, 'x');
  ASSERT_TRUE(output.add_message(lane, 1, body));
}

TEST(LinkOutput, AHeartbeatOvertakesASnapshotThatIsHalfOnItsWay) {
  LinkOutput output(64u << 20);
  ASSERT_TRUE(output.grant(Lane::snapshots, 100u << 20));
  put(output, Lane::snapshots, 16u << 20);
  EXPECT_EQ(lanes_of(output), "5555");
  put(output, Lane::groups, 100);
  std::string ping;
  append_frame(ping, Lane::control, FrameType::ping, 2, "12345678");
  output.add_control(std::move(ping));
  EXPECT_EQ(lanes_of(output).substr(0, 3), "025");
}

TEST(LinkOutput, ALaneWithoutCreditsLeftHoldsNoOtherAndIsCounted) {
  LinkOutput output(64u << 20);
  put(output, Lane::deliveries, 1000);
  put(output, Lane::requests, 1000);
  EXPECT_EQ(lanes_of(output), "3");
  EXPECT_TRUE(output.is_idle());
  EXPECT_EQ(output.stall_count(Lane::deliveries), 1u);
  EXPECT_EQ(lanes_of(output), "");
  EXPECT_EQ(output.stall_count(Lane::deliveries), 1u) << "it is the same stall";
  ASSERT_TRUE(output.grant(Lane::deliveries, lane_window_bytes));
  EXPECT_FALSE(output.is_idle());
  EXPECT_EQ(lanes_of(output), "4");
}

TEST(LinkOutput, MessagesOfATurnShareAFrame) {
  LinkOutput output(64u << 20);
  for (int i = 0; i < 100; ++i) put(output, Lane::groups, 100);
  EXPECT_EQ(lanes_of(output), "2");
}

TEST(LinkOutput, EachLaneHasItsOwnBound) {
  LinkOutput output(1000);
  put(output, Lane::deliveries, 900);
  std::string more(200, 'x');
  EXPECT_FALSE(output.add_message(Lane::deliveries, 1, more));
  EXPECT_EQ(more.size(), 200u) << "it stays the caller's";
  put(output, Lane::groups, 900);
  EXPECT_EQ(output.drop_messages(), 2u);
  EXPECT_EQ(output.queued_bytes(), 0u);
}

TEST(Pressure, RisesAtAnEighthAndAHalfAndFallsAtHalfOfThat) {
  const auto next = [](Pressure before, std::size_t queued) { return next_pressure(before, queued, 1600); };
  EXPECT_EQ(next(Pressure::none, 200), Pressure::none);
  EXPECT_EQ(next(Pressure::none, 201), Pressure::slow);
  EXPECT_EQ(next(Pressure::slow, 101), Pressure::slow);
  EXPECT_EQ(next(Pressure::slow, 100), Pressure::none);
  EXPECT_EQ(next(Pressure::slow, 801), Pressure::full);
  EXPECT_EQ(next(Pressure::none, 801), Pressure::full);
  EXPECT_EQ(next(Pressure::full, 401), Pressure::full);
  EXPECT_EQ(next(Pressure::full, 400), Pressure::slow);
  EXPECT_EQ(next(Pressure::full, 50), Pressure::none);
}

}  // namespace
}  // namespace tenon::cluster
