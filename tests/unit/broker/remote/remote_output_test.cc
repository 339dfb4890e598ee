#include "broker/remote/remote_output.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "routing/receiver_key.h"

namespace tenon::broker {
namespace {

session::MessageView message(std::string_view payload) {
  session::MessageView view;
  view.topic = "t";
  view.payload = as_bytes(payload);
  view.qos = mqtt::QoS::at_least_once;
  return view;
}

class RemoteOutputTest : public ::testing::Test, public RemotePort {
 protected:
  void send(kv::NodeId to, RemoteMessage kind, std::string&& body) override {
    ASSERT_EQ(kind, RemoteMessage::messages);
    DeliveriesReader reader(body);
    ways.push_back(reader.way());
    std::string text = std::to_string(static_cast<std::uint64_t>(to)) + ":";
    while (const auto delivery = reader.next()) {
      text += " " + std::string(as_text(delivery->message.view.payload));
      if (delivery->to_subscribers) text += " all";
      for (const std::uint64_t group : delivery->groups) text += " g" + std::to_string(group);
    }
    sent.push_back(text);
    bodies.push_back(std::move(body));
  }

  NodeSlots slots;
  routing::NodeSlot two = slots.slot_of(kv::NodeId{2});
  routing::NodeSlot three = slots.slot_of(kv::NodeId{3});
  RemoteOutput output{slots};
  std::vector<std::uint32_t> ways;  // of `bodies`
  std::vector<std::string> sent;
  std::vector<std::string> bodies;
};

TEST_F(RemoteOutputTest, AMessageIsThereOnceForEachNodeAndThoseOfATurnLeaveTogether) {
  output.set_port(this);
  RemoteTargets first;
  first.add_subscribers(two);
  first.add_group(two, 7);
  first.add_group(three, 7);
  first.add_group(two, 8);
  EXPECT_EQ(first.size(), 2u);
  output.add(message("one"), session::ReceiverKey::none, std::move(first));
  RemoteTargets second;
  second.add_subscribers(two);
  output.add(message("two"), session::ReceiverKey::none, std::move(second));
  EXPECT_TRUE(sent.empty());
  output.flush();
  EXPECT_EQ(sent, (std::vector<std::string>{"2: one all g7 g8 two all", "3: one g7"}));
  sent.clear();
  output.flush();
  EXPECT_TRUE(sent.empty());
}

TEST_F(RemoteOutputTest, ASessionsMessagesGoOneWayFromWhateverWorkerItsClientIsAt) {
  RemoteOutput other{slots};
  for (RemoteOutput* worker : {&output, &other}) {
    worker->set_port(this);
    worker->set_way_count(4);
  }
  const auto way_of = [&](RemoteOutput& worker, std::uint64_t session) {
    RemoteTargets targets;
    targets.add_subscribers(two);
    worker.add(message("m"), routing::key_of_inbox(session), std::move(targets));
    worker.flush();
    return ways.back();
  };
  std::set<std::uint32_t> used;
  for (std::uint64_t session = 1; session <= 64; ++session) {
    const std::uint32_t way = way_of(output, session);
    EXPECT_EQ(way_of(other, session), way);
    used.insert(way);
  }
  EXPECT_EQ(used, (std::set<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(sent.size(), 128u);
}

TEST_F(RemoteOutputTest, HowOftenItWasPassedOnIsSaid) {
  DeliveriesWriter writer(1);
  writer.add({false, {5}, {message("first")}, 0});
  writer.add({false, {5}, {message("again")}, 3});
  const std::string body = writer.take();
  DeliveriesReader reader(body);
  EXPECT_EQ(reader.next()->passes, 0);
  EXPECT_EQ(reader.next()->passes, 3);
}

TEST_F(RemoteOutputTest, WhichWillItIsIsSaid) {
  output.set_port(this);
  RemoteTargets targets;
  targets.add_subscribers(two);
  output.add(message("gone"), session::ReceiverKey::none, std::move(targets), 0, RemoteWill{7, 3});
  output.flush();
  ASSERT_EQ(bodies.size(), 1u);
  DeliveriesReader reader(bodies[0]);
  const auto delivery = reader.next();
  ASSERT_TRUE(delivery && delivery->will);
  EXPECT_EQ(delivery->will->number, 7u);
  EXPECT_EQ(delivery->will->epoch, 3u);
}

TEST_F(RemoteOutputTest, ManyBytesLeaveBeforeTheTurnEnds) {
  output.set_port(this);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 3; ++i) {
    RemoteTargets targets;
    targets.add_subscribers(two);
    output.add(message(large), session::ReceiverKey::none, std::move(targets));
  }
  EXPECT_EQ(sent.size(), 1u);
}

TEST(DeliveriesReaderTest, WhatIsCutOffIsNotRead) {
  DeliveriesWriter writer(1);
  writer.add({true, {5}, {message("payload")}});
  const std::string body = writer.take();
  for (std::size_t size = 0; size < body.size(); ++size) {
    DeliveriesReader reader(std::string_view(body).substr(0, size));
    EXPECT_FALSE(reader.next()) << size;
  }
  DeliveriesReader reader(body);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  DeliveriesReader newer("\x02" + body.substr(1));
  EXPECT_FALSE(newer.next());
}

}  // namespace
}  // namespace tenon::broker
