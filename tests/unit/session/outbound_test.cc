#include "session/test_client.h"

namespace tenon::session {
namespace {

using mqtt::PacketType;
using mqtt::QoS;
using mqtt::ReasonCode;
using mqtt::Version;
using State = InboxItem::State;

class Outbound : public ConnectionTest {
 protected:
  void go_live_with_inbox(std::uint64_t first_number = 0) {
    ports.attach_answer->stored = true;
    ports.attach_answer->first_number = first_number;
    connect(connect_packet());
    ASSERT_TRUE(connection->live());
  }
  void store(std::uint64_t position, std::uint64_t number, QoS qos, State state = State::fresh,
             UnixMs expires_at_ms = 0) {
    MessageView view;
    view.topic = "t";
    view.expires_at_ms = expires_at_ms;
    const std::string payload = std::to_string(position);
    view.payload = as_bytes(payload);
    view.qos = qos;
    InboxItem item;
    item.position = position;
    item.number = number;
    item.qos = qos;
    item.state = state;
    if (state != State::released && state != State::withheld) item.message = Message::make(view);
    ports.inbox.push_back(item);
  }
};

TEST_F(Outbound, EachQosRunsItsCourse) {
  go_live();
  deliver("t", QoS::at_most_once);
  deliver("t", QoS::at_least_once);
  deliver("t", QoS::exactly_once);
  EXPECT_EQ(received(), (Lines{"PUBLISH t qos0: p", "PUBLISH t qos1 id1: p", "PUBLISH t qos2 id2: p"}));
  ack(PacketType::puback, 1);
  ack(PacketType::pubrec, 2);
  EXPECT_EQ(received(), Lines{"PUBREL 2 success"});
  ack(PacketType::pubrec, 2);
  EXPECT_EQ(received(), Lines{"PUBREL 2 success"});
  ack(PacketType::pubcomp, 2);
  EXPECT_TRUE(connection->live());
}

TEST_F(Outbound, NoMoreThanTheReceiveMaximumIsInFlightMqtt3_3_4_9) {
  auto packet = connect_packet();
  packet.properties.receive_maximum = 2;
  connect(packet);
  received();
  for (int i = 0; i < 4; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  EXPECT_EQ(received(), (Lines{"PUBLISH t qos1 id1: 0", "PUBLISH t qos1 id2: 1"}));
  ack(PacketType::puback, 2);
  EXPECT_EQ(received(), Lines{"PUBLISH t qos1 id3: 2"});
  ack(PacketType::puback, 1);
  EXPECT_EQ(received(), Lines{"PUBLISH t qos1 id4: 3"});
}

TEST_F(Outbound, Qos0IsDroppedAndCountedWhenTheOutputIsFull) {
  limits.output_bytes_max = 100;
  go_live();
  for (int i = 0; i < 20; ++i) deliver("t", QoS::at_most_once, "0123456789");
  EXPECT_LE(connection->output().size_bytes(), 120u);
  ASSERT_FALSE(ports.drops.empty());
  EXPECT_EQ(ports.drops[0], (std::pair{DropCause::output_full, QoS::at_most_once}));
}

// A chunk of 32 KiB for each payload that is copied between two that are shared would be eight times the
// bytes.
TEST_F(Outbound, WhatComesBehindASharedPayloadBeginsNoChunkOfItsOwn) {
  go_live();
  take_output();
  const std::string payload(Publication::shared_payload_bytes_min, 'L');
  MessageView view;
  view.topic = "t";
  view.payload = as_bytes(payload);
  Publication copied(view);
  Publication shared(Message::make(view));
  Publication next(view);
  for (Publication* each : {&copied, &shared, &next})
    connection->deliver(*each, {QoS::at_most_once, false, {}});
  std::array<Bytes, 8> pieces;
  ASSERT_EQ(connection->output().gather(pieces), 4u);
  EXPECT_EQ(pieces[1].data(), shared.shared()->view().payload.data());
  EXPECT_EQ(pieces[3].data(), next.shared()->view().payload.data());
}

// Nor does it where something small stands between them.
TEST_F(Outbound, WhatComesBehindASmallPieceBeginsNoLargeChunk) {
  go_live();
  take_output();
  const std::string payload(Publication::shared_payload_bytes_min, 'L');
  MessageView view;
  view.topic = "t";
  view.payload = as_bytes(payload);
  deliver("t", QoS::at_most_once);
  Publication next(view);
  connection->deliver(next, {QoS::at_most_once, false, {}});
  std::array<Bytes, 8> pieces;
  ASSERT_EQ(connection->output().gather(pieces), 2u);
  EXPECT_EQ(pieces[1].data(), next.shared()->view().payload.data());
}

TEST_F(Outbound, Qos1WaitsForRoomInTheOutputAndKeepsItsOrder) {
  limits.output_bytes_max = 40;
  go_live();
  for (int i = 0; i < 9; ++i) deliver("t", QoS::at_least_once, "payload " + std::to_string(i));
  Lines all;
  while (all.size() < 9) {
    const Lines some = received();
    ASSERT_FALSE(some.empty());
    all.insert(all.end(), some.begin(), some.end());
    connection->on_output_sent();
  }
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(all[i], "PUBLISH t qos1 id" + std::to_string(i + 1) + ": payload " + std::to_string(i));
  EXPECT_TRUE(ports.drops.empty());
}

TEST_F(Outbound, FullQueueRefusesTheNewestAndCountsIt) {
  limits.inflight_max = 1;
  limits.queue_count_max = 2;
  go_live();
  for (int i = 0; i < 5; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  EXPECT_EQ(ports.drops, (std::vector{std::pair{DropCause::queue_full, QoS::at_least_once},
                                      std::pair{DropCause::queue_full, QoS::at_least_once}}));
  Lines all = received();
  for (unsigned id = 1; id <= 3; ++id) {
    ack(PacketType::puback, id);
    const Lines some = received();
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_EQ(all, (Lines{"PUBLISH t qos1 id1: 0", "PUBLISH t qos1 id2: 1", "PUBLISH t qos1 id3: 2"}));
}

// Properties are memory as payloads are.
TEST_F(Outbound, PropertiesCountForTheSizeOfTheQueue) {
  limits.inflight_max = 1;
  limits.queue_bytes_max = 4096;
  go_live();
  const std::uint64_t room = ports.queue_room;
  mqtt::MessageProperties properties;
  const std::string reply_to(2000, 'r');
  properties.response_topic = reply_to;
  mqtt::ByteBuffer forwarded;
  ASSERT_EQ(mqtt::append_forwarded(forwarded.writer(), properties), mqtt::EncodeStatus::ok);
  MessageView view;
  view.topic = "t";
  view.qos = QoS::at_least_once;
  view.forwarded = forwarded.bytes();
  for (int i = 0; i < 4; ++i) {
    Publication publication(view);
    connection->deliver(publication, {view.qos, false, {}});
  }
  EXPECT_EQ(ports.drops, (std::vector{std::pair{DropCause::queue_full, QoS::at_least_once}}));
  EXPECT_GT(room - ports.queue_room, 4000u);
  for (unsigned id = 1; id <= 3; ++id) ack(PacketType::puback, id);
  EXPECT_EQ(ports.queue_room, room);
}

// Its publishers are not held for it; it is told that it lacks messages.
TEST_F(Outbound, ClientThatStaysTooSlowForItsQueueIsDisconnected) {
  limits.inflight_max = 1;
  limits.queue_count_max = 2;
  limits.slow_client_timeout_s = 10;
  go_live();
  for (int i = 0; i < 4; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  time.mono_ns += 10 * ns_per_s - 1;
  deliver("t", QoS::at_least_once);
  EXPECT_TRUE(connection->live());
  received();
  time.mono_ns += 1;
  deliver("t", QoS::at_least_once);
  EXPECT_TRUE(connection->closing());
  EXPECT_EQ(received(), Lines{"DISCONNECT quota exceeded"});
  EXPECT_EQ(ports.limits_met, std::vector{Limit::slow_client});
  ASSERT_EQ(ports.ends.size(), 1u);
}

TEST_F(Outbound, ClientWhoseQueueWasHalfEmptyMeanwhileStays) {
  limits.inflight_max = 1;
  limits.queue_count_max = 2;
  limits.slow_client_timeout_s = 10;
  go_live();
  for (int i = 0; i < 4; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  time.mono_ns += 9 * ns_per_s;
  ack(PacketType::puback, 1);
  for (int i = 0; i < 4; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  time.mono_ns += 9 * ns_per_s;
  deliver("t", QoS::at_least_once);
  EXPECT_TRUE(connection->live());
  time.mono_ns += ns_per_s;
  deliver("t", QoS::at_least_once);
  EXPECT_TRUE(connection->closing());
}

TEST_F(Outbound, QueueGrowsOnlyWhileAllSessionsTogetherHaveRoom) {
  limits.inflight_max = 1;
  ports.queue_room = 4;  // of topic and payload
  go_live();
  for (int i = 0; i < 4; ++i) deliver("t", QoS::at_least_once, std::to_string(i));
  EXPECT_EQ(ports.drops, std::vector({std::pair{DropCause::queue_full, QoS::at_least_once}}));
  EXPECT_EQ(ports.queue_room, 0u);
  ack(PacketType::puback, 1);
  ack(PacketType::puback, 2);
  ack(PacketType::puback, 3);
  EXPECT_EQ(received(), (Lines{"PUBLISH t qos1 id1: 0", "PUBLISH t qos1 id2: 1", "PUBLISH t qos1 id3: 2"}));
  EXPECT_EQ(ports.queue_room, 4u);
}

TEST_F(Outbound, TopicOfATenantIsShownAsItsClientsKnowIt) {
  go_live();
  deliver("$tenant/red/a/b", QoS::at_least_once);
  EXPECT_EQ(received(), Lines{"PUBLISH a/b qos1 id1: p"});
}

TEST_F(Outbound, PacketAboveTheClientsMaximumIsLeftOutMqtt3_1_2_25) {
  auto packet = connect_packet();
  packet.properties.packet_bytes_max = 50;
  connect(packet);
  received();
  deliver("t", QoS::at_least_once, std::string(100, 'x'));
  deliver("t", QoS::at_least_once, "small");
  EXPECT_EQ(received(), Lines{"PUBLISH t qos1 id1: small"});
  EXPECT_EQ(ports.drops, std::vector({std::pair{DropCause::too_large, QoS::at_least_once}}));
}

TEST_F(Outbound, ExpiredMessageIsNotSentMqtt3_3_2_5) {
  go_live();
  MessageView view;
  view.topic = "t";
  view.expires_at_ms = time.unix_ms;
  Publication publication(view);
  connection->deliver(publication, {QoS::at_most_once, false, {}});
  EXPECT_EQ(received(), Lines{});
  EXPECT_EQ(ports.drops.size(), 1u);
}

TEST_F(Outbound, LargePayloadIsSharedAndWhatFollowsItIsIntact) {
  go_live();
  const std::string large(5000, 'x');
  deliver("t", QoS::at_most_once, large);
  deliver("t", QoS::at_most_once, "after");
  deliver("t", QoS::at_most_once, large);
  EXPECT_EQ(received(),
            (Lines{"PUBLISH t qos0: " + large, "PUBLISH t qos0: after", "PUBLISH t qos0: " + large}));
}

TEST_F(Outbound, WrongAcknowledgementsEndItAndLateOnesDoNot) {
  go_live();
  ack(PacketType::puback, 100);
  ack(PacketType::pubcomp, 100);
  EXPECT_TRUE(connection->live());
  ack(PacketType::pubrec, 100);
  EXPECT_EQ(received(), Lines{"PUBREL 100 packet identifier not found"});
  deliver("t", QoS::exactly_once);
  received();
  ack(PacketType::puback, 1);
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
}

TEST_F(Outbound, FailedPubrecEndsTheMessage) {
  go_live();
  deliver("t", QoS::exactly_once);
  ack(PacketType::pubrec, 1, ReasonCode::quota_exceeded);
  deliver("t", QoS::at_least_once);
  EXPECT_EQ(received(), (Lines{"PUBLISH t qos2 id1: p", "PUBLISH t qos1 id2: p"}));
}

TEST_F(Outbound, InboxIsSentInOrderAndAcknowledgedByNumber) {
  store(1, 0, QoS::at_least_once);
  store(2, 1, QoS::at_most_once);
  store(3, 1, QoS::exactly_once);
  go_live_with_inbox();
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos1 id1: 1", "PUBLISH t qos0: 2",
                               "PUBLISH t qos2 id2: 3"}));
  EXPECT_EQ(ports.sent_position, 3u);
  ack(PacketType::puback, 1);
  ack(PacketType::pubrec, 2);
  ack(PacketType::pubcomp, 2);
  EXPECT_EQ(ports.acknowledged, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(ports.released, (std::vector<std::uint64_t>{1}));
}

TEST_F(Outbound, ResumeSendsAgainWithDupAndPubrelMqtt4_4_0_1) {
  store(10, 100, QoS::at_least_once, State::sent);
  // 101 was acknowledged out of order.
  store(12, 102, QoS::exactly_once, State::released);
  store(13, 103, QoS::exactly_once, State::sent);
  store(14, 104, QoS::at_least_once);
  go_live_with_inbox(100);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos1 id101 dup: 10", "PUBREL 103 success",
                               "PUBLISH t qos2 id104 dup: 13", "PUBLISH t qos1 id105: 14"}));
  ack(PacketType::pubcomp, 103);
  EXPECT_EQ(ports.acknowledged, std::vector<std::uint64_t>{102});
}

TEST_F(Outbound, WhatMayHaveBeenSentComesWithDupUnlessItHasExpired_MQTT_3_3_1_1) {
  store(10, 100, QoS::at_least_once, State::maybe_sent);
  store(11, 101, QoS::exactly_once, State::maybe_sent);
  store(12, 102, QoS::at_least_once, State::maybe_sent, time.unix_ms);
  store(13, 103, QoS::at_least_once, State::sent, time.unix_ms);
  go_live_with_inbox(100);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos1 id101 dup: 10",
                               "PUBLISH t qos2 id102 dup: 11", "PUBLISH t qos1 id104 dup: 13"}));
  EXPECT_EQ(ports.acknowledged, std::vector<std::uint64_t>{102});
}

// [MQTT-4.9.0-3]
TEST_F(Outbound, PubrelsAreOwedAtOnceWhateverTheReceiveMaximumMqtt4_4_0_1) {
  limits.inflight_max = 1;
  store(10, 100, QoS::exactly_once, State::released);
  store(11, 101, QoS::exactly_once, State::released);
  store(12, 102, QoS::exactly_once, State::sent);
  go_live_with_inbox(100);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBREL 101 success", "PUBREL 102 success"}));
  ack(PacketType::pubcomp, 102);
  EXPECT_EQ(received(), Lines{});
  ack(PacketType::pubcomp, 101);
  EXPECT_EQ(received(), Lines{"PUBLISH t qos2 id103 dup: 12"});
  EXPECT_EQ(ports.acknowledged, (std::vector<std::uint64_t>{101, 100}));
}

TEST_F(Outbound, PubrelBehindTheLastMessageThatFitsTheWindowIsSentWithItMqtt4_4_0_1) {
  limits.inflight_max = 1;
  store(10, 100, QoS::exactly_once, State::sent);
  store(11, 101, QoS::exactly_once, State::released);
  store(12, 102, QoS::exactly_once, State::sent);
  store(13, 103, QoS::exactly_once, State::released);
  go_live_with_inbox(100);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos2 id101 dup: 10", "PUBREL 102 success"}));
  ack(PacketType::pubcomp, 102);
  ack(PacketType::pubrec, 101);
  ack(PacketType::pubcomp, 101);
  EXPECT_EQ(received(), (Lines{"PUBREL 101 success", "PUBLISH t qos2 id103 dup: 12", "PUBREL 104 success"}));
}

TEST_F(Outbound, PubrelThatIsFetchedWhileTheWindowIsFullIsSentMqtt4_4_0_1) {
  limits.inflight_max = 1;
  store(10, 100, QoS::exactly_once, State::released);
  go_live_with_inbox(100);
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBREL 101 success"}));
  store(11, 101, QoS::exactly_once, State::released);
  connection->on_inbox_ready();
  EXPECT_EQ(received(), Lines{"PUBREL 102 success"});
}

TEST_F(Outbound, PubrelOfAStoredMessageWaitsUntilItsReleaseIsOnRecordMqtt4_4_0_1) {
  store(1, 0, QoS::exactly_once);
  ports.record_answer = false;
  go_live_with_inbox();
  received();
  ack(PacketType::pubrec, 1);
  ack(PacketType::pubrec, 1);
  EXPECT_EQ(received(), Lines{});
  EXPECT_EQ(ports.released, std::vector<std::uint64_t>{0});
  connection->on_released(0);
  EXPECT_EQ(received(), Lines{"PUBREL 1 success"});
  connection->on_released(0);
  EXPECT_EQ(received(), Lines{});
}

TEST_F(Outbound, PubcompBeforePubrelWasSentEndsIt) {
  store(1, 0, QoS::exactly_once);
  ports.record_answer = false;
  go_live_with_inbox();
  received();
  ack(PacketType::pubrec, 1);
  ack(PacketType::pubcomp, 1);
  EXPECT_EQ(received(), Lines{"DISCONNECT protocol error"});
}

TEST_F(Outbound, InboxIsFetchedOnlyAsTheWindowHasRoom) {
  limits.inflight_max = 2;
  for (std::uint64_t i = 0; i < 5; ++i) store(i + 1, i, QoS::at_least_once);
  go_live_with_inbox();
  EXPECT_EQ(received().size(), 3u);
  ack(PacketType::puback, 1);
  EXPECT_EQ(received(), Lines{"PUBLISH t qos1 id3: 3"});
}

TEST_F(Outbound, DrainedInboxIsAskedAgainOnlyWhenItIsReady) {
  go_live_with_inbox();
  const int before = ports.fetches;
  connection->on_output_sent();
  EXPECT_EQ(ports.fetches, before);
  store(1, 0, QoS::at_least_once);
  connection->on_inbox_ready();
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos1 id1: 1"}));
}

TEST_F(Outbound, WithheldItemCountsAsAcknowledged) {
  store(1, 0, QoS::at_least_once, State::withheld);
  store(2, 1, QoS::at_least_once);
  go_live_with_inbox();
  EXPECT_EQ(received(), (Lines{"CONNACK success", "PUBLISH t qos1 id2: 2"}));
  EXPECT_EQ(ports.acknowledged, std::vector<std::uint64_t>{0});
}

TEST_F(Outbound, WhatWaitsOrIsNotAnsweredIsLostWithASessionWithoutInboxAndCounted) {
  limits.inflight_max = 4;
  go_live();
  for (int i = 0; i < 3; ++i) deliver("t", QoS::at_least_once);
  deliver("t", QoS::exactly_once);
  deliver("t", QoS::at_most_once);
  for (int i = 0; i < 3; ++i) deliver("t", QoS::at_least_once);
  ack(PacketType::puback, 1);  // one of those that wait goes out
  ack(PacketType::pubrec, 4);
  connection->on_peer_closed();
  EXPECT_EQ(ports.ends.at(0).lost_count, 5u);
}

TEST_F(Outbound, NothingIsLostWithTheConnectionOfASessionThatHasAnInbox) {
  store(1, 0, QoS::at_least_once);
  go_live_with_inbox();
  connection->on_peer_closed();
  EXPECT_EQ(ports.ends.at(0).lost_count, 0u);
}

class SharedOutbound : public Outbound {
 protected:
  void deliver_shared(QoS qos, std::string_view payload) {
    MessageView view;
    view.topic = "t";
    view.payload = as_bytes(payload);
    view.qos = qos;
    Publication publication(view);
    connection->deliver(publication, {qos, false, {}, 7});
  }
  std::vector<std::string> left_behind() {
    std::vector<std::string> payloads;
    for (const auto& one : ports.ends.at(0).undelivered) {
      EXPECT_EQ(one.group, 7u);
      payloads.emplace_back(as_text(one.message->view().payload));
    }
    return payloads;
  }
};

TEST_F(SharedOutbound, UnacknowledgedQos1AndWhatWaitedIsLeftToOthersInOrder) {
  limits.inflight_max = 2;
  go_live();
  for (const char* payload : {"a", "b", "c", "d"}) deliver_shared(QoS::at_least_once, payload);
  connection->on_peer_closed();
  EXPECT_EQ(left_behind(), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(ports.ends.at(0).lost_count, 0u);
}

TEST_F(SharedOutbound, WhatWasAcknowledgedInWhateverOrderIsNotLeftBehind) {
  go_live();
  for (const char* payload : {"a", "b", "c"}) deliver_shared(QoS::at_least_once, payload);
  ack(PacketType::puback, 2);
  ack(PacketType::puback, 1, ReasonCode::unspecified_error);  // [MQTT-4.8.2-6]
  connection->on_peer_closed();
  EXPECT_EQ(left_behind(), std::vector<std::string>{"c"});
}

TEST_F(SharedOutbound, Qos2ThatWasSentIsForNobodyElseMqtt4_8_2_5) {
  limits.inflight_max = 1;
  go_live();
  for (const char* payload : {"a", "b"}) deliver_shared(QoS::exactly_once, payload);
  connection->on_peer_closed();
  EXPECT_EQ(left_behind(), std::vector<std::string>{"b"});
}

TEST_F(SharedOutbound, MessagesOfPlainSubscriptionsGoWithTheSession) {
  limits.inflight_max = 1;
  go_live();
  for (int i = 0; i < 3; ++i) deliver("t", QoS::at_least_once);
  connection->on_peer_closed();
  EXPECT_TRUE(left_behind().empty());
}

TEST_F(SharedOutbound, TurnsDownWhatWouldBeDroppedForItsNumber) {
  limits.inflight_max = 1;
  limits.queue_count_max = 2;
  go_live();
  for (const char* payload : {"a", "b"}) deliver_shared(QoS::at_least_once, payload);
  EXPECT_FALSE(connection->turns_down(1));
  deliver_shared(QoS::at_least_once, "c");
  EXPECT_TRUE(connection->turns_down(1));
  deliver_shared(QoS::at_least_once, "d");
  EXPECT_EQ(ports.drops.size(), 1u);
}

TEST_F(SharedOutbound, TurnsDownWhatWouldBeDroppedForItsBytesAndNothingSmaller) {
  limits.inflight_max = 1;
  limits.queue_bytes_max = 100;
  go_live();
  EXPECT_FALSE(connection->turns_down(101)) << "it is sent at once";
  deliver_shared(QoS::at_least_once, "sent");
  EXPECT_TRUE(connection->turns_down(101));
  EXPECT_FALSE(connection->turns_down(100));
  deliver_shared(QoS::at_least_once, std::string(60, 'x'));
  const std::uint64_t left = 100 - connection->queued_bytes();
  EXPECT_FALSE(connection->turns_down(left));
  EXPECT_TRUE(connection->turns_down(left + 1));
  EXPECT_TRUE(ports.drops.empty());
}

TEST_F(SharedOutbound, WhoeverTurnsDownMessagesForTooLongIsSentAwayAndLeavesItsOwn) {
  limits.inflight_max = 1;
  limits.queue_count_max = 1;
  limits.slow_client_timeout_s = 5;
  go_live();
  for (const char* payload : {"a", "b"}) deliver_shared(QoS::at_least_once, payload);
  EXPECT_TRUE(connection->turns_down(1));
  time.mono_ns += 5 * ns_per_s - 1;
  EXPECT_TRUE(connection->turns_down(1));
  EXPECT_TRUE(connection->live());
  time.mono_ns += 1;
  EXPECT_TRUE(connection->turns_down(1));
  EXPECT_EQ(connection->close_code(), ReasonCode::quota_exceeded);
  EXPECT_EQ(left_behind(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(SharedOutbound, OfWhatWaitsNothingIsSentOnceTheOutputIsLost) {
  limits.inflight_max = 1;
  go_live();
  for (const char* payload : {"a", "b"}) deliver_shared(QoS::exactly_once, payload);
  connection->lose_output();
  ack(PacketType::pubrec, 1);
  ack(PacketType::pubcomp, 1);
  connection->on_peer_closed();
  EXPECT_EQ(left_behind(), std::vector<std::string>{"b"});
}

TEST_F(Outbound, IsIdleOnceTheClientIsSilentAndNothingIsOwedToIt) {
  go_live();
  EXPECT_FALSE(connection->is_idle_for(5));
  time.mono_ns += 5;
  EXPECT_TRUE(connection->is_idle_for(5));
  EXPECT_FALSE(connection->is_idle_for(6));
  deliver("t", mqtt::QoS::at_most_once);
  EXPECT_FALSE(connection->is_idle_for(5)) << "output";
  received();
  EXPECT_TRUE(connection->is_idle_for(5));
  deliver("t", mqtt::QoS::at_least_once);
  received();
  EXPECT_FALSE(connection->is_idle_for(5)) << "not acknowledged";
  ack(mqtt::PacketType::puback, 1);
  EXPECT_FALSE(connection->is_idle_for(5)) << "not silent";
  time.mono_ns += 5;
  EXPECT_TRUE(connection->is_idle_for(5));
  disconnect();
  EXPECT_FALSE(connection->is_idle_for(5)) << "gone";
}

}  // namespace
}  // namespace tenon::session
