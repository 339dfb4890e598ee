#include "store/range_client.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tenon::store {
namespace {

constexpr NodeId node_1{1};
constexpr NodeId node_2{2};
constexpr RangeId low{10, 1};
constexpr RangeId high{11, 1};
constexpr kv::SourceId source{77};
constexpr std::int64_t ms = ns_per_ms;

struct Asked {
  NodeId node;
  RangeId range;
  std::uint64_t sequence;
  std::string key;
  std::string text;
  std::uint64_t id;
};

// Two ranges of the store `inbox`: keys below "m", and the others.
class RangeClientTest : public ::testing::Test, protected RangeClientPorts {
 protected:
  RangeClientTest() {
    learn(low, "", "m");
    learn(high, "m", "");
  }

  void learn(const RangeId& id, std::string begin, std::string end) {
    kv::Descriptor descriptor;
    descriptor.store = StoreId::inbox;
    descriptor.begin = std::move(begin);
    descriptor.end = std::move(end);
    descriptor.members.voters = {node_1, node_2};
    ranges.learn(id, descriptor);
  }
  void submit(Request::Kind kind, std::string key, std::string text, MonoNs deadline_ns = 0) {
    Request request;
    request.store = StoreId::inbox;
    request.kind = kind;
    request.key = std::move(key);
    request.text = std::move(text);
    request.ticket = Ticket{++last_ticket};
    request.deadline_ns = deadline_ns;
    client.submit(std::move(request), now);
  }
  void append(std::string key, std::string text, MonoNs deadline_ns = 0) {
    submit(Request::Kind::append, std::move(key), std::move(text), deadline_ns);
  }
  void tick(std::int64_t passed_ns = ms) { client.tick(now += passed_ns); }
  void answer(const Asked& asked, AnswerCode code, NodeId leader = NodeId::none) {
    client.on_answer(asked.id, {code, leader, {}, 0}, now);
  }
  // What was asked since the last call: "NODE:TEXT#NUMBER" each, without a number when it has none.
  std::string asked_for() {
    std::string found;
    for (; looked_at < asks.size(); ++looked_at) {
      const Asked& one = asks[looked_at];
      if (!found.empty()) found += ' ';
      found += std::to_string(static_cast<std::uint64_t>(one.node)) + ':' + one.text;
      if (one.sequence != 0) found += '#' + std::to_string(one.sequence);
    }
    return found;
  }

  void ask(NodeId node, const RangeId& range, Request::Kind, const kv::Command& command,
           std::uint64_t id) override {
    EXPECT_EQ(command.source, command.sequence != 0 ? source : kv::SourceId::none);
    asks.push_back({node, range, command.sequence, std::string(command.key), std::string(command.text), id});
  }
  NodeId guess(const RangeId&, std::uint64_t turn) override {
    return guesses.empty() ? NodeId::none : guesses[turn % guesses.size()];
  }
  void finished(const Request& request, const RangeId& range, Answer&& answer) override {
    ends.emplace_back(static_cast<std::uint64_t>(request.ticket), answer.code);
    last_range = range;
  }

  using Ends = std::vector<std::pair<std::uint64_t, AnswerCode>>;
  Ranges ranges;
  RangeClient client{source, ranges, *this};
  MonoNs now = 1'000 * ms;
  std::uint64_t last_ticket = 0;
  std::vector<Asked> asks;
  std::size_t looked_at = 0;
  std::vector<NodeId> guesses;
  Ends ends;
  RangeId last_range;
};

TEST_F(RangeClientTest, AppendsAreNumberedForEachRangeInTheirOrder) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append("a", "1");
  append("x", "2");
  submit(Request::Kind::query, "a", "q");
  submit(Request::Kind::command, "b", "c");
  append("b", "3");
  EXPECT_EQ(asked_for(), "1:1#1 2:2#1 1:q 1:c 1:3#2");
  EXPECT_EQ(asks[0].range, low);
  EXPECT_EQ(asks[1].range, high);
}

TEST_F(RangeClientTest, ACommandSaysWhichKeyItIsForUnlessItIsForAllOfTheRange) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  Request request;
  request.store = StoreId::inbox;
  request.kind = Request::Kind::command;
  request.key = "a";
  request.whole_range = true;
  client.submit(std::move(request), now);
  EXPECT_EQ(asks[0].key, "a");
  EXPECT_EQ(asks[1].key, "");
}

TEST_F(RangeClientTest, WhoseRequestItWasAndWhereItWentIsSaidWithTheAnswer) {
  client.on_leader(high, node_1, now);
  append("x", "1");
  answer(asks[0], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
  EXPECT_EQ(last_range, high);
}

TEST_F(RangeClientTest, EachTicketIsAnsweredOnce) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  answer(asks[1], AnswerCode::done);
  answer(asks[0], AnswerCode::duplicate);
  answer(asks[0], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{2, AnswerCode::done}, {1, AnswerCode::duplicate}}));
  EXPECT_EQ(client.open_count(), 0u);
  EXPECT_EQ(client.open_bytes(), 0u);
}

TEST_F(RangeClientTest, NobodyIsAskedBeforeALeaderIsKnown) {
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  append("a", "2");
  for (int i = 0; i < 100; ++i) tick();
  EXPECT_EQ(asked_for(), "");
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "2:q 2:1#1 2:2#2");
}

TEST_F(RangeClientTest, WhereNobodyTellsOfLeadersOneNodeAfterTheOtherIsAsked) {
  guesses = {node_1, node_2};
  append("a", "1");
  EXPECT_EQ(asked_for(), "1:1#1");
  answer(asks[0], AnswerCode::not_leader);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "2:1#1");
  answer(asks[1], AnswerCode::not_leader, node_1);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:1#1");
  submit(Request::Kind::query, "a", "q");
  EXPECT_EQ(asked_for(), "1:q");
  // Its silence is no better than a refusal.
  tick(3000 * ms);
  tick();
  EXPECT_NE(asked_for().find("2:"), std::string::npos);
}

TEST_F(RangeClientTest, AnotherLeaderGetsAllOpenAppendsFromTheFirstOn) {
  client.on_leader(low, node_1, now);
  for (const char* text : {"1", "2", "3"}) append("a", text);
  answer(asks[1], AnswerCode::done);
  asked_for();
  client.on_leader(low, node_2, now);
  append("a", "4");  // waits, so as not to come before those that are sent again
  EXPECT_EQ(asked_for(), "");
  tick();
  EXPECT_EQ(asked_for(), "2:1#1 2:3#3 2:4#4");
}

TEST_F(RangeClientTest, AGapOrALossSendsAllOpenAppendsAgain) {
  for (const AnswerCode code : {AnswerCode::gap, AnswerCode::lost}) {
    client.on_leader(low, node_1, now);
    append("a", "1");
    append("a", "2");
    asked_for();
    answer(asks.back(), code);
    EXPECT_EQ(asked_for(), "");
    tick(2 * ms);
    const std::string again = asked_for();
    EXPECT_NE(again.find(":1#"), std::string::npos) << again;
    EXPECT_LT(again.find(":1#"), again.find(":2#")) << again;
    answer(asks[asks.size() - 2], AnswerCode::done);
    answer(asks[asks.size() - 1], AnswerCode::done);
  }
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, ABusyLeaderIsGivenTime) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::command, "a", "c");
  asked_for();
  answer(asks[0], AnswerCode::busy);
  answer(asks[1], AnswerCode::busy);
  tick(4 * ms);
  EXPECT_EQ(asked_for(), "");
  tick(ms);
  EXPECT_EQ(asked_for(), "1:c 1:1#1");
}

TEST_F(RangeClientTest, WhoIsNotTheLeaderTellsWhoIs) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  asked_for();
  answer(asks[0], AnswerCode::not_leader, node_2);
  answer(asks[1], AnswerCode::not_leader, node_2);
  tick();
  EXPECT_EQ(asked_for(), "2:q 2:1#1");
}

TEST_F(RangeClientTest, ALeaderThatPointsToItselfIsNotAskedAgainAtOnce) {
  client.on_leader(low, node_1, now);
  submit(Request::Kind::query, "a", "q");
  asked_for();
  answer(asks[0], AnswerCode::not_leader, node_1);
  for (int i = 0; i < 100; ++i) tick();
  EXPECT_EQ(asked_for(), "");
  client.on_leader(low, node_1, now);
  tick();
  EXPECT_EQ(asked_for(), "1:q");
}

TEST_F(RangeClientTest, ARefusalOfAnEarlierAttemptCountsForNothing) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "1:1#1 2:1#1");
  for (const AnswerCode code : {AnswerCode::not_leader, AnswerCode::lost, AnswerCode::gap, AnswerCode::busy})
    answer(asks[0], code);
  tick(50 * ms);
  EXPECT_EQ(asked_for(), "");
}

TEST_F(RangeClientTest, SuccessOfAnEarlierAttemptCounts) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  client.on_leader(low, node_2, now);
  tick();
  answer(asks[0], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
}

TEST_F(RangeClientTest, AnAnswerToAnEarlierRunOfTheNodeCountsForNothing) {
  RangeClient earlier(kv::SourceId{78}, ranges, *this);
  for (RangeClient* run : {&earlier, &client}) {
    run->on_leader(low, node_1, now);
    Request request;
    request.store = StoreId::inbox;
    request.key = "a";
    request.ticket = Ticket{1};
    request.kind = Request::Kind::command;
    run->submit(std::move(request), now);
  }
  answer(asks[0], AnswerCode::done);
  EXPECT_TRUE(ends.empty());
  answer(asks[1], AnswerCode::done);
  EXPECT_EQ(ends.size(), 1u);
}

TEST_F(RangeClientTest, AnAppendWhoseTimeIsUpKeepsItsPlace) {
  client.on_leader(low, node_1, now);
  append("a", "1", now + 500 * ms);
  append("a", "2");
  asked_for();
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "2:1#1 2:2#2");
  answer(asks[asks.size() - 2], AnswerCode::done);
  answer(asks[asks.size() - 1], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}, {2, AnswerCode::done}}));
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, AQuestionWhoseTimeIsUpEnds) {
  client.on_leader(low, node_1, now);
  submit(Request::Kind::query, "a", "q", now + 500 * ms);
  asked_for();
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  answer(asks[0], AnswerCode::done);
  EXPECT_EQ(ends.size(), 1u);
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, WithoutAnAnswerForLongItIsAskedAgain) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  asked_for();
  for (int i = 0; i < 19; ++i) tick(100 * ms);
  EXPECT_EQ(asked_for(), "");
  for (int i = 0; i < 2; ++i) tick(100 * ms);
  EXPECT_EQ(asked_for(), "1:q 1:1#1");
}

TEST_F(RangeClientTest, WhatWasAskedOfALostNodeIsAskedOfTheNextLeader) {
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  asked_for();
  client.on_node_lost(node_1, now);
  append("a", "2");
  for (int i = 0; i < 50; ++i) tick();
  EXPECT_EQ(asked_for(), "");
  client.on_leader(low, node_2, now);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "2:q 2:1#1 2:2#2");
}

class WithoutRanges : public RangeClientTest {
 protected:
  WithoutRanges() { ranges = Ranges(); }
};

TEST_F(WithoutRanges, RequestsWaitUntilTheirRangeIsKnown) {
  append("a", "1");
  submit(Request::Kind::query, "a", "q");
  for (int i = 0; i < 100; ++i) tick();
  learn(low, "", "");
  client.on_leader(low, node_1, now);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:q 1:1#1");
}

TEST_F(WithoutRanges, AppendsKeepTheirOrderWhenTheRangeIsHeardOfBetweenThem) {
  append("a", "1");
  learn(low, "", "");
  client.on_leader(low, node_1, now);
  append("a", "2");
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:1#1 1:2#2");
}

TEST_F(WithoutRanges, WhatFindsNoRangeInTimeUsesUpNoNumber) {
  append("a", "1", now + 500 * ms);
  submit(Request::Kind::query, "a", "q", now + 500 * ms);
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}, {2, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 0u);
  learn(low, "", "");
  client.on_leader(low, node_1, now);
  append("a", "2");
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:2#1");
}

}  // namespace
}  // namespace tenon::store
