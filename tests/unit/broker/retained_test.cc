#include "broker/retained.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::broker {
namespace {

using service::RetainStore;

class RetainedTest : public ::testing::Test {
 protected:
  static Ref<session::Message> message(std::string_view topic, std::string_view payload) {
    session::MessageView view;
    view.topic = topic;
    view.payload = as_bytes(payload);
    view.qos = mqtt::QoS::at_least_once;
    return session::Message::make(view);
  }
  void follow(std::string_view topic, std::string_view payload) {
    retained.follow(message(topic, payload)->view());
  }
  bool answer(std::string_view topic, std::string_view payload) {
    return retained.answer(message(topic, payload)->view());
  }
  // The payload that the topic has; "-": none.
  std::string kept(std::string_view topic) const {
    std::vector<Ref<session::Message>> found;
    retained.collect(topic, 0, retained.last_number(), SIZE_MAX, found);
    return found.empty() ? "-" : std::string(as_text(found[0]->view().payload));
  }
  Retained retained{{3}, 1};
};

TEST_F(RetainedTest, FollowsWhatIsCommitted) {
  follow("a", "1");
  EXPECT_EQ(kept("a"), "1");
  follow("a", "2");
  EXPECT_EQ(kept("a"), "2");
  follow("a", "");
  EXPECT_EQ(kept("a"), "-");
}

TEST_F(RetainedTest, AnOwnMessageIsThereBeforeItIsCommitted) {
  EXPECT_EQ(retained.put(message("a", "mine")), RetainStore::Put::stored);
  EXPECT_EQ(kept("a"), "mine");
  follow("a", "mine");
  EXPECT_FALSE(retained.settle("a", true));
  EXPECT_EQ(kept("a"), "mine");
}

TEST_F(RetainedTest, OwnMessagesOfATopicSettleUntilTheLastOneHas) {
  retained.put(message("a", "one"));
  retained.put(message("a", "two"));
  retained.show_sent(message("b", "sent"));
  EXPECT_TRUE(retained.is_settling("a"));
  EXPECT_FALSE(retained.is_settling("b"));
  retained.settle("a", true);
  EXPECT_TRUE(retained.is_settling("a"));
  retained.settle("a", true);
  EXPECT_FALSE(retained.is_settling("a"));
}

TEST_F(RetainedTest, WhatOthersCommitMeanwhileIsNotTakenButAskedForAfterwards) {
  retained.put(message("a", "mine"));
  follow("a", "older");
  EXPECT_EQ(kept("a"), "mine");
  follow("a", "mine");
  EXPECT_TRUE(retained.settle("a", true));
  EXPECT_TRUE(answer("a", "answer"));
  EXPECT_EQ(kept("a"), "answer");
}

TEST_F(RetainedTest, AnOwnMessageThatWasNotCommittedGivesWayToTheTruth) {
  follow("a", "truth");
  retained.put(message("a", "mine"));
  EXPECT_TRUE(retained.settle("a", false));
  EXPECT_TRUE(answer("a", "truth"));
  EXPECT_EQ(kept("a"), "truth");
  retained.put(message("b", "mine"));
  EXPECT_TRUE(retained.settle("b", false));
  EXPECT_TRUE(answer("b", ""));
  EXPECT_EQ(kept("b"), "-");
  follow("b", "later");
  EXPECT_EQ(kept("b"), "later");
}

TEST_F(RetainedTest, WhatIsFollowedWhileAnAnswerIsOnItsWayIsNewerThanThat) {
  retained.put(message("a", "mine"));
  EXPECT_TRUE(retained.settle("a", false));
  follow("a", "newer than the answer");
  EXPECT_EQ(kept("a"), "mine");
  EXPECT_TRUE(answer("a", "older"));
  EXPECT_EQ(kept("a"), "newer than the answer");
  follow("a", "newest");
  EXPECT_EQ(kept("a"), "newest");
}

TEST_F(RetainedTest, WhatAReplicaThatIsBehindAppliesDoesNotReplaceAnAcknowledgedMessage_INV_R2) {
  follow("a", "1");
  retained.put(message("a", "mine"));
  EXPECT_FALSE(retained.settle("a", true));
  follow("a", "2");
  EXPECT_EQ(kept("a"), "mine");
  follow("a", "mine");
  EXPECT_EQ(kept("a"), "mine");
  follow("a", "3");
  EXPECT_EQ(kept("a"), "3");
}

TEST_F(RetainedTest, AReplicaThatIsBehindShowsNoneOfSeveralAcknowledgedMessagesAgain_INV_R2) {
  for (const char* payload : {"m1", "m2"}) {
    retained.put(message("a", payload));
    EXPECT_FALSE(retained.settle("a", true));
  }
  retained.put(message("a", "m3"));
  for (const char* payload : {"older", "m1", "m2"}) {
    follow("a", payload);
    EXPECT_EQ(kept("a"), "m3");
  }
  EXPECT_TRUE(retained.settle("a", true)) << "what was committed before it may have been behind it";
  follow("a", "m3");
  EXPECT_TRUE(answer("a", "m3"));
  EXPECT_EQ(kept("a"), "m3");
}

TEST_F(RetainedTest, OwnMessagesThatAReplicaFollowsInTheirOrderMakeNobodyAsk) {
  retained.put(message("a", "m1"));
  EXPECT_FALSE(retained.settle("a", true));
  retained.put(message("a", "m2"));
  follow("a", "m1");
  EXPECT_FALSE(retained.settle("a", true));
  follow("a", "m2");
  follow("a", "3");
  EXPECT_EQ(kept("a"), "3");
}

TEST_F(RetainedTest, AnAcknowledgedMessageThatAReplicaNeverAppliesIsAskedFor) {
  retained.put(message("a", "mine"));
  EXPECT_FALSE(retained.settle("a", true));
  for (std::uint32_t ticks = 1; ticks < Retained::shown_ticks_max; ++ticks)
    EXPECT_TRUE(retained.tick(0).empty());
  EXPECT_EQ(retained.tick(0), std::vector<std::string>{"a"});
  EXPECT_TRUE(retained.tick(0).empty());
  EXPECT_TRUE(answer("a", "in its place"));
  EXPECT_EQ(kept("a"), "in its place");
}

TEST_F(RetainedTest, WhoPutsBehindTheQuestionAsksWhenThatIsSettled) {
  retained.put(message("a", "1"));
  EXPECT_TRUE(retained.settle("a", false));
  retained.put(message("a", "2"));
  EXPECT_TRUE(answer("a", ""));
  EXPECT_EQ(kept("a"), "2");
  EXPECT_TRUE(retained.settle("a", true));
  retained.put(message("a", "3"));
  EXPECT_FALSE(retained.settle("a", true));
  EXPECT_TRUE(answer("a", "2"));
  EXPECT_EQ(kept("a"), "3");
  follow("a", "2");
  EXPECT_EQ(kept("a"), "3");
  retained.put(message("a", "4"));
  EXPECT_FALSE(retained.settle("a", true));
  retained.put(message("a", "5"));
  EXPECT_TRUE(retained.settle("a", false));
  retained.put(message("a", "6"));
  EXPECT_FALSE(retained.settle("a", false));
  EXPECT_FALSE(answer("a", "4")) << "6 may be there behind the question";
  EXPECT_TRUE(answer("a", "4"));
  EXPECT_EQ(kept("a"), "4");
}

TEST_F(RetainedTest, WithSeveralUnderWayTheLastOneSettles) {
  retained.put(message("a", "1"));
  retained.put(message("a", "2"));
  follow("a", "1");
  EXPECT_FALSE(retained.settle("a", true));
  EXPECT_EQ(kept("a"), "2");
  follow("a", "2");
  EXPECT_TRUE(retained.settle("a", true));
  EXPECT_EQ(kept("a"), "2");
}

TEST_F(RetainedTest, TopicsDoNotConcernEachOther) {
  retained.put(message("a", "mine"));
  follow("b", "1");
  EXPECT_EQ(kept("b"), "1");
  EXPECT_FALSE(retained.settle("a", true));
}

TEST_F(RetainedTest, ARemovalIsUnderWayLikeAMessage) {
  follow("a", "1");
  EXPECT_EQ(retained.put(message("a", "")), RetainStore::Put::removed);
  follow("a", "older");
  EXPECT_EQ(kept("a"), "-");
  EXPECT_TRUE(retained.settle("a", true));
}

TEST_F(RetainedTest, AFullOneTakesNothingAndNothingIsUnderWay) {
  for (const char* topic : {"a", "b", "c"}) follow(topic, "1");
  EXPECT_EQ(retained.put(message("d", "1")), RetainStore::Put::full);
  EXPECT_FALSE(retained.settle("d", true));
  follow("a", "");
  follow("d", "2");
  EXPECT_EQ(kept("d"), "2");
}

TEST_F(RetainedTest, WhatHasNoRoomLeavesNothingThatIsOutOfDate) {
  Retained small{{2, message("a", "short")->memory_bytes() + 100}, 1};
  small.follow(message("a", "short")->view());
  EXPECT_EQ(small.size(), 1u);
  small.follow(message("a", std::string(1000, 'x'))->view());
  EXPECT_EQ(small.size(), 0u);
}

TEST_F(RetainedTest, SettlingWhatWasNeverPutChangesNothing) {
  EXPECT_FALSE(retained.settle("a", true));
  follow("a", "1");
  EXPECT_EQ(kept("a"), "1");
}

TEST_F(RetainedTest, TheSameMessageAgainStaysTheOneThatIsBeingSent) {
  const auto mine = message("a", "1");
  retained.put(mine);
  follow("a", "1");
  EXPECT_TRUE(retained.holds(*mine));
}

TEST_F(RetainedTest, WhatIsInALoadIsThereAllTheWhileAndTheRestGoesWhenItEnds) {
  follow("a", "1");
  follow("b", "1");
  follow("other/a", "1");
  retained.load_begins([](std::string_view topic) { return !topic.starts_with("other/"); });
  EXPECT_EQ(kept("a"), "1");
  follow("b", "2");
  EXPECT_EQ(kept("a"), "1");
  retained.load_ends(true);
  EXPECT_EQ(kept("a"), "-");
  EXPECT_EQ(kept("b"), "2");
  EXPECT_EQ(kept("other/a"), "1");
}

TEST_F(RetainedTest, WhatALoadBringsFindsTheRoomOfWhatItForgets) {
  for (const char* topic : {"a", "b", "c"}) follow(topic, "1");
  retained.load_begins([](std::string_view) { return true; });
  for (const char* topic : {"d", "e", "c"}) follow(topic, "2");
  retained.load_ends(true);
  EXPECT_EQ(kept("a") + kept("b") + kept("c") + kept("d") + kept("e"), "--222");
}

TEST_F(RetainedTest, ALoadThatFailsForgetsNothing) {
  follow("a", "1");
  retained.load_begins([](std::string_view) { return true; });
  retained.load_ends(false);
  EXPECT_EQ(kept("a"), "1");
}

TEST_F(RetainedTest, WhatSomebodyElseWillCommitIsShownUntilTheStoreSaysOtherwise) {
  EXPECT_EQ(retained.show(message("a", "posted")), RetainStore::Put::stored);
  EXPECT_EQ(kept("a"), "posted");
  follow("a", "older");
  follow("a", "posted");
  EXPECT_EQ(kept("a"), "posted");
}

TEST_F(RetainedTest, WhatIsShownWhileAnOwnMessageIsUnderWayMakesTheStoreToBeAsked) {
  retained.put(message("a", "mine"));
  retained.show(message("a", "posted"));
  EXPECT_TRUE(retained.settle("a", true));
}

// What another node sends to subscribers before it has committed it.
class RetainedSent : public RetainedTest {
 protected:
  void refuse(std::string_view topic, std::string_view late, std::string_view current) {
    retained.refuse(message(topic, late)->view(), message(topic, current)->view());
  }
  void sent(std::string_view topic, std::string_view payload) { retained.show_sent(message(topic, payload)); }
  using Topics = std::vector<std::string>;

  // What tick() says in so many calls.
  Topics ticks(std::uint32_t count) {
    Topics doubted;
    for (std::uint32_t i = 0; i < count; ++i)
      for (std::string& topic : retained.tick(0)) doubted.push_back(std::move(topic));
    return doubted;
  }
};

TEST_F(RetainedSent, ItIsFoundByWhoSubscribesBehindItAndWhatItReplacesIsSentToNobody) {
  follow("a", "older");
  std::vector<Ref<session::Message>> replayed;
  retained.collect("a", 0, retained.last_number(), SIZE_MAX, replayed);
  ASSERT_EQ(replayed.size(), 1u);
  sent("a", "newer");
  EXPECT_FALSE(retained.holds(*replayed[0]));
  EXPECT_EQ(kept("a"), "newer");
  follow("a", "newer");
  EXPECT_EQ(kept("a"), "newer");
  follow("a", "newest");
  EXPECT_EQ(kept("a"), "newest");
}

TEST_F(RetainedSent, WhoHasFoundItIsNotOvertakenWhenItIsCommitted) {
  sent("a", "newer");
  const std::uint64_t seen_by_subscriber = retained.last_number();
  follow("a", "newer");
  std::vector<Ref<session::Message>> replayed;
  retained.collect("a", 0, seen_by_subscriber, SIZE_MAX, replayed);
  EXPECT_EQ(replayed.size(), 1u);
}

TEST_F(RetainedSent, SeveralAreFollowedInTheirOrderWithoutGoingBack) {
  for (const char* payload : {"on", "off", "on"}) sent("a", payload);
  follow("a", "on");
  EXPECT_EQ(kept("a"), "on");
  follow("a", "off");
  EXPECT_EQ(kept("a"), "on");
  follow("a", "on");
  EXPECT_EQ(kept("a"), "on");
  follow("a", "off");
  EXPECT_EQ(kept("a"), "off");
}

TEST_F(RetainedSent, WhatIsNeverCommittedIsAskedForAndGivesWay) {
  follow("a", "truth");
  sent("a", "lost");
  EXPECT_EQ(ticks(Retained::shown_ticks_max - 1), Topics{});
  sent("a", "lost, too");
  EXPECT_EQ(ticks(1), Topics{"a"});
  EXPECT_EQ(ticks(2 * Retained::shown_ticks_max), Topics{}) << "once";
  EXPECT_TRUE(answer("a", "truth"));
  EXPECT_EQ(kept("a"), "truth");
}

TEST_F(RetainedSent, WhatIsCommittedBeforeItReplacesNothing) {
  sent("a", "newer");
  const std::uint64_t seen_by_subscriber = retained.last_number();
  follow("a", "of somebody else");
  EXPECT_EQ(ticks(1), Topics{});
  EXPECT_EQ(kept("a"), "newer");
  follow("a", "newer");
  EXPECT_EQ(kept("a"), "newer");
  EXPECT_EQ(retained.last_number(), seen_by_subscriber);
}

TEST_F(RetainedSent, WhatTheStoreHasInItsPlaceIsThereInTheEnd) {
  sent("a", "lost");
  follow("a", "of somebody else");
  EXPECT_EQ(ticks(Retained::shown_ticks_max), Topics{"a"});
  EXPECT_TRUE(answer("a", "of somebody else"));
  EXPECT_EQ(kept("a"), "of somebody else");
}

TEST_F(RetainedSent, WhatIsCommittedWhileItIsAskedForIsNewerThanTheAnswer) {
  sent("a", "late");
  ASSERT_EQ(ticks(Retained::shown_ticks_max), Topics{"a"});
  follow("a", "late");
  EXPECT_TRUE(answer("a", "older"));
  EXPECT_EQ(kept("a"), "late");
}

TEST_F(RetainedSent, OneThatComesBehindItsCommitReplacesNothing) {
  follow("a", "1");
  follow("a", "2");
  sent("a", "1");
  EXPECT_EQ(kept("a"), "2");
}

TEST_F(RetainedSent, OnesOfManyTopicsThatComeBehindTheirCommitsReplaceNothing_INV_R2) {
  Retained many{{}, 1};
  const auto topic = [](int number) { return "t/" + std::to_string(number); };
  for (int number = 0; number < 2000; ++number)
    for (const char* payload : {"1", "2"}) many.follow(message(topic(number), payload)->view());
  for (int number = 0; number < 2000; ++number) {
    many.show_sent(message(topic(number), "1"));
    EXPECT_TRUE(many.has_same(message(topic(number), "2")->view())) << number;
  }
}

TEST_F(RetainedSent, OneThatTheTopicHasHadBeforeIsShownLikeAnyOther) {
  for (const char* payload : {"on", "off", "on", "off"}) {
    sent("a", payload);
    EXPECT_EQ(kept("a"), payload);
    follow("a", payload);
  }
  follow("b", "on");
  follow("b", "off");
  ticks(Retained::shown_ticks_max + 1);
  sent("b", "on");
  EXPECT_EQ(kept("b"), "on");
}

TEST_F(RetainedSent, WhatIsCommittedKeepsItsRoom) {
  Retained small{{8}, 1};
  for (const char* topic : {"1", "2", "3", "4", "5", "6", "7"}) small.show_sent(message(topic, "sent"));
  EXPECT_EQ(small.size(), 7u);
  small.show_sent(message("8", "sent"));
  EXPECT_EQ(small.size(), 7u);
  small.follow(message("9", "committed")->view());
  EXPECT_EQ(small.size(), 8u);
}

TEST_F(RetainedSent, WithAnOwnMessageUnderWayTheStoreIsAsked) {
  sent("a", "theirs");
  retained.put(message("a", "mine"));
  EXPECT_EQ(kept("a"), "mine");
  EXPECT_TRUE(retained.settle("a", true));
  sent("a", "theirs again");
  EXPECT_TRUE(answer("a", "mine"));
  EXPECT_EQ(kept("a"), "theirs again");
  follow("a", "of somebody else");
  EXPECT_EQ(kept("a"), "theirs again");
  follow("a", "theirs again");
  follow("a", "newest");
  EXPECT_EQ(kept("a"), "newest");
}

TEST_F(RetainedSent, ALoadThatKnowsNothingOfItLeavesItToTheStore) {
  sent("a", "newer");
  retained.load_begins([](std::string_view) { return true; });
  retained.load_ends(true);
  EXPECT_EQ(kept("a"), "newer");
  EXPECT_EQ(ticks(Retained::shown_ticks_max), Topics{"a"});
}

TEST_F(RetainedSent, WhatTheStoreRefusesGivesWayToWhatTheTopicHas_INV_R2) {
  follow("a", "newer");
  sent("a", "late copy");
  EXPECT_EQ(kept("a"), "late copy");
  refuse("a", "late copy", "newer");
  EXPECT_EQ(kept("a"), "newer");
  follow("a", "newest");
  EXPECT_EQ(kept("a"), "newest");
  EXPECT_EQ(ticks(Retained::shown_ticks_max), Topics{});
}

TEST_F(RetainedSent, WhatWasRefusedBeforeItCameIsNotShown_INV_R2) {
  follow("a", "newer");
  refuse("a", "late copy", "newer");
  sent("a", "late copy");
  EXPECT_EQ(kept("a"), "newer");
}

TEST_F(RetainedSent, WhatIsRefusedTakesNothingThatWasShownSince) {
  follow("a", "newer");
  sent("a", "late copy");
  sent("a", "newest");
  refuse("a", "late copy", "newer");
  EXPECT_EQ(kept("a"), "newest");
  follow("a", "newest");
  EXPECT_EQ(kept("a"), "newest");
}

TEST_F(RetainedSent, WhatIsRefusedBehindWhatWasShownBeforeMakesTheStoreToBeAsked) {
  sent("a", "newer");
  sent("a", "late copy");
  refuse("a", "late copy", "old");
  EXPECT_EQ(ticks(1), Topics{"a"});
  EXPECT_TRUE(answer("a", "newer"));
  EXPECT_EQ(kept("a"), "newer");
}

TEST_F(RetainedSent, TheSameOnceMoreIsNoLateCopy) {
  follow("a", "1");
  sent("a", "1");
  refuse("a", "1", "1");
  EXPECT_EQ(kept("a"), "1");
  sent("a", "");
  refuse("a", "", "1");
  EXPECT_EQ(kept("a"), "1");
}

TEST_F(RetainedSent, AnOwnMessageThatIsRefusedMakesTheStoreToBeAsked) {
  follow("a", "newer");
  retained.put(message("a", "late copy"));
  refuse("a", "late copy", "newer");
  EXPECT_TRUE(retained.settle("a", false));
  EXPECT_TRUE(answer("a", "newer"));
  EXPECT_EQ(kept("a"), "newer");
}

TEST_F(RetainedSent, ARemovalIsShownLikeAMessage) {
  follow("a", "1");
  sent("a", "");
  EXPECT_EQ(kept("a"), "-");
  follow("a", "");
  EXPECT_EQ(ticks(2 * Retained::shown_ticks_max), Topics{});
}

}  // namespace
}  // namespace tenon::broker
