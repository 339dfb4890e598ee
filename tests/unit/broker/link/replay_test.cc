#include "broker/link/replay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::broker {
namespace {

using mqtt::QoS;
using Messages = std::vector<Ref<session::Message>>;

class ReplayTest : public testing::Test {
 protected:
  static Messages messages(const std::vector<std::string>& topics) {
    Messages all;
    for (const std::string& topic : topics) {
      session::MessageView view;
      view.topic = topic;
      all.push_back(session::Message::make(view));
    }
    return all;
  }
  void add(std::string filter, QoS qos = QoS::at_most_once, std::uint32_t id = 0) {
    replay.add({.filter = std::move(filter), .qos = qos, .subscription_id = id});
  }
  // The filter that is to be collected; empty: none.
  std::string wanted() const {
    const Replay::Part* part = replay.to_collect();
    return part ? part->filter : "";
  }
  std::string topic() {
    const auto next = replay.take();
    return next ? std::string(next->message->view().topic) : "";
  }

  Replay replay;
};

TEST_F(ReplayTest, AFilterIsCollectedWhenItsTurnComes) {
  add("a/#");
  add("b/#");
  EXPECT_EQ(wanted(), "a/#");
  replay.collected(messages({"a/1", "a/2"}), true);
  EXPECT_EQ(wanted(), "");
  EXPECT_EQ(topic(), "a/1");
  EXPECT_EQ(wanted(), "");
  EXPECT_EQ(topic(), "a/2");
  EXPECT_EQ(topic(), "");
  EXPECT_EQ(wanted(), "b/#");
  EXPECT_FALSE(replay.empty());
}

TEST_F(ReplayTest, WhatASubscriptionAskedForGoesWithEachOfItsMessages) {
  add("a/#", QoS::at_least_once, 7);
  replay.collected(messages({"a/1"}), true);
  const auto next = replay.take();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->qos, QoS::at_least_once);
  EXPECT_EQ(next->subscription_id, 7u);
  EXPECT_TRUE(replay.empty());
}

TEST_F(ReplayTest, AFilterThatMatchesNothingIsDone) {
  add("a/#");
  add("b/#");
  replay.collected({}, true);
  EXPECT_EQ(wanted(), "b/#");
  replay.collected({}, true);
  EXPECT_EQ(wanted(), "");
  EXPECT_TRUE(replay.empty());
}

TEST_F(ReplayTest, ASubscriptionThatIsMadeAgainBeginsAgainBehindTheOthers) {
  add("a/#");
  add("b/#");
  replay.collected(messages({"a/1", "a/2"}), true);
  EXPECT_EQ(topic(), "a/1");
  add("a/#", QoS::exactly_once);
  EXPECT_EQ(topic(), "") << "of the former one";
  EXPECT_EQ(wanted(), "b/#");
  replay.collected(messages({"b/1"}), true);
  EXPECT_EQ(topic(), "b/1");
  EXPECT_EQ(wanted(), "a/#");
  EXPECT_EQ(replay.to_collect()->qos, QoS::exactly_once);
}

TEST_F(ReplayTest, ASubscriptionThatAsksForNothingChangesHowTheRestOfTheFormerOneGoesMqtt3_8_4_4) {
  add("a/#", QoS::exactly_once, 1);
  add("b/#", QoS::at_least_once, 2);
  replay.collected(messages({"a/1", "a/2"}), true);
  EXPECT_EQ(replay.take()->subscription_id, 1u);
  replay.change("a/#", QoS::at_most_once, 3);
  replay.change("b/#", QoS::exactly_once, 4);
  replay.change("nobody asked for this", QoS::exactly_once, 5);
  const auto rest = replay.take();
  ASSERT_TRUE(rest) << "is lost";
  EXPECT_EQ(rest->message->view().topic, "a/2");
  EXPECT_EQ(rest->qos, QoS::at_most_once);
  EXPECT_EQ(rest->subscription_id, 3u);
  EXPECT_EQ(wanted(), "b/#");
  EXPECT_EQ(replay.to_collect()->qos, QoS::exactly_once);
  EXPECT_EQ(replay.to_collect()->subscription_id, 4u);
}

TEST_F(ReplayTest, WhatIsUnsubscribedIsNotSentAnyMore) {
  add("a/#");
  add("b/#");
  add("c/#");
  replay.collected(messages({"a/1", "a/2"}), true);
  replay.drop("b/#");
  replay.drop("nobody asked for this");
  EXPECT_EQ(topic(), "a/1");
  EXPECT_EQ(replay.left_count(), 1u);
  replay.drop("a/#");
  EXPECT_EQ(replay.left_count(), 0u);
  EXPECT_EQ(wanted(), "c/#");
  replay.drop("c/#");
  EXPECT_TRUE(replay.empty());
}

TEST_F(ReplayTest, TheFirstMessagesGoOutBeforeAllAreCollected) {
  add("a/#");
  add("b/#");
  const std::size_t few = replay.collect_max();
  const Messages all = messages({"a/1", "a/2", "a/3"});
  replay.collected({all[1], all[0]}, false);
  EXPECT_EQ(topic(), "a/2");
  EXPECT_EQ(wanted(), "");
  EXPECT_EQ(topic(), "a/1");
  EXPECT_EQ(wanted(), "a/#");
  EXPECT_GT(replay.collect_max(), few);
  // In whatever order they are found the second time.
  replay.collected({all[0], all[2], all[1]}, true);
  EXPECT_EQ(topic(), "a/3");
  EXPECT_EQ(wanted(), "b/#");
  EXPECT_EQ(replay.collect_max(), few);
}

TEST_F(ReplayTest, AFilterIsDoneWhenNothingIsLeftBehindItsFirstMessages) {
  add("a/#");
  const Messages all = messages({"a/1"});
  replay.collected({all[0]}, false);
  EXPECT_EQ(topic(), "a/1");
  replay.collected({all[0]}, true);
  EXPECT_TRUE(replay.empty());
}

TEST_F(ReplayTest, ASubscriptionThatIsMadeAgainGetsItsFirstMessagesAgain) {
  add("a/#");
  const Messages all = messages({"a/1", "a/2"});
  replay.collected({all[0]}, false);
  EXPECT_EQ(topic(), "a/1");
  add("a/#");
  replay.collected({all[0], all[1]}, true);
  EXPECT_EQ(topic(), "a/1");
  EXPECT_EQ(topic(), "a/2");
  EXPECT_TRUE(replay.empty());
}

}  // namespace
}  // namespace tenon::broker
