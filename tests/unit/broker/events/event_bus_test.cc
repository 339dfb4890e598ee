// Who is told of what.
#include "broker/events/event_bus.h"

#include <gtest/gtest.h>
#include <tenon/draft/events.h>

namespace tenon::broker {
namespace {

constexpr std::uint64_t bit(EventType type) {
  return std::uint64_t{1} << static_cast<unsigned>(type);
}

Event event_of(EventType type, std::string_view topic = {}) {
  Event event;
  event.type = type;
  event.topic = topic;
  event.payload = "payload";
  return event;
}

// How many wait there.
std::size_t count(EventQueue& queue) {
  queue.close();
  const auto batch = queue.take({100, {}});
  return batch ? batch->events.size() : 0;
}

class EventBusTest : public testing::Test {
 protected:
  EventQueue one{10'000, {}};
  EventQueue other{10'000, {}};
  EventBus bus;
};

TEST_F(EventBusTest, WithoutObserversNobodyWantsAnything) {
  EventTap none(nullptr);
  EventTap empty(&bus);
  for (unsigned type = 0; type < 64; ++type) {
    EXPECT_FALSE(none.wants(static_cast<EventType>(type)));
    EXPECT_FALSE(empty.wants(static_cast<EventType>(type)));
  }
}

TEST_F(EventBusTest, EachIsToldOfWhatItWishesFor) {
  bus.put(one, {bit(EventType::client_connected), {}, 0});
  bus.put(other, {bit(EventType::client_connected) | bit(EventType::subscribed), {}, 0});
  EventTap tap(&bus);
  EXPECT_TRUE(tap.wants(EventType::client_connected));
  EXPECT_TRUE(tap.wants(EventType::subscribed));
  EXPECT_FALSE(tap.wants(EventType::message_published));
  tap.tell(event_of(EventType::client_connected));
  tap.tell(event_of(EventType::subscribed, "b"));
  EXPECT_EQ(count(one), 1u);
  EXPECT_EQ(count(other), 2u);
}

TEST_F(EventBusTest, FiltersCountForMessagesAlone) {
  bus.put(one, {bit(EventType::message_published) | bit(EventType::message_refused), {"a/+", "c"}, 100});
  EventTap tap(&bus);
  ASSERT_TRUE(tap.wants(EventType::message_published));
  EXPECT_TRUE(tap.wants_message("a/b"));
  EXPECT_TRUE(tap.wants_message("c"));
  EXPECT_FALSE(tap.wants_message("a/b/c"));
  EXPECT_FALSE(tap.wants_message("$SYS/a"));
  for (const char* topic : {"a/b", "c", "b"}) tap.tell(event_of(EventType::message_published, topic));
  tap.tell(event_of(EventType::message_refused, "b"));
  EXPECT_EQ(count(one), 3u);
}

TEST_F(EventBusTest, PayloadsAreCutForEachAsItWishes) {
  bus.put(one, {bit(EventType::message_published), {"#"}, 3});
  bus.put(other, {bit(EventType::message_published), {"#"}, 100});
  EventTap tap(&bus);
  ASSERT_TRUE(tap.wants(EventType::message_published));
  tap.tell(event_of(EventType::message_published, "a"));
  EXPECT_EQ(one.take({1, {}})->events[0].view().payload, "pay");
  EXPECT_EQ(other.take({1, {}})->events[0].view().payload, "payload");
}

TEST_F(EventBusTest, OtherWishesAreSeenByTheNextLook) {
  EventTap tap(&bus);
  EXPECT_FALSE(tap.wants(EventType::subscribed));
  bus.put(one, {bit(EventType::subscribed), {}, 0});
  EXPECT_TRUE(tap.wants(EventType::subscribed));
  bus.put(one, {bit(EventType::client_connected), {}, 0});
  EXPECT_FALSE(tap.wants(EventType::subscribed));
  EXPECT_TRUE(tap.wants(EventType::client_connected));
  tap.tell(event_of(EventType::client_connected));
  EXPECT_EQ(count(one), 1u) << "it is there once";
}

}  // namespace
}  // namespace tenon::broker
