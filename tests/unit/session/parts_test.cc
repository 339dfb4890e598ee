#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

#include "session/identity.h"
#include "session/output_queue.h"
#include "session/publication.h"
#include "session/received_ids.h"
#include "session/send_window.h"

namespace tenon::session {
namespace {

using WindowState = SendWindow::State;

TEST(SendWindow, HasRoomUpToTheReceiveMaximum) {
  SendWindow window(2);
  window.push(WindowState::sent_qos1);
  EXPECT_TRUE(window.has_room());
  window.push(WindowState::sent_qos1);
  EXPECT_FALSE(window.has_room());
  window.set_done(1);
  EXPECT_TRUE(window.has_room());
}

TEST(SendWindow, WhatIsReleasedNeedsNoRoomAndTakesIt) {
  SendWindow window(1);
  window.push(WindowState::released);
  window.push(WindowState::released);
  EXPECT_EQ(window.outstanding(), 2u);
  EXPECT_EQ(window.room(), 0u);
  window.set_done(0);
  EXPECT_FALSE(window.has_room());
  window.set_done(1);
  EXPECT_TRUE(window.has_room());
}

TEST(SendWindow, IdsInFlightDifferOverTheWrap) {
  SendWindow window(100);
  window.start_at(65'500);
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 100; ++i)
    ids.insert(mqtt::number(SendWindow::packet_id(window.push(WindowState::sent_qos1))));
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_FALSE(ids.contains(0));
  for (const auto id : ids) {
    const auto number = window.find(mqtt::PacketId{id});
    ASSERT_TRUE(number);
    EXPECT_EQ(SendWindow::packet_id(*number), mqtt::PacketId{id});
  }
}

TEST(SendWindow, StopsBeforeTwoCouldShareAnId) {
  SendWindow window(65'535);
  window.push(WindowState::sent_qos1);
  while (window.has_room()) window.set_done(window.push(WindowState::sent_qos1));
  EXPECT_EQ(window.next() - window.first(), 65'534u);
  EXPECT_NE(SendWindow::packet_id(window.next()), SendWindow::packet_id(window.first()));
  EXPECT_FALSE(window.reaches(window.next()));
  window.set_done(0);
  EXPECT_TRUE(window.empty());
}

TEST(SendWindow, BehavesLikeASetOfNumbers) {
  std::mt19937 random(7);
  SendWindow window(50);
  std::deque<std::uint64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    if (window.has_room() && random() % 2) {
      model.push_back(window.push(WindowState::sent_qos1));
    } else if (!model.empty()) {
      const std::size_t at = random() % model.size();
      const auto number = window.find(SendWindow::packet_id(model[at]));
      ASSERT_EQ(number, model[at]);
      window.set_done(*number);
      EXPECT_FALSE(window.find(SendWindow::packet_id(model[at])));
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(window.outstanding(), model.size());
    ASSERT_EQ(window.empty(), model.empty());
  }
}

TEST(SendWindow, KeepsWhatIsInFlightWhenItGrows) {
  SendWindow window(60'000);
  window.start_at(1'000'000);
  for (int i = 0; i < 40'000; ++i) window.push(i % 2 ? WindowState::sent_qos1 : WindowState::sent_qos2);
  EXPECT_EQ(window.outstanding(), 40'000u);
  for (std::uint64_t number = window.first(); number < window.next(); ++number)
    ASSERT_EQ(window.state(number), number % 2 ? WindowState::sent_qos1 : WindowState::sent_qos2);
}

TEST(ReceivedIds, AreASet) {
  ReceivedIds ids;
  EXPECT_TRUE(ids.insert(mqtt::PacketId{5}));
  EXPECT_FALSE(ids.insert(mqtt::PacketId{5}));
  EXPECT_TRUE(ids.insert(mqtt::PacketId{1}));
  EXPECT_TRUE(ids.contains(mqtt::PacketId{5}));
  EXPECT_TRUE(ids.erase(mqtt::PacketId{5}));
  EXPECT_FALSE(ids.erase(mqtt::PacketId{5}));
  EXPECT_EQ(ids.size(), 1u);
}

TEST(ReceivedIds, OneOfAnEarlierConnectionIsThisOnesWhenItComesAgain) {
  ReceivedIds ids;
  EXPECT_TRUE(ids.insert_earlier(mqtt::PacketId{5}));
  EXPECT_TRUE(ids.insert_earlier(mqtt::PacketId{6}));
  EXPECT_EQ(ids.own_count(), 0u);
  EXPECT_FALSE(ids.insert(mqtt::PacketId{5}));
  EXPECT_FALSE(ids.insert(mqtt::PacketId{5}));
  EXPECT_EQ(ids.own_count(), 1u);
  EXPECT_TRUE(ids.erase(mqtt::PacketId{5}));
  EXPECT_TRUE(ids.erase(mqtt::PacketId{6}));
  EXPECT_EQ(ids.own_count(), 0u);
  EXPECT_EQ(ids.size(), 0u);
}

TEST(Identity, HasBothTextsWhicheverWasSetLast) {
  Identity identity;
  EXPECT_EQ(identity.client_id(), "");
  EXPECT_EQ(identity.username(), "");
  identity.set("device", "");
  identity.set(identity.client_id(), "ann");
  EXPECT_EQ(identity.client_id(), "device");
  EXPECT_EQ(identity.username(), "ann");
  identity.set(identity.client_id(), std::string(70'000, 'u'));
  EXPECT_EQ(identity.client_id(), "device");
  EXPECT_EQ(identity.username().size(), 70'000u);
}

TEST(Identity, ViewsHoldWhenTheSameIsSetAgain) {
  Identity identity;
  identity.set("device", "ann");
  const std::string_view before = identity.client_id();
  identity.set("device", "ann");
  EXPECT_EQ(identity.client_id().data(), before.data());
}

TEST(OutputQueue, GivesBackWhatWasPutInWhateverThePieces) {
  std::mt19937 random(11);
  ChunkPool pool;
  OutputQueue queue(pool);
  std::string put;
  std::string got;
  MessageView view;
  const std::string large(10'000, 'L');
  view.payload = as_bytes(large);
  const Ref<Message> shared = Message::make(view);
  for (int step = 0; step < 5'000; ++step) {
    const unsigned what = random() % 8;
    if (what == 0) {
      queue.append_shared(shared, shared->view().payload);
      put += large;
    } else if (what < 5) {
      const std::size_t size = 1 + random() % 700;
      const std::string bytes(size, static_cast<char>('a' + step % 26));
      std::copy(bytes.begin(), bytes.end(), queue.extend(size));
      put += bytes;
      if (size > 10 && what == 1) {
        queue.shorten(5);
        put.resize(put.size() - 5);
      }
    } else if (!queue.empty()) {
      std::array<Bytes, 3> pieces;
      const std::size_t count = queue.gather(pieces);
      ASSERT_GT(count, 0u);
      std::size_t left = random() % 20'000;
      std::size_t taken = 0;
      for (std::size_t i = 0; i < count && left > 0; ++i) {
        const std::size_t size = std::min(left, pieces[i].size());
        got += as_text(pieces[i].first(size));
        taken += size;
        left -= size;
      }
      queue.consume(taken);
    }
    ASSERT_EQ(queue.size_bytes(), put.size() - got.size());
    ASSERT_TRUE(put.starts_with(got));
    if (queue.empty()) {
      put.clear();
      got.clear();
    }
  }
}

TEST(OutputQueue, IsEmptyWhenAllWasTakenBack) {
  ChunkPool pool;
  OutputQueue queue(pool);
  queue.extend(64);
  queue.shorten(64);
  EXPECT_TRUE(queue.empty());
  std::array<Bytes, 1> pieces;
  EXPECT_EQ(queue.gather(pieces), 0u);
}

TEST(OutputQueue, OfAnIdleConnectionHoldsNothing) {
  ChunkPool pool;
  OutputQueue first(pool);
  const std::uint8_t* chunk = first.extend(10);
  first.consume(10);
  OutputQueue second(pool);
  EXPECT_EQ(second.extend(10), chunk) << "what one has sent serves the next one";
}

TEST(Publication, RemainingExpiryNeverExceedsWhatWasGiven) {
  EXPECT_EQ(remaining_expiry_s(0, 5), std::nullopt);
  EXPECT_EQ(remaining_expiry_s(100'000, 0), 100u);
  EXPECT_EQ(remaining_expiry_s(100'000, -1), 100u);
  EXPECT_EQ(remaining_expiry_s(100'000, 99'999), 1u);
}

TEST(Publication, FirstReceiverOfALargePayloadGetsACopy) {
  const std::string large(Publication::shared_payload_bytes_min, 'L');
  MessageView view;
  view.topic = "t";
  view.payload = as_bytes(large);
  Publication publication(view);
  EXPECT_FALSE(publication.goes_by_reference(false));
  EXPECT_TRUE(publication.goes_by_reference(false));
  Publication kept(Message::make(view));
  EXPECT_TRUE(kept.goes_by_reference(false));
  EXPECT_TRUE(publication.is_large());
  view.payload = view.payload.first(large.size() - 1);
  EXPECT_FALSE(Publication(view).is_large());
}

TEST(Publication, HeadsOfAllWaysDiffer) {
  MessageView view;
  view.topic = "t";
  view.payload = as_bytes("x");
  Publication publication(view);
  std::set<std::string> heads;
  for (const auto version : {mqtt::Version::v3_1_1, mqtt::Version::v5})
    for (const auto qos : {mqtt::QoS::at_most_once, mqtt::QoS::at_least_once, mqtt::QoS::exactly_once})
      for (const bool retain : {false, true}) {
        const auto& head = publication.head(version, qos, retain, 0);
        heads.insert(std::string(as_text({head.bytes, head.layout.head_bytes})));
        EXPECT_EQ(&head, &publication.head(version, qos, retain, 0));
        if (version != mqtt::Version::v5) continue;
        for (const auto form : {TopicForm::name_and_alias, TopicForm::alias}) {
          const auto& other = publication.head(version, qos, retain, 0, form);
          heads.insert(std::string(as_text({other.bytes, other.layout.head_bytes})));
        }
      }
  EXPECT_EQ(heads.size(), 24u);
}

}  // namespace
}  // namespace tenon::session
