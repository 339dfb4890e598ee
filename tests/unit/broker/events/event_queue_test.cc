// What waits for an observer, and what is left out.
#include "broker/events/event_queue.h"

#include <gtest/gtest.h>
#include <tenon/draft/events.h>

#include <string>
#include <thread>

namespace tenon::broker {
namespace {

using std::chrono::milliseconds;

// Longer than any test may take.
constexpr milliseconds endless{3'600'000};

Event event_of(std::string_view client_id, std::string_view payload = {}) {
  Event event;
  event.type = EventType::message_published;
  event.tenant = "t";
  event.client_id = client_id;
  event.topic = "a/b";
  event.payload = payload;
  event.reason = "why";
  event.unix_ms = 7;
  event.qos = 2;
  return event;
}

KeptEvent kept(std::string_view client_id, std::string_view payload = {}) {
  return KeptEvent(event_of(client_id, payload), 1000);
}

TEST(KeptEvent, HasAllThatTheEventHad) {
  std::string text = "client";
  const KeptEvent kept(event_of(text, "payload"), 100);
  text = "others";
  const Event event = kept.view();
  EXPECT_EQ(event.type, EventType::message_published);
  EXPECT_EQ(event.tenant, "t");
  EXPECT_EQ(event.client_id, "client");
  EXPECT_EQ(event.user, "");
  EXPECT_EQ(event.topic, "a/b");
  EXPECT_EQ(event.payload, "payload");
  EXPECT_EQ(event.reason, "why");
  EXPECT_EQ(event.unix_ms, 7);
  EXPECT_EQ(event.qos, 2u);
  EXPECT_EQ(event.flags, 0u);
}

TEST(KeptEvent, PayloadsAreCut) {
  const KeptEvent cut(event_of("c", "long"), 3);
  EXPECT_EQ(cut.view().payload, "lon");
  EXPECT_EQ(cut.view().reason, "why");
  EXPECT_EQ(cut.view().flags, TENON_EVENT_TRUNCATED);
  EXPECT_EQ(KeptEvent(event_of("c", "fit"), 3).view().flags, 0u);
}

TEST(EventQueue, WhatIsOfferedIsTakenInItsOrder) {
  EventQueue queue(10'000, {});
  for (const char* client : {"1", "2", "3"}) queue.offer(kept(client));
  auto batch = queue.take({2, {}});
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_EQ(batch->events[0].view().client_id, "1");
  EXPECT_EQ(batch->events[1].view().client_id, "2");
  queue.offer(kept("4"));
  std::string rest;
  while (rest.size() < 2) {
    batch = queue.take({2, {}});
    ASSERT_TRUE(batch);
    for (const KeptEvent& event : batch->events) rest += event.view().client_id;
  }
  EXPECT_EQ(rest, "34");
  EXPECT_EQ(batch->dropped, 0u);
}

TEST(EventQueue, WhatComesWhileItIsFullIsLeftOutAndCounted) {
  int told = 0;
  EventQueue queue(1000, [&] { ++told; });
  std::size_t offered = 0;
  for (; queue.dropped_total() == 0; ++offered) queue.offer(kept("c"));
  queue.offer(kept("c"));
  EXPECT_EQ(told, 1) << "once, however many are left out";
  EXPECT_LE(queue.bytes(), 1000u);
  auto batch = queue.take({1000, {}});
  EXPECT_EQ(batch->events.size(), offered - 1);
  EXPECT_EQ(batch->dropped, 2u);
  queue.offer(kept("c"));
  EXPECT_EQ(queue.dropped_total(), 3u) << "what is being delivered counts, too";
  EXPECT_EQ(told, 2) << "it is full again";
  queue.close();
  EXPECT_FALSE(queue.take({1000, {}}));
}

TEST(EventQueue, ThereIsRoomAgainBehindTheBatch) {
  EventQueue queue(2 * kept("c").bytes(), {});
  for (int i = 0; i < 3; ++i) queue.offer(kept("c"));
  EXPECT_EQ(queue.take({1, {}})->dropped, 1u);
  EXPECT_EQ(queue.take({1, {}})->dropped, 0u) << "each is said once";
  queue.offer(kept("n"));
  EXPECT_EQ(queue.take({1, {}})->events[0].view().client_id, "n");
  EXPECT_EQ(queue.dropped_total(), 1u);
}

TEST(EventQueue, ABatchIsNoLargerThanItsLimitUnlessItIsOne) {
  EventQueue queue(std::size_t{16} << 20, {});
  const std::string large(EventQueue::batch_bytes_max, 'x');
  for (int i = 0; i < 2; ++i) queue.offer(KeptEvent(event_of("large", large), 1 << 24));
  queue.offer(kept("small"));
  EXPECT_EQ(queue.take({100, {}})->events.size(), 1u);
  EXPECT_EQ(queue.take({100, {}})->events.size(), 1u);
  EXPECT_EQ(queue.take({100, {}})->events[0].view().client_id, "small");
}

TEST(EventQueue, AClosedOneGivesWhatItHasAndNothingComesAnyMore) {
  EventQueue queue(10'000, {});
  queue.offer(kept("1"));
  queue.offer(kept("2"));
  queue.close();
  queue.offer(kept("3"));
  EXPECT_EQ(queue.take({1, endless})->events[0].view().client_id, "1");
  EXPECT_EQ(queue.take({1, endless})->events[0].view().client_id, "2");
  EXPECT_FALSE(queue.take({1, endless}));
  EXPECT_EQ(queue.dropped_total(), 0u);
}

TEST(EventQueue, OneThatIsGivenUpCountsWhatItHasAsLeftOut) {
  EventQueue queue(10'000, {});
  for (const char* client : {"1", "2", "3"}) queue.offer(kept(client));
  EXPECT_EQ(queue.take({1, {}})->events.size(), 1u);
  queue.give_up();
  EXPECT_FALSE(queue.take({1, {}}));
  EXPECT_EQ(queue.dropped_total(), 2u);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(EventQueue, WhoWaitsIsWokenByTheFirst) {
  EventQueue queue(10'000, {});
  std::size_t taken = 0;
  std::thread observer([&] { taken = queue.take({10, {}})->events.size(); });
  queue.offer(kept("c"));
  observer.join();
  EXPECT_EQ(taken, 1u);
}

TEST(EventQueue, TheFirstWaitsForOthersUntilThereAreEnough) {
  EventQueue queue(100'000, {});
  std::size_t taken = 0;
  std::thread observer([&] { taken = queue.take({5, endless})->events.size(); });
  for (int i = 0; i < 5; ++i) queue.offer(kept("c"));
  observer.join();
  EXPECT_EQ(taken, 5u);
}

TEST(EventQueue, WhatABatchHasLeftWaitsForOthersToo) {
  EventQueue queue(100'000, {});
  for (const char* client : {"1", "2", "3"}) queue.offer(kept(client));
  ASSERT_EQ(queue.take({2, endless})->events.size(), 2u);
  std::thread other([&] { queue.offer(kept("4")); });
  const auto batch = queue.take({2, endless});
  other.join();
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_EQ(batch->events[0].view().client_id, "3");
  EXPECT_EQ(batch->events[1].view().client_id, "4");
}

TEST(EventQueue, TheFirstDoesNotWaitWhenHalfOfTheRoomIsTaken) {
  EventQueue queue(4 * kept("c").bytes(), {});
  std::size_t taken = 0;
  std::thread observer([&] { taken = queue.take({1000, endless})->events.size(); });
  for (int i = 0; i < 2; ++i) queue.offer(kept("c"));
  observer.join();
  EXPECT_EQ(taken, 2u);
}

TEST(EventQueue, APauseEndsWhenItIsClosedAndWhenItIsGivenUp) {
  EventQueue queue(10'000, {});
  bool goes_on = false;
  std::thread observer([&] { goes_on = queue.pause(endless, milliseconds(0)); });
  queue.close();
  observer.join();
  EXPECT_TRUE(goes_on);
  std::thread again([&] { goes_on = queue.pause(endless, endless); });
  queue.give_up();
  again.join();
  EXPECT_FALSE(goes_on);
}

TEST(EventQueue, NoneIsLostAmongManyWhoOffer) {
  constexpr int threads = 4;
  constexpr int each = 5000;
  EventQueue queue(std::size_t{1} << 30, {});
  std::size_t taken = 0;
  std::thread observer([&] {
    while (const auto batch = queue.take({100, milliseconds(1)})) taken += batch->events.size();
  });
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (int i = 0; i < each; ++i) queue.offer(kept("c"));
    });
  for (std::thread& worker : workers) worker.join();
  queue.close();
  observer.join();
  EXPECT_EQ(taken, std::size_t{threads} * each);
  EXPECT_EQ(queue.bytes(), 0u);
}

}  // namespace
}  // namespace tenon::broker
