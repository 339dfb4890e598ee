#include "broker/durable/inbox_feed.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::broker {
namespace {

namespace inbox = service::inbox;
using State = session::InboxItem::State;

// The feed of a session whose inbox has the messages 5 to 9.
class InboxFeedTest : public ::testing::Test {
 protected:
  static inbox::AttachReply attached() {
    inbox::AttachReply reply;
    reply.present = true;
    reply.number = 77;
    reply.epoch = 3;
    reply.first_number = 5;
    reply.next_number = 10;
    return reply;
  }
  static inbox::Fetch::Item item(std::uint64_t number, inbox::ItemState state = inbox::ItemState::fresh) {
    inbox::Fetch::Item item;
    item.number = number;
    item.state = state;
    item.message.view.topic = "t";
    item.message.view.payload = as_bytes(std::string_view("payload"));
    return item;
  }
  bool take(std::vector<std::uint64_t> numbers, std::uint64_t next_number, bool more = false) {
    inbox::Fetch::Reply reply;
    for (const std::uint64_t number : numbers) reply.items.push_back(item(number));
    reply.next_number = next_number;
    reply.more = more;
    return feed.take(reply);
  }
  // The numbers of what is there from `position` on.
  std::string copy(std::uint64_t position, std::size_t message_count_max = 100) {
    std::vector<session::InboxItem> items;
    feed.copy(position, message_count_max, items);
    std::string text;
    for (const session::InboxItem& one : items) text += std::to_string(one.number) + ' ';
    return text;
  }
  // What the next record says: "sent 7, ack 5 6, ..."; empty: there is none.
  std::string record() {
    inbox::CommandBuilder command;
    if (!feed.write_record(command)) return {};
    written = command.take();
    std::string text;
    auto commands = inbox::read_command(written);
    EXPECT_TRUE(commands.ok());
    for (const auto& op : *commands) text += describe(op) + ';';
    return text;
  }
  template <class Numbers>
  static std::string list(const Numbers& numbers) {
    std::string text;
    for (const auto number : numbers) text += ' ' + std::to_string(number);
    return text;
  }
  static std::string describe(const inbox::Op& op) {
    if (const auto* sent = std::get_if<inbox::Sent>(&op)) return "sent " + std::to_string(sent->upto);
    if (const auto* done = std::get_if<inbox::Acknowledge>(&op)) return "ack" + list(done->numbers);
    if (const auto* released = std::get_if<inbox::Release>(&op)) return "release" + list(released->numbers);
    if (const auto* received = std::get_if<inbox::Received>(&op))
      return "remember" + list(received->remember) + " forget" + list(received->forget);
    if (const auto* post = std::get_if<inbox::Post>(&op))
      return "post " + std::to_string(post->packet_id) + ' ' +
             std::string(as_text(post->message.view.payload));
    return "?";
  }
  std::shared_ptr<Countdown> post(std::uint16_t id, std::string_view payload,
                                  std::optional<HeldMessages::One> held = {}) {
    session::MessageView view;
    view.topic = "t";
    view.payload = as_bytes(payload);
    auto waits = std::make_shared<Countdown>();
    waits->start_one();
    feed.post(mqtt::PacketId{id}, view, {}, 10, waits, std::move(held));
    return waits;
  }
  static HeldMessages::One held(std::string_view payload) {
    session::MessageView view;
    view.topic = "t";
    view.payload = as_bytes(payload);
    HeldMessages::One one{session::Message::make(view), {}, std::make_shared<Countdown>()};
    one.waits->start_one();
    return one;
  }
  // What connections get when the record is answered so.
  static std::string settle(const InboxFeed::Record& record, const std::vector<inbox::PostReply>& posts,
                            bool is_recorded) {
    record.settle_held(posts, is_recorded);
    std::string text;
    while (const auto one = record.messages->take())
      text += std::string(as_text(one->message->view().payload)) + ' ';
    return text;
  }

  InboxFeed feed{KnownInbox::make({"tenant", "client"}), attached()};
  std::string written;
};

TEST_F(InboxFeedTest, FetchesFromTheOldestMessageOn) {
  const auto fetch = feed.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from_number, 5u);
  EXPECT_EQ(fetch->held.number, 77u);
  EXPECT_EQ(fetch->held.epoch, 3u);
  EXPECT_EQ(fetch->held.owner.client_id, "client");
  EXPECT_FALSE(feed.next_fetch());  // one at a time
  take({5, 6, 9}, 10);
  EXPECT_EQ(copy(0), "5 6 9 ");
  EXPECT_FALSE(feed.next_fetch());  // there are no more
}

TEST_F(InboxFeedTest, WhatAConnectionThatWasThereUntilThenMayHaveSentIsMarked_MQTT_3_3_1_1) {
  inbox::AttachReply taken_over = attached();
  taken_over.previous = inbox::Holder{};
  InboxFeed heir(KnownInbox::make({"tenant", "client"}), taken_over);
  heir.next_fetch();
  inbox::Fetch::Reply reply;
  reply.items = {item(5, inbox::ItemState::sent), item(6, inbox::ItemState::withheld), item(9), item(10)};
  reply.next_number = 11;
  heir.take(reply);
  std::vector<session::InboxItem> items;
  heir.copy(0, 100, items);
  std::vector<State> states;
  for (const session::InboxItem& one : items) states.push_back(one.state);
  // The last one was not there yet.
  EXPECT_EQ(states, (std::vector{State::sent, State::withheld, State::maybe_sent, State::fresh}));
  EXPECT_TRUE(items[2].message);
}

TEST_F(InboxFeedTest, GoesOnWhereTheLastAnswerEnded) {
  feed.next_fetch();
  take({5, 6}, 10, true);
  const auto fetch = feed.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from_number, 7u);
}

TEST_F(InboxFeedTest, ForgetsWhatTheConnectionHasPassed) {
  feed.next_fetch();
  take({5, 6, 7}, 10);
  EXPECT_EQ(copy(0, 2), "5 6 ");
  EXPECT_EQ(copy(7), "7 ");
  EXPECT_EQ(copy(0), "7 ");
}

TEST_F(InboxFeedTest, WakesAConnectionThatWaitsAndNoOther) {
  feed.next_fetch();
  EXPECT_FALSE(take({5, 6}, 7));  // nobody has asked yet
  EXPECT_EQ(copy(0, 1), "5 ");
  feed.announce(8);
  feed.next_fetch();
  EXPECT_FALSE(take({7}, 8));  // there was more for it
  EXPECT_EQ(copy(6, 2), "6 7 ");
  feed.announce(9);
  feed.next_fetch();
  EXPECT_TRUE(take({8}, 9));
  feed.announce(10);
  feed.next_fetch();
  EXPECT_FALSE(take({9}, 10));  // woken once
}

TEST_F(InboxFeedTest, RecordIsBegunAnewForAPostThatWouldMakeItTooLong) {
  EXPECT_TRUE(feed.has_room_for_post(InboxFeed::post_bytes_max));
  const std::string large(InboxFeed::post_bytes_max / 2, 'x');
  post(1, large);
  EXPECT_TRUE(feed.has_room_for_post(InboxFeed::post_bytes_max / 4));
  EXPECT_FALSE(feed.has_room_for_post(large.size()));
  record();
  EXPECT_LE(written.size(), store::request_text_bytes_max);
  EXPECT_TRUE(feed.has_room_for_post(large.size()));
}

TEST_F(InboxFeedTest, RecordOfTheLargestPostIsOneThatRangesTake) {
  post(1, std::string(InboxFeed::post_bytes_max, 'x'));
  record();
  EXPECT_LE(written.size(), store::request_text_bytes_max);
}

TEST_F(InboxFeedTest, WhatHasNoMessageTakesNoneOfTheirPlaces) {
  feed.next_fetch();
  inbox::Fetch::Reply reply;
  reply.items = {item(5, inbox::ItemState::released), item(6, inbox::ItemState::sent),
                 item(7, inbox::ItemState::released), item(8, inbox::ItemState::sent)};
  reply.next_number = 9;
  feed.take(reply);
  EXPECT_EQ(copy(0, 0), "5 ");
  EXPECT_EQ(copy(6, 0), "");
  EXPECT_EQ(copy(6, 1), "6 7 ");
  EXPECT_EQ(copy(8, 1), "8 ");
}

TEST_F(InboxFeedTest, WhatWasSentMakesRoomHoweverMuchOfItHadNoMessage) {
  feed.next_fetch();
  inbox::Fetch::Reply reply;
  for (std::uint64_t number = 5; number < 205; ++number)
    reply.items.push_back(item(number, inbox::ItemState::released));
  reply.next_number = 205;
  feed.take(reply);
  copy(0, 64);
  EXPECT_FALSE(feed.next_fetch());
  feed.sent(204);
  feed.announce(206);
  const auto fetch = feed.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from_number, 205u);
}

TEST_F(InboxFeedTest, ANoticeDuringAFetchIsNotForgotten) {
  feed.next_fetch();
  feed.announce(12);
  take({5, 9}, 10);
  const auto fetch = feed.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from_number, 10u);
}

TEST_F(InboxFeedTest, AnOldNoticeChangesNothing) {
  feed.next_fetch();
  take({5, 9}, 10);
  feed.announce(8);
  EXPECT_FALSE(feed.next_fetch());
}

TEST_F(InboxFeedTest, LooksOnceWhenANoticeMayHaveBeenLost) {
  feed.next_fetch();
  take({5, 9}, 10);
  feed.look();
  ASSERT_TRUE(feed.next_fetch());
  take({}, 10);
  EXPECT_FALSE(feed.next_fetch());
}

TEST_F(InboxFeedTest, AFetchThatFailedIsRepeated) {
  feed.next_fetch();
  feed.fetch_failed();
  const auto fetch = feed.next_fetch();
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from_number, 5u);
}

TEST_F(InboxFeedTest, HoldsABoundedNumberOfMessagesReady) {
  feed.announce(100'000);
  std::uint64_t number = 5;
  while (const auto fetch = feed.next_fetch()) {
    std::vector<std::uint64_t> numbers;
    for (std::uint32_t i = 0; i < fetch->count_max; ++i) numbers.push_back(number++);
    take(numbers, 100'000, true);
    ASSERT_LT(number, 1'000u);
  }
  // More when half of it is gone.
  copy(number - 1);
  EXPECT_TRUE(feed.next_fetch());
}

// A client that takes all there is, each time, and one that does not.
TEST_F(InboxFeedTest, HoldsMoreReadyWhileItsClientWaitsForItAndLessWhenItDoesNot) {
  std::uint64_t next = 5;
  const auto fetch_all = [&](bool more = true) {
    const auto fetch = feed.next_fetch();
    EXPECT_TRUE(fetch);
    if (!fetch) return std::uint32_t{0};
    std::vector<std::uint64_t> numbers(fetch->count_max);
    std::iota(numbers.begin(), numbers.end(), next);
    next += numbers.size();
    take(numbers, 1'000'000, more);
    return fetch->count_max;
  };
  const auto send_all = [&] {
    copy(0, InboxFeed::items_ready_max);
    feed.sent(next - 1);
  };
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_min);
  send_all();
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_min) << "nobody has waited for the one before";
  send_all();
  for (std::size_t ready = 2 * InboxFeed::items_ready_min; ready <= InboxFeed::items_ready_max; ready *= 2) {
    EXPECT_EQ(fetch_all(), ready);
    send_all();
  }
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_max);
  // Only a part of it is sent before the next is here.
  copy(0, 3000);
  feed.sent(next - 1097);
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_max - 1096);
  send_all();
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_max / 8 * 7);
  send_all();
  fetch_all(false);
  send_all();
  feed.announce(2'000'000);
  next = 1'000'000;
  EXPECT_EQ(fetch_all(), InboxFeed::items_ready_min);
}

// Large messages are few.
TEST_F(InboxFeedTest, AsksForNoMoreWhileManyBytesWait) {
  feed.announce(100);
  const std::string payload(InboxFeed::ready_bytes_max, 'x');
  feed.next_fetch();
  inbox::Fetch::Reply reply;
  reply.items.push_back(item(5));
  reply.items.back().message.view.payload = as_bytes(payload);
  reply.next_number = 100;
  reply.more = true;
  feed.take(reply);
  EXPECT_FALSE(feed.next_fetch());
  copy(0);
  feed.sent(5);
  EXPECT_TRUE(feed.next_fetch());
}

TEST_F(InboxFeedTest, SaysWhatBecameOfEachMessageBefore) {
  feed.next_fetch();
  inbox::Fetch::Reply reply;
  reply.items = {item(5, inbox::ItemState::sent), item(6, inbox::ItemState::released),
                 item(7, inbox::ItemState::withheld), item(8)};
  reply.next_number = 10;
  feed.take(reply);
  std::vector<session::InboxItem> items;
  feed.copy(0, 10, items);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].state, State::sent);
  EXPECT_EQ(items[1].state, State::released);
  EXPECT_EQ(items[2].state, State::withheld);
  EXPECT_EQ(items[3].state, State::fresh);
  EXPECT_TRUE(items[0].message && items[3].message);
  EXPECT_FALSE(items[1].message || items[2].message);
}

TEST_F(InboxFeedTest, TellsOfATurnInOneRecordAndOnce) {
  EXPECT_EQ(record(), "");
  feed.sent(6);
  feed.sent(8);
  feed.acknowledge(5);
  feed.acknowledge(7);
  feed.release(6);
  feed.remember(mqtt::PacketId{11});
  feed.forget(mqtt::PacketId{12});
  EXPECT_EQ(record(), "sent 8;ack 5 7;release 6;remember 11 forget 12;");
  feed.take_record();
  EXPECT_EQ(record(), "");
  feed.sent(8);
  EXPECT_EQ(record(), "");
  feed.sent(9);
  EXPECT_EQ(record(), "sent 9;");
}

TEST_F(InboxFeedTest, TheRecordKnowsWhoWaitsForIt) {
  const auto countdown = std::make_shared<Countdown>();
  countdown->start_one();
  feed.remember(mqtt::PacketId{11});
  feed.wait_for_record(countdown);
  feed.release(6);
  feed.forget(mqtt::PacketId{12});
  record();
  const InboxFeed::Record first = feed.take_record();
  EXPECT_EQ(first.released, (std::vector<std::uint64_t>{6}));
  EXPECT_EQ(first.forgotten, (std::vector<mqtt::PacketId>{mqtt::PacketId{12}}));
  EXPECT_EQ(first.waiting, (std::vector<std::shared_ptr<Countdown>>{countdown}));
  feed.acknowledge(5);
  record();
  EXPECT_TRUE(feed.take_record().waiting.empty());
}

TEST_F(InboxFeedTest, ARecordIsAwaitedWhenTheClientIsToldSomethingByIt) {
  const auto is_awaited = [this] {
    record();
    return feed.take_record().is_awaited();
  };
  feed.sent(6);
  feed.acknowledge(5);
  EXPECT_FALSE(is_awaited());
  feed.release(6);
  EXPECT_TRUE(is_awaited());
  feed.forget(mqtt::PacketId{12});
  EXPECT_TRUE(is_awaited());
  feed.remember(mqtt::PacketId{11});
  feed.wait_for_record(std::make_shared<Countdown>());
  EXPECT_TRUE(is_awaited());
  post(7, "one");
  EXPECT_TRUE(is_awaited());
}

TEST_F(InboxFeedTest, PostsStandInTheRecordBehindTheIdsThatAreForgotten) {
  post(7, "one");
  feed.forget(mqtt::PacketId{3});
  post(8, "two");
  EXPECT_EQ(record(), "remember forget 3;post 7 one;post 8 two;");
  EXPECT_EQ(feed.take_record().posted.size(), 2u);
  EXPECT_EQ(record(), "");
}

TEST_F(InboxFeedTest, TellsWhichIdsItsNextRecordHas) {
  post(7, "one");
  feed.forget(mqtt::PacketId{3});
  EXPECT_TRUE(feed.has_in_record(mqtt::PacketId{7}));
  EXPECT_TRUE(feed.has_in_record(mqtt::PacketId{3}));
  EXPECT_FALSE(feed.has_in_record(mqtt::PacketId{8}));
  record();
  feed.take_record();
  EXPECT_FALSE(feed.has_in_record(mqtt::PacketId{7}));
}

TEST_F(InboxFeedTest, TheRepliesToPostsAreHandedOutUnlessSomebodyElseHasTheSession) {
  post(7, "one");
  const InboxFeed::Record posted = (record(), feed.take_record());
  const auto read = [&](inbox::OpStatus status, std::vector<inbox::PostReply>& posts) {
    service::BatchReplyWriter<inbox::Op> writer;
    writer.add<inbox::Post>({status, false, 5, 2});
    return InboxFeed::is_recorded(writer.take(), posted, posts);
  };
  std::vector<inbox::PostReply> posts;
  EXPECT_TRUE(read(inbox::OpStatus::ok, posts));
  EXPECT_TRUE(read(inbox::OpStatus::full, posts));
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_EQ(posts[0].post, 5u);
  EXPECT_EQ(posts[1].status, inbox::OpStatus::full);
  EXPECT_FALSE(read(inbox::OpStatus::stale, posts));
}

TEST_F(InboxFeedTest, ConnectionsGetInTheirOrderWhatTheRecordHasBrought_MQTT_4_3_3_10_MQTT_4_6_0_6) {
  post(7, "one", held("one"));
  feed.remember(mqtt::PacketId{8});
  feed.hold(held("two"));
  post(9, "three", held("three"));
  post(10, "four");
  post(11, "five", held("five"));
  record();
  // The third one was applied before, with a record whose answer was lost; for the last one there was no
  // room.
  const std::vector<inbox::PostReply> posts = {
      {}, {inbox::OpStatus::ok, true, 0, 1}, {}, {inbox::OpStatus::full, false, 0, 10}};
  EXPECT_EQ(settle(feed.take_record(), posts, true), "one two three ");
}

TEST_F(InboxFeedTest, ConnectionsGetNothingOfARecordThatCameToNothing_MQTT_4_3_3_10) {
  post(7, "one", held("one"));
  record();
  const InboxFeed::Record stale = feed.take_record();
  post(8, "two", held("two"));
  record();
  EXPECT_EQ(settle(stale, {}, false), "");
  EXPECT_EQ(settle(feed.take_record(), {{}}, true), "two ");
}

TEST_F(InboxFeedTest, TheClientIsHeldWhileTooManyPostsWait) {
  const auto post_and_answer = [&](std::uint64_t number, std::uint32_t open_count) {
    post(7, "one");
    feed.posted({inbox::OpStatus::ok, false, number, open_count});
  };
  post_and_answer(1023, inbox::posts_high - 1);
  EXPECT_FALSE(feed.is_held());
  post_and_answer(1024, inbox::posts_high);
  EXPECT_TRUE(feed.is_held());
  feed.has_room(1025);
  EXPECT_FALSE(feed.is_held());
  // The reply comes behind a notice that knew of its post already.
  post_and_answer(1024, inbox::posts_high);
  EXPECT_FALSE(feed.is_held());
  post_and_answer(1025, inbox::posts_high);
  EXPECT_TRUE(feed.is_held());
  feed.look();
  EXPECT_FALSE(feed.is_held());
}

TEST_F(InboxFeedTest, TheClientIsHeldWhileTooManyPostsAreUnanswered) {
  for (std::uint32_t i = 1; i < inbox::posts_high; ++i) post(7, "one");
  EXPECT_FALSE(feed.is_held());
  post(7, "one");
  EXPECT_TRUE(feed.is_held());
  feed.posted({inbox::OpStatus::ok, false, 1, 1});
  EXPECT_FALSE(feed.is_held());
}

}  // namespace
}  // namespace tenon::broker
