#include "broker/operate/node_asks.h"

#include <gtest/gtest.h>

#include <optional>

#include "broker/remote/remote_wire.h"

namespace tenon::broker {
namespace {

constexpr kv::NodeId self{1};
constexpr kv::NodeId second{2};
constexpr kv::NodeId third{3};

struct NodeAsksTest : testing::Test, RemotePort {
  NodeAsksTest() {
    asks.start(
        self, 1,
        [](std::string_view question, NodeAsks::Reply reply) { reply("own " + std::string(question)); },
        this);
    asks.on_peer_up(second);
    asks.on_peer_up(third);
  }
  void send(kv::NodeId to, RemoteMessage kind, std::string&& body) override {
    sent.push_back({to, kind, std::move(body)});
    if (to == gone_when_sent_to) asks.on_peer_down(to);
  }
  void ask() {
    asks.ask_all("q", now_ns, [this](NodeAsks::Replies&& replies) { done = std::move(replies); });
  }
  std::string answer_to(const std::string& question, const std::string& text) {
    return write_remote(NodeText{read_remote<NodeText>(question)->number, text});
  }

  struct Sent {
    kv::NodeId to;
    RemoteMessage kind;
    std::string body;
  };
  std::vector<Sent> sent;
  kv::NodeId gone_when_sent_to = kv::NodeId::none;
  std::optional<NodeAsks::Replies> done;
  MonoNs now_ns = ns_per_s;
  NodeAsks asks;
};

TEST_F(NodeAsksTest, OneNodeIsAskedAndNobodyElse) {
  asks.ask(third, "q", {now_ns, ns_per_s},
           [this](NodeAsks::Replies&& replies) { done = std::move(replies); });
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].to, third);
  asks.on_answer(second, answer_to(sent[0].body, "two"));
  EXPECT_FALSE(done);
  asks.on_answer(third, answer_to(sent[0].body, "three"));
  ASSERT_TRUE(done);
  const std::map<kv::NodeId, std::string> wanted = {{third, "three"}};
  EXPECT_EQ(done->answers, wanted);
}

TEST_F(NodeAsksTest, OneNodeThatIsNotLinkedIsMissingAtOnceAndOneThatGoesWhenItGoes) {
  constexpr kv::NodeId stranger{4};
  for (const kv::NodeId node : {stranger, third}) {
    done.reset();
    gone_when_sent_to = third;
    asks.ask(node, "q", {now_ns, ns_per_s},
             [this](NodeAsks::Replies&& replies) { done = std::move(replies); });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->missing, std::vector{node});
  }
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(NodeAsksTest, OfAllOthersTheFirstAnswerThatSaysSomethingIsEnough) {
  asks.ask_for_one("q", {now_ns, ns_per_s},
                   [this](NodeAsks::Replies&& replies) { done = std::move(replies); });
  ASSERT_EQ(sent.size(), 2u);
  asks.on_answer(third, answer_to(sent[1].body, ""));
  EXPECT_FALSE(done);
  asks.on_answer(second, answer_to(sent[0].body, "two"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->answers.at(second), "two");
  done.reset();
  asks.on_answer(third, answer_to(sent[1].body, "late"));
  EXPECT_FALSE(done);
}

TEST_F(NodeAsksTest, WhereNobodySaysAnythingTheEndIsTheLastEmptyAnswerAndWithoutOthersAtOnce) {
  const auto ask_for_one = [this] {
    asks.ask_for_one("q", {now_ns, ns_per_s},
                     [this](NodeAsks::Replies&& replies) { done = std::move(replies); });
  };
  ask_for_one();
  asks.on_answer(second, answer_to(sent[0].body, ""));
  EXPECT_FALSE(done);
  asks.on_peer_down(third);
  ASSERT_TRUE(done);
  asks.on_peer_down(second);
  done.reset();
  ask_for_one();
  EXPECT_TRUE(done);
}

TEST_F(NodeAsksTest, AllLinkedNodesAndThisOneAreAskedOnce) {
  ask();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].kind, RemoteMessage::asked);
  EXPECT_FALSE(done);
  asks.on_answer(second, answer_to(sent[0].body, "two"));
  asks.on_answer(second, answer_to(sent[0].body, "again"));
  EXPECT_FALSE(done);
  asks.on_answer(third, answer_to(sent[1].body, "three"));
  ASSERT_TRUE(done);
  const std::map<kv::NodeId, std::string> wanted = {{self, "own q"}, {second, "two"}, {third, "three"}};
  EXPECT_EQ(done->answers, wanted);
  EXPECT_TRUE(done->missing.empty());
}

TEST_F(NodeAsksTest, ANodeThatIsFoundToBeGoneByAskingItIsMissing) {
  gone_when_sent_to = second;
  ask();
  ASSERT_EQ(sent.size(), 2u);
  asks.on_answer(third, answer_to(sent[1].body, "three"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->missing, std::vector<kv::NodeId>{second});
}

TEST_F(NodeAsksTest, AnAnswerToAQuestionOfTheRunBeforeIsNotTaken) {
  ask();
  const std::string before = sent[0].body;
  sent.clear();
  NodeAsks next;
  next.start(
      self, 2, [](std::string_view, NodeAsks::Reply reply) { reply("own"); }, this);
  next.on_peer_up(second);
  std::optional<NodeAsks::Replies> answered;
  next.ask_all("q", now_ns, [&](NodeAsks::Replies&& replies) { answered = std::move(replies); });
  next.on_answer(second, answer_to(before, "old"));
  EXPECT_FALSE(answered);
  next.on_answer(second, answer_to(sent[0].body, "new"));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->answers.at(second), "new");
}

TEST_F(NodeAsksTest, ANodeThatIsSilentOrGoneIsMissing) {
  ask();
  asks.on_peer_down(second);
  asks.tick(now_ns + NodeAsks::patience_ns - 1);
  EXPECT_FALSE(done);
  asks.tick(now_ns + NodeAsks::patience_ns);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->missing, (std::vector<kv::NodeId>{second, third}));
  EXPECT_EQ(done->answers.size(), 1u);
  done.reset();
  asks.on_answer(third, answer_to(sent[1].body, "late"));
  EXPECT_FALSE(done);
  ask();
  EXPECT_EQ(sent.size(), 3u);  // the third one only
}

TEST_F(NodeAsksTest, AnotherNodesQuestionIsAnsweredUnderItsNumber) {
  asks.on_question(third, write_remote(NodeText{77, "x"}));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].to, third);
  EXPECT_EQ(sent[0].kind, RemoteMessage::answered);
  const auto answer = read_remote<NodeText>(sent[0].body);
  EXPECT_EQ(answer->number, 77u);
  EXPECT_EQ(answer->text, "own x");
}

TEST_F(NodeAsksTest, WhatDoesNotHoldTogetherIsPassedOver) {
  ask();
  for (const char* body : {"", "\x01", "\x02zz", "\x01\x01\x7f"}) {
    asks.on_answer(second, body);
    asks.on_question(second, body);
  }
  EXPECT_EQ(sent.size(), 2u);
  EXPECT_FALSE(done);
}

TEST(NodeAsks, ANodeThatIsAloneAsksItself) {
  NodeAsks asks;
  asks.start(self, 1, [](std::string_view, NodeAsks::Reply reply) { reply("me"); });
  std::optional<NodeAsks::Replies> done;
  asks.ask_all("q", 0, [&](NodeAsks::Replies&& replies) { done = std::move(replies); });
  ASSERT_TRUE(done);
  EXPECT_EQ(done->answers.at(self), "me");
}

}  // namespace
}  // namespace tenon::broker
