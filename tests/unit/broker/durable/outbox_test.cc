#include "broker/durable/outbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::broker {
namespace {

namespace inbox = service::inbox;

class OutboxTest : public ::testing::Test, protected OutboxPorts {
 protected:
  void fetch_posts(const InboxOwner& poster, const inbox::FetchPosts& question) override {
    said += "fetch " + poster.client_id + ' ' + std::to_string(question.from.post) + ';';
    count_max = question.count_max;
  }
  void relay_post(const InboxOwner& poster, const inbox::FetchPosts::Item& post,
                  std::string_view group) override {
    said += "relay " + poster.client_id + ' ' + std::to_string(post.id.post);
    said += group.empty() ? ";" : " to " + std::string(group) + ';';
    if (relays_at_once) outbox.on_relayed(poster, post.id, true);
    if (fails_at_once) outbox.on_relayed(poster, post.id, false);
  }
  void confirm_posts(const InboxOwner& poster, const inbox::PostDone& done) override {
    said += "confirm " + poster.client_id;
    for (const inbox::PostId& id : done.posts) said += ' ' + std::to_string(id.post);
    said += ';';
  }

  bool is_congested() const override { return congested; }

  void fetched(std::uint64_t first, std::uint64_t last, bool more = false) {
    inbox::FetchPosts::Reply reply;
    reply.more = more;
    for (std::uint64_t post = first; post <= last; ++post) {
      session::MessageView view;
      view.payload = as_bytes(payload);
      reply.items.push_back({{9, post}, {view}, {}});
    }
    outbox.on_fetched(a, &reply);
  }
  void relayed(std::uint64_t post, bool is_done = true) { outbox.on_relayed(a, {9, post}, is_done); }
  // What was asked up to the end of the turn.
  std::string turn() {
    outbox.flush();
    return std::exchange(said, {});
  }

  const InboxOwner a{"", "a"};
  Outbox outbox{*this};
  std::string said;
  std::uint32_t count_max = 0;
  std::string payload;
  bool congested = false;
  bool relays_at_once = false;
  bool fails_at_once = false;
};

TEST_F(OutboxTest, EachPostSaysWhetherItIsForAGroup) {
  outbox.posted(a.view());
  turn();
  inbox::FetchPosts::Reply reply;
  reply.items = {{{9, 1}, {}, {}}, {{9, 2}, {}, {}}, {{9, 3}, {}, {}}};
  reply.groups = {"", "$share/g/t"};
  outbox.on_fetched(a, &reply);
  EXPECT_EQ(turn(), "relay a 1;relay a 2 to $share/g/t;relay a 3;");
}

TEST_F(OutboxTest, PostsAreFetchedRelayedInTheirOrderAndConfirmedTogether) {
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "fetch a 0;");
  fetched(1, 3);
  EXPECT_EQ(turn(), "relay a 1;relay a 2;relay a 3;");
  relayed(2);
  relayed(1);
  EXPECT_EQ(turn(), "confirm a 2 1;");
  relayed(3);
  EXPECT_EQ(turn(), "confirm a 3;");
  outbox.on_confirmed(a);
  EXPECT_EQ(outbox.poster_count(), 1u);
  outbox.on_confirmed(a);
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(outbox.poster_count(), 0u);
}

TEST_F(OutboxTest, WhatComesWhileSomeAreUnderWayIsFetchedBehindThem) {
  outbox.posted(a.view());
  turn();
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "");
  fetched(1, 1);
  EXPECT_EQ(turn(), "relay a 1;fetch a 2;");
}

TEST_F(OutboxTest, NoMoreThanItsWindowIsUnderWay) {
  outbox.posted(a.view());
  turn();
  EXPECT_EQ(count_max, Outbox::window);
  fetched(1, Outbox::window, true);
  said.clear();
  EXPECT_EQ(turn(), "");
  for (std::uint64_t post = 1; post <= Outbox::window / 2; ++post) relayed(post);
  EXPECT_NE(turn().find("fetch a 513;"), std::string::npos);
  EXPECT_EQ(count_max, Outbox::window / 2);
}

TEST_F(OutboxTest, NoMoreIsFetchedWhileTheBytesUnderWayAreTooMany) {
  payload.assign(1u << 20, 'x');
  outbox.posted(a.view());
  turn();
  fetched(1, 4, true);
  EXPECT_EQ(turn(), "relay a 1;relay a 2;relay a 3;relay a 4;");
  EXPECT_EQ(turn(), "");
  relayed(1);
  EXPECT_EQ(turn(), "confirm a 1;fetch a 5;");
  fetched(5, 5, true);
  EXPECT_EQ(turn(), "relay a 5;");
}

TEST_F(OutboxTest, NoMoreIsFetchedDuringCongestionAndItGoesOnByItselfBehindIt) {
  congested = true;
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(outbox.poster_count(), 1u);
  congested = false;
  EXPECT_EQ(turn(), "fetch a 0;");
}

TEST_F(OutboxTest, BehindOneThatDidNotComeThroughItBeginsWithTheOldestAgain) {
  outbox.posted(a.view());
  turn();
  fetched(1, 3, true);
  turn();
  relayed(1);
  relayed(2, false);
  fetched(4, 5);
  EXPECT_EQ(turn(), "confirm a 1;");
  relayed(3);
  EXPECT_EQ(turn(), "confirm a 3;");
  outbox.on_confirmed(a);
  outbox.on_confirmed(a);
  EXPECT_EQ(turn(), "");
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "fetch a 0;");
}

TEST_F(OutboxTest, ANoticeBehindOneThatDidNotComeThroughIsHeardWhenTheRestIsOver) {
  outbox.posted(a.view());
  turn();
  fetched(1, 2);
  turn();
  relayed(1, false);
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "");
  relayed(2);
  EXPECT_EQ(turn(), "confirm a 2;");
  outbox.on_confirmed(a);
  EXPECT_EQ(turn(), "fetch a 0;");
}

TEST_F(OutboxTest, OneThatFailsAtOnceKeepsBackThoseThatWereFetchedWithIt) {
  outbox.posted(a.view());
  turn();
  fails_at_once = true;
  fetched(1, 3);
  EXPECT_EQ(turn(), "relay a 1;");
  EXPECT_EQ(outbox.poster_count(), 0u);
}

TEST_F(OutboxTest, AFetchWithoutAnAnswerIsLeftToTheNextNotice) {
  outbox.posted(a.view());
  turn();
  outbox.on_fetched(a, nullptr);
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(outbox.poster_count(), 0u);
  outbox.posted(a.view());
  EXPECT_EQ(turn(), "fetch a 0;");
}

TEST_F(OutboxTest, PostsThatAreForNobodyAreConfirmedAtOnce) {
  relays_at_once = true;
  outbox.posted(a.view());
  turn();
  fetched(1, 2);
  EXPECT_EQ(turn(), "relay a 1;relay a 2;confirm a 1 2;");
}

}  // namespace
}  // namespace tenon::broker
