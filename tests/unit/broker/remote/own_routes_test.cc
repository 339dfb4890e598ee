#include "broker/remote/own_routes.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace tenon::broker {
namespace {

using Wants = OwnRoutes::Wants;

class OwnRoutesTest : public ::testing::Test, public RemotePort {
 protected:
  static constexpr kv::NodeId peer{2};
  static constexpr kv::NodeId other{3};

  OwnRoutesTest() { own.start(*this); }

  using RemotePort::congested;
  bool congested(kv::NodeId to) const override { return to == crowded || texts.size() >= room_count; }
  void send(kv::NodeId to, RemoteMessage kind, std::string&& body) override {
    ASSERT_EQ(kind, RemoteMessage::routes);
    const auto message = read_remote<RoutesMessage>(texts.emplace_back(std::move(body)));
    ASSERT_TRUE(message);
    std::string text = "to " + std::to_string(static_cast<std::uint64_t>(to)) + ": " +
                       std::to_string(message->sequence) + (message->is_whole ? " all" : "");
    for (const RemoteRoute& route : message->routes)
      text += " " + std::string(route.filter) + "=" + std::to_string(route.members) +
              (route.only_qos0 ? "q0" : "");
    said += text + "; ";
  }
  std::string take() { return std::exchange(said, {}); }

  std::deque<std::string> texts;
  kv::NodeId crowded = kv::NodeId::none;  // the way to it is full
  std::size_t room_count = SIZE_MAX;      // messages that are taken before the way is full
  std::string said;
  OwnRoutes own;
};

TEST_F(OwnRoutesTest, APeerIsToldOfAllThatThereIsAndOfChanges) {
  own.add("a", Wants::all);
  EXPECT_EQ(take(), "");
  own.on_peer_up(peer);
  EXPECT_EQ(take(), "to 2: 1 all a=1; ");
  own.add("b/#", Wants::all);
  own.remove("a", Wants::all);
  EXPECT_EQ(take(), "to 2: 2 b/#=1; to 2: 3 a=0; ");
}

TEST_F(OwnRoutesTest, ANodeThatTakesNoMoreKeepsNoOtherWaiting) {
  own.on_peer_up(peer);
  own.on_peer_up(other);
  take();
  crowded = peer;
  own.add("a", Wants::all);
  EXPECT_EQ(take(), "to 3: 1 a=1; ");
  crowded = kv::NodeId::none;
  own.tick(0);
  EXPECT_EQ(take(), "to 2: 1 a=1; ");
}

TEST_F(OwnRoutesTest, SeveralSubscribersOfAFilterAreOneRoute) {
  own.on_peer_up(peer);
  take();
  own.add("a", Wants::all);
  own.add("a", Wants::all);
  own.remove("a", Wants::all);
  EXPECT_EQ(take(), "to 2: 1 a=1; ");
  own.remove("a", Wants::all);
  EXPECT_EQ(take(), "to 2: 2 a=0; ");
}

TEST_F(OwnRoutesTest, MembersOfAGroupAreCounted) {
  own.on_peer_up(peer);
  take();
  own.add("$share/g/a", Wants::all);
  own.add("$share/g/a", Wants::all);
  own.remove("$share/g/a", Wants::all);
  EXPECT_EQ(take(), "to 2: 1 $share/g/a=1; to 2: 2 $share/g/a=2; to 2: 3 $share/g/a=1; ");
}

TEST_F(OwnRoutesTest, WhoeverWantsMoreDecides) {
  own.on_peer_up(peer);
  take();
  own.add("a", Wants::only_qos0);
  own.add("a", Wants::all);
  own.remove("a", Wants::all);
  EXPECT_EQ(take(), "to 2: 1 a=1q0; to 2: 2 a=1; to 2: 3 a=1q0; ");
}

TEST_F(OwnRoutesTest, WhatWasAddedIsKnownOnceAllPeersSaySo) {
  own.on_peer_up(peer);
  own.on_peer_up(other);
  own.add("a", Wants::all);
  bool is_known = false;
  EXPECT_FALSE(own.when_known([&] { is_known = true; }));
  own.on_known(peer, 1);
  EXPECT_FALSE(is_known);
  own.on_known(other, 1);
  EXPECT_TRUE(is_known);
  EXPECT_TRUE(own.when_known([] {}));
}

TEST_F(OwnRoutesTest, APeerThatIsGoneIsNotWaitedFor) {
  own.on_peer_up(peer);
  own.add("a", Wants::all);
  bool is_known = false;
  EXPECT_FALSE(own.when_known([&] { is_known = true; }));
  own.on_peer_down(peer);
  EXPECT_TRUE(is_known);
}

TEST_F(OwnRoutesTest, APeerThatLacksSomethingIsToldAllAgain) {
  own.add("a", Wants::all);
  own.on_peer_up(peer);
  take();
  own.on_wanted(peer);
  EXPECT_EQ(take(), "to 2: 1 all a=1; ");
  own.on_wanted(other);
  EXPECT_EQ(take(), "");
}

TEST_F(OwnRoutesTest, APeerThatTakesNoNoteForSecondsIsToldAllAgain) {
  own.on_peer_up(peer);
  own.add("a", Wants::all);
  take();
  own.tick(0);
  own.tick(4 * ns_per_s);
  EXPECT_EQ(take(), "");
  own.tick(6 * ns_per_s);
  EXPECT_EQ(take(), "to 2: 1 all a=1; ");
  own.on_known(peer, 1);
  own.tick(20 * ns_per_s);
  own.tick(40 * ns_per_s);
  EXPECT_EQ(take(), "");
}

TEST_F(OwnRoutesTest, ManyRoutesComeInParts) {
  for (int i = 0; i < 20'000; ++i) own.add("filter/" + std::to_string(i), Wants::all);
  own.on_peer_up(peer);
  std::size_t routes = 0;
  ASSERT_GT(texts.size(), 2u);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto part = read_remote<RoutesMessage>(texts[i]);
    EXPECT_EQ(part->is_first, i == 0);
    EXPECT_EQ(part->is_last, i + 1 == texts.size());
    EXPECT_LT(texts[i].size(), 1u << 20);
    routes += part->routes.size();
  }
  EXPECT_EQ(routes, 20'000u);
}

TEST_F(OwnRoutesTest, WhatTheWayHasNoRoomForWaitsAndKeepsItsOrder) {
  for (int i = 0; i < 20'000; ++i) own.add("filter/" + std::to_string(i), Wants::all);
  room_count = 1;
  own.on_peer_up(peer);
  EXPECT_EQ(texts.size(), 1u);
  own.add("later", Wants::all);
  EXPECT_EQ(texts.size(), 1u) << "a change does not overtake what it changes";
  std::size_t routes = 0;
  const auto is_change = [&] { return !read_remote<RoutesMessage>(texts.back())->is_whole; };
  for (MonoNs now = 0; !is_change() && now < 60 * ns_per_s; now += ns_per_s) {
    EXPECT_EQ(texts.size(), room_count);
    ++room_count;
    own.tick(now);
  }
  for (const std::string& text : texts) {
    const auto part = read_remote<RoutesMessage>(text);
    EXPECT_EQ(part->is_whole, &text != &texts.back());
    if (part->is_whole) {
      EXPECT_EQ(part->before_count, routes);
    }
    routes += part->routes.size();
  }
  EXPECT_EQ(routes, 20'001u);
}

TEST_F(OwnRoutesTest, NothingIsToldAgainWhileItStillWaits) {
  own.add("a", Wants::all);
  room_count = 0;
  own.on_peer_up(peer);
  for (MonoNs now = 0; now < 60 * ns_per_s; now += ns_per_s) own.tick(now);
  room_count = SIZE_MAX;
  own.tick(61 * ns_per_s);
  EXPECT_EQ(take(), "to 2: 1 all a=1; ");
}

TEST(OwnRoutesAlone, NothingIsKeptOrWaitedFor) {
  OwnRoutes own;
  own.add("a", Wants::all);
  EXPECT_EQ(own.filter_count(), 0u);
  EXPECT_TRUE(own.when_known([] {}));
}

// A node that takes nothing for long is told all that there is in the end, not each change of an hour.
TEST_F(OwnRoutesTest, WhatWaitsForABusyPeerDoesNotGrowWithoutBound) {
  own.add("stays", Wants::all);
  own.on_peer_up(peer);
  take();
  room_count = texts.size();
  for (int i = 0; i < 5000; ++i) {
    own.add("comes and goes", Wants::all);
    own.remove("comes and goes", Wants::all);
  }
  own.add("last", Wants::all);
  EXPECT_EQ(take(), "");
  room_count = SIZE_MAX;
  own.tick(ns_per_s);
  const std::string told = take();
  EXPECT_TRUE(told == "to 2: 10002 all stays=1 last=1; " || told == "to 2: 10002 all last=1 stays=1; ")
      << told.substr(0, 200);
  own.add("next", Wants::all);
  EXPECT_EQ(take(), "to 2: 10003 next=1; ");
}

}  // namespace
}  // namespace tenon::broker
