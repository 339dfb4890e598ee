#include "inbox_fixture.h"

// Posts: messages of a session's client that wait to be brought to others; and that each inbox takes what is
// brought to it once.

namespace tenon::service::inbox {
namespace {

class InboxOutbox : public InboxFixture {
 protected:
  PostReply post(std::string_view client, const AttachReply& at, std::uint16_t packet_id,
                 std::string_view payload = "p", std::uint32_t count_max = 10'000) {
    return apply(Post{held(client, at), packet_id, message("t", payload), {}, count_max});
  }
  std::vector<FetchPosts::Item> posts(std::string_view client, const PostId& from = {}) {
    return ask(FetchPosts{{"", client}, from, 100, 1 << 20}).items;
  }
  void done(std::string_view client, std::vector<PostId> ids) {
    apply(PostDone{{"", client}, std::move(ids)});
  }
  std::size_t told_of_posts() { return told<Posted>(kv::NodeId::none).size(); }
  AppendReply relay(std::vector<Append::Target> targets, std::uint64_t number, std::string_view payload,
                    Number session = 77, Origin::Lane lane = Origin::Lane::post) {
    return apply(Relay{{session, lane, number}, Append{message("t", payload), limits, std::move(targets)}});
  }
  static Append::Target to(std::string_view client, Number number) {
    return {{"", client}, number, mqtt::QoS::exactly_once, false, {}};
  }
};

TEST_F(InboxOutbox, APostWaitsUntilItIsDone) {
  const auto at = attach("c", 9);
  EXPECT_EQ(post("c", at, 5, "one").post, 1u);
  EXPECT_EQ(told_of_posts(), 1u);
  EXPECT_EQ(post("c", at, 6, "two").open_count, 2u);
  auto waiting = posts("c");
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(as_text(waiting[0].message.view.payload), "one");
  EXPECT_EQ(waiting[1].id, (PostId{9, 2}));
  EXPECT_EQ(posts("c", {9, 2}).size(), 1u);
  done("c", {{9, 1}, {9, 77}});
  EXPECT_EQ(posts("c").size(), 1u);
  done("c", {{9, 2}});
  EXPECT_TRUE(posts("c").empty());
}

TEST_F(InboxOutbox, APacketIdThatIsRememberedIsTakenOnce_MQTT_4_3_3_10) {
  const auto at = attach("c", 9);
  EXPECT_FALSE(post("c", at, 5).existed);
  const PostReply again = post("c", at, 5);
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.post, 0u);
  EXPECT_EQ(again.open_count, 1u);
  EXPECT_EQ(attach("c", 10).received_ids, std::vector<std::uint16_t>{5});
}

TEST_F(InboxOutbox, AForgottenPacketIdIsANewMessages) {
  const auto at = attach("c", 9);
  post("c", at, 5);
  apply(Received{held("c", at), {}, {5}});
  EXPECT_EQ(post("c", at, 5).post, 2u);
}

TEST_F(InboxOutbox, AnOlderConnectionPostsNothing_INV_S3) {
  const auto at = attach("c", 9);
  attach("c", 10, 100, false, link_b);
  EXPECT_EQ(post("c", at, 5).status, OpStatus::stale);
  EXPECT_TRUE(posts("c").empty());
}

TEST_F(InboxOutbox, ThatIsFullTakesNoMoreAndForgetsThePacketId) {
  const auto at = attach("c", 9);
  post("c", at, 5, "p", 1);
  EXPECT_EQ(post("c", at, 6, "p", 1).status, OpStatus::full);
  EXPECT_EQ(attach("c", 10).received_ids, std::vector<std::uint16_t>{5});
}

// As a record is whose answer was lost.
TEST_F(InboxOutbox, APostThatIsGivenAgainSaysWhetherItIsThere) {
  const auto at = attach("c", 9);
  post("c", at, 5, "p", 1);
  EXPECT_EQ(post("c", at, 5, "p", 1).status, OpStatus::ok);
  post("c", at, 6, "p", 1);
  EXPECT_EQ(post("c", at, 6, "p", 1).status, OpStatus::full);
  attach("c", 10, 100, false, link_b);
  post("c", at, 7);
  EXPECT_EQ(post("c", at, 7).status, OpStatus::stale);
  EXPECT_EQ(posts("c").size(), 1u);
}

TEST_F(InboxOutbox, PostsOutliveTheirSession) {
  const auto at = attach("c", 9);
  post("c", at, 5);
  detach("c", at, 0);
  ASSERT_EQ(posts("c").size(), 1u);
  seconds_pass(posts_retry_s);
  run_due();
  EXPECT_EQ(told_of_posts(), 1u);
  const auto anew = attach("c", 10);
  EXPECT_TRUE(anew.received_ids.empty());
  EXPECT_EQ(post("c", anew, 5).open_count, 2u);
  done("c", {{9, 1}, {10, 1}});
  EXPECT_TRUE(posts("c").empty());
  seconds_pass(10);
  run_due();
  EXPECT_EQ(told_of_posts(), 0u);
}

TEST_F(InboxOutbox, TheLeaderIsToldAgainWhilePostsWait) {
  const auto at = attach("c", 9);
  post("c", at, 5);
  run_due();
  EXPECT_EQ(told_of_posts(), 0u);
  for (int i = 0; i < 3; ++i) {
    seconds_pass(posts_retry_s);
    run_due();
    EXPECT_EQ(told_of_posts(), 1u) << i;
  }
  done("c", {{9, 1}});
  seconds_pass(posts_retry_s);
  run_due();
  EXPECT_EQ(told_of_posts(), 0u);
}

TEST_F(InboxOutbox, PostsOfManyEndedSessionsThatWaitKeepNobodyElseFromExpiring) {
  for (int i = 0; i < 3000; ++i) {
    const std::string client = "gone-" + std::to_string(i);
    const auto at = attach(client, 1 + static_cast<Number>(i));
    post(client, at, 5);
    detach(client, at, 0);
  }
  constexpr int others = 300;
  for (int i = 0; i < others; ++i) {
    const std::string client = "other-" + std::to_string(i);
    detach(client, attach(client, 10'000 + static_cast<Number>(i)), 3);
  }
  for (int i = 0; i < 20; ++i) {
    seconds_pass(1);
    run_due();
  }
  EXPECT_EQ(std::count_if(state.items.begin(), state.items.end(),
                          [](const auto& row) { return row.first.find("other-") != std::string::npos; }),
            0);
}

TEST_F(InboxOutbox, ALeaderThatHasJustLoadedTellsOfPostsThatWait) {
  const auto at = attach("c", 9);
  post("c", at, 5);
  EXPECT_TRUE(machine.load(state).ok());
  seconds_pass(posts_retry_s);
  run_due();
  EXPECT_EQ(told_of_posts(), 1u);
}

TEST_F(InboxOutbox, APublisherThatWasHeldIsToldWhenThereIsRoom) {
  const auto at = attach("c", 9);
  for (std::uint16_t id = 1; id <= posts_low + 2; ++id) post("c", at, id);
  done("c", {{9, 1}});
  EXPECT_TRUE(told<OutboxHasRoom>(kv::NodeId{1}).empty());
  done("c", {{9, 2}});
  const auto room = told<OutboxHasRoom>(kv::NodeId{1});
  ASSERT_EQ(room.size(), 1u);
  EXPECT_EQ(room[0].epoch, at.epoch);
  EXPECT_EQ(room[0].next_post, posts_low + 3);
  done("c", {{9, 3}});
  EXPECT_TRUE(told<OutboxHasRoom>(kv::NodeId{1}).empty());
}

TEST_F(InboxOutbox, AMessageIsBroughtToAnInboxOnce) {
  const auto a = attach("a", 1);
  const auto b = attach("b", 2);
  relay({to("a", 1)}, 1, "one");
  EXPECT_EQ(relay({to("a", 1), to("b", 2)}, 1, "one").targets,
            (std::vector<OpStatus>{OpStatus::ok, OpStatus::ok}));
  EXPECT_EQ(payloads("a", a), std::vector<std::string>{"one"});
  EXPECT_EQ(payloads("b", b), std::vector<std::string>{"one"});
  relay({to("a", 1)}, 3, "three");
  relay({to("a", 1)}, 2, "two");
  EXPECT_EQ(payloads("a", a), (std::vector<std::string>{"one", "three"}));
}

TEST_F(InboxOutbox, OriginsAreCountedEachForItself) {
  const auto a = attach("a", 1);
  relay({to("a", 1)}, 5, "77");
  relay({to("a", 1)}, 5, "78", 78);
  relay({to("a", 1)}, 5, "will", 77, Origin::Lane::will);
  EXPECT_EQ(payloads("a", a), (std::vector<std::string>{"77", "78", "will"}));
}

TEST_F(InboxOutbox, AnInboxThatIsThereTwiceInAMessageGetsItTwice) {
  const auto a = attach("a", 1);
  for (int again = 0; again < 2; ++again) relay({to("a", 1), to("a", 1)}, 1, "one");
  EXPECT_EQ(payloads("a", a), (std::vector<std::string>{"one", "one"}));
}

TEST_F(InboxOutbox, WhatWasRefusedForWantOfRoomIsNotTakenLater) {
  const auto a = attach("a", 1);
  limits.count_max = 1;
  relay({to("a", 1)}, 1, "one");
  EXPECT_EQ(relay({to("a", 1)}, 2, "two").targets[0], OpStatus::full);
  apply(Acknowledge{held("a", a), {1}});
  relay({to("a", 1)}, 2, "two");
  EXPECT_TRUE(payloads("a", a).empty());
}

TEST_F(InboxOutbox, ASessionThatIsGoneIsToldAndLeavesNoMark) {
  EXPECT_EQ(relay({to("a", 1)}, 1, "one").targets[0], OpStatus::gone);
  const auto a = attach("a", 1);
  relay({to("a", 1)}, 1, "one");
  EXPECT_EQ(payloads("a", a), std::vector<std::string>{"one"});
  detach("a", a, 0);
  EXPECT_TRUE(state.items.empty());
}

TEST_F(InboxOutbox, MarksOfADayAgoAreForgottenWhenThereAreMany) {
  attach("a", 1, never_expires_s);
  limits.count_max = 100'000;
  for (Number session = 1; session <= 256; ++session) relay({to("a", 1)}, 1, "x", session);
  const std::size_t before = state.items.size();
  seconds_pass(24 * 60 * 60 - 1);
  relay({to("a", 1)}, 1, "x", 1000);
  EXPECT_EQ(state.items.size(), before + 2);
  seconds_pass(2);
  // They are looked through again when there are twice as many.
  for (Number session = 2000; session < 2000 + 258; ++session) relay({to("a", 1)}, 1, "x", session);
  EXPECT_EQ(state.items.size(), before + 2 + 2 * 258 - 256);
}

class LeftToGroups : public InboxOutbox {
 protected:
  // A session that is attached, with these filters.
  AttachReply member(std::vector<std::string_view> filters, bool leaves = true) {
    const auto at = attach("c", 9);
    if (leaves) apply(LeaveToGroups{{"", "c"}, 9});
    for (const std::string_view filter : filters) subscribe(at, filter);
    return at;
  }
  void subscribe(const AttachReply& at, std::string_view filter, mqtt::QoS qos = mqtt::QoS::at_least_once) {
    apply(PutSubscription{held("c", at), filter, {{0, qos, false, false}}, 10});
  }
  // Payloads of all posts of a group, in their order.
  std::vector<std::string> left(std::string_view group) {
    std::vector<std::string> payloads;
    const auto reply = ask(FetchPosts{{"", "c"}, {}, 100'000, 1 << 30});
    for (std::size_t i = 0; i < reply.items.size(); ++i)
      if (reply.group(i) == group) payloads.emplace_back(as_text(reply.items[i].message.view.payload));
    return payloads;
  }
  static std::string machine_key(std::string_view client) {
    return key_of(owner_prefix({"", client}), KeyKind::session);
  }
  using Payloads = std::vector<std::string>;
};

TEST_F(LeftToGroups, WhatASessionHasNotFinishedBecomesPostsWhenItEnds) {
  const auto at = member({"$share/g/t", "other"});
  for (const char* payload : {"acknowledged", "sent", "waits"}) append("c", 9, payload);
  apply(Sent{held("c", at), 2});
  apply(Acknowledge{held("c", at), {1}});
  detach("c", at);
  EXPECT_TRUE(posts("c").empty());
  seconds_pass(100);
  run_due();
  EXPECT_EQ(told_of_posts(), 1u);
  EXPECT_EQ(left("$share/g/t"), (Payloads{"sent", "waits"}));
  done("c", {{9, 1}, {9, 2}});
  EXPECT_TRUE(posts("c").empty());
}

TEST_F(LeftToGroups, ItDoesSoHoweverItEnds) {
  const auto ends = [this](const AttachReply& at, int way) {
    if (way == 0) detach("c", at, 0);
    if (way == 1) attach("c", 10, 100, true, link_b);
    if (way == 2) apply(End{{"", "c"}, 9});
    if (way == 3) apply(NodeGone{link_a.node, link_a.incarnation});
  };
  for (int way = 0; way < 4; ++way) {
    const auto at = attach("c", 9, 0, true);
    apply(End{{"", "c"}, at.number});
    const auto made = attach("c", 9, way == 3 ? 1 : 100);
    apply(LeaveToGroups{{"", "c"}, 9});
    subscribe(made, "$share/g/t");
    append("c", 9, "waits");
    ends(made, way);
    seconds_pass(1);
    run_due();
    EXPECT_EQ(left("$share/g/t"), Payloads{"waits"}) << way;
    done("c", {{9, 1}});
    seconds_pass(1000);
    run_due();
  }
}

// [MQTT-4.8.2-5]
TEST_F(LeftToGroups, WhatWasForQoS2IsForNobodyElse) {
  const auto at = member({"$share/g/t"});
  append("c", 9, "twice", mqtt::QoS::exactly_once);
  append("c", 9, "once");
  detach("c", at, 0);
  EXPECT_EQ(left("$share/g/t"), Payloads{"once"});
}

TEST_F(LeftToGroups, WhatHasExpiredIsLeftToNobody) {
  const auto at = member({"$share/g/t"});
  append("c", 9, "short", mqtt::QoS::at_least_once, now_ms + 1000);
  append("c", 9, "long", mqtt::QoS::at_least_once, now_ms + 9000);
  seconds_pass(2);
  detach("c", at, 0);
  EXPECT_EQ(left("$share/g/t"), Payloads{"long"});
}

TEST_F(LeftToGroups, WhatMayHaveBeenTheSessionsOwnIsNotHandedOut) {
  auto at = member({"$share/g/t", "+"});
  append("c", 9, "of both");
  detach("c", at, 0);
  EXPECT_TRUE(posts("c").empty());
  at = member({"$share/g/t", "$share/h/#"});
  append("c", 9, "of either group");
  detach("c", at, 0);
  EXPECT_TRUE(posts("c").empty());
}

TEST_F(LeftToGroups, FiltersForQoS0BringNothingThatWaits) {
  const auto at = member({"$oshare/g/t"});
  subscribe(at, "#", mqtt::QoS::at_most_once);
  append("c", 9, "of the group");
  detach("c", at, 0);
  EXPECT_EQ(left("$oshare/g/t"), Payloads{"of the group"});
}

TEST_F(LeftToGroups, NothingIsLeftByASessionOfWhichNobodySaidSo) {
  const auto at = member({"$share/g/t"}, false);
  append("c", 9, "as members of an earlier version have it");
  detach("c", at, 0);
  EXPECT_TRUE(posts("c").empty());
}

TEST_F(LeftToGroups, TheOldestUpToACount) {
  limits = {100'000, 1 << 30, Overflow::refuse_newest};
  const auto at = member({"$share/g/t"});
  for (std::uint32_t i = 0; i <= LeftRoom::count_max; ++i) append("c", 9, std::to_string(i));
  detach("c", at, 0);
  const Payloads all = left("$share/g/t");
  ASSERT_EQ(all.size(), LeftRoom::count_max);
  EXPECT_EQ(all.back(), std::to_string(LeftRoom::count_max - 1));
}

TEST_F(LeftToGroups, AsManyBytesAsThereIsRoomForWhateverIsPassedOver) {
  limits = {100'000, 1 << 30, Overflow::refuse_newest};
  const auto at = member({"$share/g/t"});
  append("c", 9, std::string(LeftRoom::bytes_max, 'L'));
  for (int i = 0; i < 5; ++i) append("c", 9, std::string(LeftRoom::bytes_max / 4, 'l'));
  append("c", 9, "last");
  detach("c", at, 0);
  EXPECT_EQ(left("$share/g/t").size(), 4u);
}

// A client decides how many filters each of its messages is looked at by.
TEST_F(LeftToGroups, NoMoreIsLookedAtThanOneCommandMay) {
  limits = {100'000, 1 << 30, Overflow::refuse_newest};
  const auto at = member({"$share/g/t"});
  constexpr std::uint32_t others = LeftRoom::looks_max / 64;
  for (std::uint32_t i = 1; i < others; ++i)
    apply(PutSubscription{
        held("c", at), "u/" + std::to_string(i), {{0, mqtt::QoS::at_least_once, false, false}}, others});
  for (int i = 0; i < 100; ++i) append("c", 9, std::to_string(i));
  detach("c", at, 0);
  EXPECT_EQ(left("$share/g/t").size(), 64u);
}

TEST_F(LeftToGroups, SessionsThatExpireTogetherDoSoInSeveralCommandsIfTheyLeaveMuch) {
  limits = {100'000, 1 << 30, Overflow::refuse_newest};
  const auto leave = [this](std::string_view client, std::string_view payload) {
    const auto at = attach(client, 9);
    apply(LeaveToGroups{{"", client}, 9});
    apply(PutSubscription{held(client, at), "$share/g/t", {{0, mqtt::QoS::at_least_once, false, false}}, 10});
    append(client, 9, payload);
    detach(client, at);
  };
  const std::string large(LeftRoom::bytes_max * 5 / 8, 'L');
  for (const char* client : {"c", "d", "e"}) leave(client, large);
  seconds_pass(100);
  for (std::size_t told : {1u, 1u, 1u, 0u}) {
    run_due();
    EXPECT_EQ(told_of_posts(), told);
  }
  for (const char* client : {"f", "g", "h"}) leave(client, "little");
  seconds_pass(100);
  run_due();
  EXPECT_GE(told_of_posts(), 3u);
}

TEST_F(LeftToGroups, ASessionThatIsBroughtFromElsewhereSaysSoByItself) {
  const auto at = member({"$share/g/t"});
  const std::string key = machine_key("c");
  const std::string record = state.items.at(key);
  apply(End{{"", "c"}, at.number});
  apply(Import{{"", "c"}, 3, {{KeyKind::session, {}, record}}});
  EXPECT_FALSE(read_record<SessionRecord>(state.items.at(key))->leaves_to_groups);
}

}  // namespace
}  // namespace tenon::service::inbox
