#include "store/range_client.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kv/split.h"

namespace tenon::store {
namespace {

constexpr NodeId node_1{1};
constexpr NodeId node_2{2};
constexpr RangeId low{10, 1};
constexpr RangeId high{11, 1};
constexpr RangeId child{kv::split_off_bit | 10, 1};
constexpr kv::SourceId source{77};
constexpr std::int64_t ms = ns_per_ms;

struct Asked {
  NodeId node;
  RangeId range;
  std::uint64_t sequence;
  std::string key;
  std::string text;
  std::uint64_t id;
  std::string last_key;
};

// Each key is its own text; a command is the texts of its keys.
class Letters final : public ManyKeys {
 public:
  explicit Letters(std::string letters) : letters_(std::move(letters)) {}
  std::size_t count() const override { return letters_.size(); }
  std::string_view key(std::size_t at) const override { return std::string_view(letters_).substr(at, 1); }
  std::string text(std::size_t begin, std::size_t end) const override {
    return letters_.substr(begin, end - begin);
  }
  std::size_t size_bytes() const override { return letters_.size(); }

 private:
  const std::string letters_;
};

// Two ranges of the store `inbox`: keys below "m", and the others.
class RangeClientTest : public ::testing::Test, protected RangeClientPorts {
 protected:
  RangeClientTest() {
    learn(low, "", "m");
    learn(high, "m", "");
  }

  void learn(const RangeId& id, std::string begin, std::string end, std::uint32_t boundary_epoch = 0) {
    kv::Descriptor descriptor;
    descriptor.store = StoreId::inbox;
    descriptor.begin = std::move(begin);
    descriptor.end = std::move(end);
    descriptor.epoch.boundary = boundary_epoch;
    descriptor.members.voters = {node_1, node_2};
    ranges.learn(id, descriptor);
  }
  void submit(Request::Kind kind, std::string key, std::string text, MonoNs deadline_ns = 0,
              bool may_lapse = false) {
    Request request;
    request.may_lapse = may_lapse;
    request.may_be_withdrawn = may_lapse;
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
  void append_many(std::string letters, MonoNs deadline_ns = 0) {
    Request request;
    request.store = StoreId::inbox;
    request.kind = Request::Kind::append;
    request.many = std::make_shared<const Letters>(std::move(letters));
    request.ticket = Ticket{++last_ticket};
    request.deadline_ns = deadline_ns;
    client.submit(std::move(request), now);
  }
  // "BEGIN-END:CODE" of each part of the last answer.
  std::string parts() const {
    std::string found;
    for (const PartAnswer& part : last_parts)
      found += (found.empty() ? "" : " ") + std::to_string(part.begin) + '-' + std::to_string(part.end) +
               ':' + std::to_string(static_cast<int>(part.code));
    return found;
  }
  void append_that_may_lapse(std::string text, MonoNs deadline_ns) {
    submit(Request::Kind::append, "a", std::move(text), deadline_ns, true);
  }
  void withdraw(std::uint64_t ticket) {
    Request request;
    request.ticket = Ticket{ticket};
    request.withdraws = true;
    client.submit(std::move(request), now);
  }
  // As time passes in steps.
  void pass(std::int64_t ns) {
    for (const MonoNs end = now + ns; now < end;) tick(50 * ms);
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

  void ask(NodeId node, const RangeId& range, Request::Kind kind, const kv::Command& command,
           std::uint64_t id) override {
    const bool is_of_a_sender = command.sequence != 0 || kind == Request::Kind::source;
    EXPECT_EQ(command.source, is_of_a_sender ? source : kv::SourceId::none);
    asks.push_back({node, range, command.sequence, std::string(command.key), std::string(command.text), id,
                    std::string(command.last_key)});
  }
  bool answers_surely(NodeId node) override { return node == sure; }
  NodeId guess(const RangeId&, std::uint64_t turn) override {
    return guesses.empty() ? NodeId::none : guesses[turn % guesses.size()];
  }
  void finished(const Request& request, const RangeId& range, Answer&& answer) override {
    ends.emplace_back(static_cast<std::uint64_t>(request.ticket), answer.code);
    last_range = range;
    last_parts = std::move(answer.parts);
  }

  // The range `low` ends before "g", and `child` goes on.
  void split_low() {
    learn(low, "", "g", 1);
    learn(child, "g", "m", 1);
    client.on_leader(child, node_2, now);
  }
  // Answers the newest question, which is for the row of this sender.
  void answer_row(std::uint64_t last, std::vector<std::uint64_t> refused = {}) {
    const kv::SourceRow row{last, std::move(refused)};
    client.on_answer(asks.back().id,
                     {AnswerCode::done, NodeId::none, last == 0 ? "" : kv::encode(row), 9, {}}, now);
  }

  using Ends = std::vector<std::pair<std::uint64_t, AnswerCode>>;
  Ranges ranges;
  RangeClient client{source, ranges, *this};
  MonoNs now = 1'000 * ms;
  std::uint64_t last_ticket = 0;
  std::vector<Asked> asks;
  std::size_t looked_at = 0;
  std::vector<NodeId> guesses;
  NodeId sure = NodeId::none;
  Ends ends;
  RangeId last_range;
  std::vector<PartAnswer> last_parts;
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
  tick(40 * ms);
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
  append("a", "4");  // does not come before those that are sent again
  tick();
  EXPECT_EQ(asked_for(), "2:1#1 2:3#3 2:4#4");
}

TEST_F(RangeClientTest, AGapSendsAllOpenAppendsAgainAndALossThoseFromTheLostOneOn) {
  for (const bool gap : {true, false}) {
    client.on_leader(low, node_1, now);
    for (const char* text : {"1", "2", "3"}) append("a", text);
    asked_for();
    answer(asks[asks.size() - 2], gap ? AnswerCode::gap : AnswerCode::lost);
    EXPECT_EQ(asked_for(), "");
    tick(2 * ms);
    EXPECT_EQ(asked_for(), gap ? "1:1#1 1:2#2 1:3#3" : "1:2#5 1:3#6");
    if (!gap) answer(asks[asks.size() - 5], AnswerCode::done);  // the first attempt at the first one
    for (std::size_t behind = gap ? 3 : 2; behind > 0; --behind)
      answer(asks[asks.size() - behind], AnswerCode::done);
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
  EXPECT_EQ(asked_for(), "1:1#1 1:q");
}

TEST_F(RangeClientTest, ASilentLeaderIsAskedForTheFirstOnlyAndLessOftenAsLongAsItSaysThatItHasIt) {
  client.on_leader(low, node_1, now);
  for (const char* text : {"1", "2", "3"}) append("a", text);
  asked_for();
  std::size_t probes = 0;
  for (int i = 0; i < 600; ++i) {
    tick(100 * ms);
    const std::string again = asked_for();
    if (again.empty()) continue;
    EXPECT_EQ(again, "1:1#1");
    ++probes;
    answer(asks.back(), AnswerCode::pending);
  }
  EXPECT_GE(probes, 4u);  // behind 2, 4, 8, 16, 16... seconds
  EXPECT_LE(probes, 6u);
  const std::vector<Asked> before = asks;
  answer(before.back(), AnswerCode::done);
  answer(before[1], AnswerCode::done);
  answer(before[2], AnswerCode::done);
  EXPECT_EQ(asked_for(), "");
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, WhenTheFirstHadBeenLostAllBehindItAreSentAgainAtOnce) {
  client.on_leader(low, node_1, now);
  for (const char* text : {"1", "2", "3"}) append("a", text);
  pass(2100 * ms);
  EXPECT_EQ(asks.size(), 4u);
  asked_for();
  answer(asks.back(), AnswerCode::done);
  EXPECT_EQ(asked_for(), "1:2#2 1:3#3");
}

TEST_F(RangeClientTest, WhoDoesNotEvenAnswerThatIsAskedForAllAgain) {
  client.on_leader(low, node_1, now);
  for (const char* text : {"1", "2"}) append("a", text);
  asked_for();
  pass(2100 * ms);
  EXPECT_EQ(asked_for(), "1:1#1");
  guesses = {node_2};
  pass(2000 * ms);
  EXPECT_EQ(asked_for(), "2:1#1 2:2#2");
}

TEST_F(RangeClientTest, WhoAnswersForCertainIsAskedOnce) {
  sure = node_1;
  client.on_leader(low, node_1, now);
  append("a", "1");
  submit(Request::Kind::command, "a", "c");
  submit(Request::Kind::query, "a", "q");
  asked_for();
  pass(60'000 * ms);
  EXPECT_EQ(asked_for(), "");
}

TEST_F(RangeClientTest, ABusyLeaderIsAskedLessAndLessOftenFromTheRefusedOneOn) {
  client.on_leader(low, node_1, now);
  for (const char* text : {"1", "2", "3"}) append("a", text);
  asked_for();
  std::size_t tries = 0;
  answer(asks[1], AnswerCode::busy);
  answer(asks[2], AnswerCode::gap);
  for (int i = 0; i < 3000; ++i) {
    tick();
    const std::string again = asked_for();
    if (again.empty()) continue;
    EXPECT_EQ(again.find(":1#1") != std::string::npos, tries == 0) << again;  // the gap's doing, once
    ++tries;
    answer(asks[asks.size() - 2], AnswerCode::busy);
  }
  EXPECT_GE(tries, 9u);  // behind 5, 10, 20... 500, 500 ms
  EXPECT_LE(tries, 14u);
  answer(asks[0], AnswerCode::done);
  pass(600 * ms);
  EXPECT_EQ(asked_for(), "1:2#2 1:3#3");
}

TEST_F(RangeClientTest, MoreThanTheWindowWaitsUntilThereIsRoomInIt) {
  client.on_leader(low, node_1, now);
  const std::string big(RangeClient::window_bytes / 2, 'x');
  for (int i = 0; i < 5; ++i) append("a", big);
  EXPECT_EQ(asks.size(), 2u);
  tick();
  EXPECT_EQ(asks.size(), 2u);
  answer(asks[0], AnswerCode::done);
  EXPECT_EQ(asks.size(), 3u);
  EXPECT_EQ(asks[2].sequence, 3u);
  append("x", "other range");
  client.on_leader(high, node_1, now);
  tick();
  EXPECT_EQ(asks.back().text, "other range");
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asks[asks.size() - 2].sequence, 2u);
  EXPECT_EQ(asks[asks.size() - 1].sequence, 3u);
}

TEST_F(RangeClientTest, WhatNoMessageBetweenNodesCanCarryIsRefusedAtOnceAndUsesUpNoNumber) {
  client.on_leader(low, node_1, now);
  append("a", std::string(request_text_bytes_max + 1, 'x'));
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::refused}}));
  append("a", std::string(request_text_bytes_max, 'x'));
  EXPECT_EQ(asks.size(), 1u);
  EXPECT_EQ(asks[0].sequence, 1u);
}

TEST_F(RangeClientTest, WhatMayLapseAndWasNeverSentIsGoneWhenItsTimeIsUp) {
  append_that_may_lapse(std::string(1000, 'x'), now + 500 * ms);
  append("a", "stays", now + 500 * ms);
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}, {2, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 1u);
  EXPECT_EQ(client.open_bytes(), 5u);
  client.on_leader(low, node_1, now);
  tick();
  EXPECT_EQ(asked_for(), "1:stays#1");
}

TEST_F(RangeClientTest, WhatMayLapseAndHasANumberGivesItsPlaceToAnEmptyCommand) {
  client.on_leader(low, node_1, now);
  append_that_may_lapse("lapses", now + 500 * ms);
  append("a", "2");
  asked_for();
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_bytes(), 1u);
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "2:#1 2:2#2");
  answer(asks[asks.size() - 2], AnswerCode::done);
  answer(asks[asks.size() - 1], AnswerCode::done);
  EXPECT_EQ(client.open_count(), 0u);
  EXPECT_EQ(ends.size(), 2u);
}

TEST_F(RangeClientTest, WhatIsWithdrawnEndsAtOnceSentOrNot) {
  append_that_may_lapse("unsent", 0);
  withdraw(1);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 0u);
  client.on_leader(low, node_1, now);
  append_that_may_lapse("sent", 0);
  append("a", "2");
  tick();
  EXPECT_EQ(asked_for(), "1:sent#1 1:2#2");
  withdraw(2);
  withdraw(2);
  withdraw(99);
  EXPECT_EQ(ends.size(), 2u);
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "2:#1 2:2#2");
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
  EXPECT_EQ(asked_for(), "1:1#1 1:q");
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

TEST_F(RangeClientTest, AppendsGoToTheNewRangeWhenTheOldOneHasUsedTheirNumbersUp) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("a", "2");
  append("h", "3");
  EXPECT_EQ(asked_for(), "1:1#1 1:2#2 1:3#3");
  split_low();
  append("h", "4");
  append("a", "5");
  tick();
  // What is newer waits for the older one that goes there, too.
  EXPECT_EQ(asked_for(), "1:5#4");
  answer(asks[0], AnswerCode::done);
  answer(asks[1], AnswerCode::done);
  EXPECT_EQ(asked_for(), "");
  answer(asks[2], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "2:");
  EXPECT_EQ(asks.back().range, child);
  answer_row(2);
  tick();
  EXPECT_EQ(asked_for(), "2:3#3 2:4#4");
  append("h", "6");
  EXPECT_EQ(asked_for(), "2:6#5");
}

TEST_F(RangeClientTest, WhatWasAppliedBeforeTheSplitIsOverAndAnsweredAsItWasDecided) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("i", "2");
  append("h", "3");
  split_low();
  tick();
  for (std::size_t i = 0; i < 3; ++i) answer(asks[i], AnswerCode::wrong_range);
  answer_row(2, {2});
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}, {2, AnswerCode::refused}}));
  EXPECT_EQ(asks.back().text, "3");
  EXPECT_EQ(asks.back().sequence, 3u);
}

TEST_F(RangeClientTest, WhoIsToldOfNoNewRangeWaitsUntilItHears) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("h", "2");
  learn(low, "", "g", 1);  // as the answers say
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  append("h", "3");
  asked_for();
  tick(100 * ms);
  EXPECT_EQ(asked_for(), "");
  split_low();
  tick();
  EXPECT_EQ(asked_for(), "2:");
  answer_row(0);
  tick();
  EXPECT_EQ(asked_for(), "2:1#1 2:2#2 2:3#3");
}

TEST_F(RangeClientTest, QuestionsAndCommandsOfAnotherRangeAreAskedThere) {
  client.on_leader(low, node_1, now);
  submit(Request::Kind::query, "h", "q");
  submit(Request::Kind::command, "h", "c");
  asked_for();
  split_low();
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::wrong_range);
  tick(10 * ms);
  EXPECT_EQ(asked_for(), "2:q 2:c");
}

TEST_F(RangeClientTest, ARangeThatWasSplitOffIsAskedWhereNumbersBegin) {
  learn(low, "", "g", 1);
  learn(child, "g", "m", 1);
  client.on_leader(child, node_2, now);
  append("h", "1");
  append("h", "2");
  EXPECT_EQ(asked_for(), "2:");
  answer_row(7);
  tick();
  EXPECT_EQ(asked_for(), "2:1#8 2:2#9");
}

TEST_F(RangeClientTest, ANewRangeThatIsSplitBeforeItWasAskedGivesOnWhatWaits) {
  client.on_leader(low, node_1, now);
  append("h", "1");
  append("k", "2");
  const RangeId grandchild{kv::split_off_bit | 11, 1};
  split_low();
  answer(asks[0], AnswerCode::wrong_range);
  learn(child, "g", "j", 2);
  learn(grandchild, "j", "m", 2);
  client.on_leader(grandchild, node_1, now);
  answer(asks[1], AnswerCode::wrong_range);
  asked_for();
  EXPECT_EQ(asks[2].range, child);
  EXPECT_EQ(asks[3].range, grandchild);
  client.on_answer(asks[2].id, {AnswerCode::done, NodeId::none, kv::encode(kv::SourceRow{1, {}}), 1, {}},
                   now);
  answer_row(1);
  tick();
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::duplicate}}));
  EXPECT_EQ(asked_for(), "1:2#2");
}

TEST_F(RangeClientTest, AnAppendForManyKeysIsOneCommandForEachRange) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("abcxyz");
  append("a", "1");
  EXPECT_EQ(asked_for(), "1:abc#1 2:xyz#1 1:1#2");
  EXPECT_EQ(asks[0].key + asks[0].last_key, "ac");
  EXPECT_EQ(asks[1].key + asks[1].last_key, "xz");
}

TEST_F(RangeClientTest, AnAppendForManyKeysIsAnsweredOnceWhenAllRangesHaveAnswered) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("abx");
  answer(asks[1], AnswerCode::done);
  EXPECT_TRUE(ends.empty());
  answer(asks[0], AnswerCode::duplicate);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
  EXPECT_EQ(parts(), "2-3:0 0-2:1");
  EXPECT_EQ(client.open_count(), 0u);
  EXPECT_EQ(client.open_bytes(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysFailsWithAnyOfItsRanges) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_2, now);
  append_many("ax");
  answer(asks[0], AnswerCode::refused);
  answer(asks[1], AnswerCode::done);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::refused}}));
}

TEST_F(RangeClientTest, AnAppendForManyKeysWhoseTimeIsUpIsAnsweredOnceAndGoesOn) {
  client.on_leader(low, node_1, now);
  append_many("ax", now + 500 * ms);
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::timed_out}}));
  client.on_leader(high, node_2, now);
  asked_for();
  tick(100 * ms);
  EXPECT_EQ(asked_for(), "2:x#1");
  answer(asks[0], AnswerCode::done);
  answer(asks.back(), AnswerCode::done);
  EXPECT_EQ(ends.size(), 1u);
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysOfARangeThatWasSplitIsCutAndKeepsItsPlaceInBoth) {
  client.on_leader(low, node_1, now);
  append_many("abgh");
  append("b", "1");
  append("h", "2");
  EXPECT_EQ(asked_for(), "1:abgh#1 1:1#2 1:2#3");
  split_low();
  append("h", "3");
  answer(asks[0], AnswerCode::wrong_range);
  answer(asks[1], AnswerCode::gap);
  answer(asks[2], AnswerCode::gap);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:ab#1 1:1#2 1:2#3");
  EXPECT_EQ(asks[3].key + asks[3].last_key, "ab");
  answer(asks[3], AnswerCode::done);
  answer(asks[4], AnswerCode::done);
  answer(asks[5], AnswerCode::wrong_range);
  EXPECT_EQ(asked_for(), "2:");
  answer_row(0);
  EXPECT_EQ(asked_for(), "2:gh#1 2:2#2 2:3#3");
  for (std::size_t i = 7; i < 10; ++i) answer(asks[i], AnswerCode::done);
  EXPECT_EQ(
      ends,
      (Ends{{2, AnswerCode::done}, {1, AnswerCode::done}, {3, AnswerCode::done}, {4, AnswerCode::done}}));
  EXPECT_EQ(client.open_count(), 0u);
}

TEST_F(RangeClientTest, AnAppendForManyKeysThatWasNotSentIsCutBeforeItIs) {
  append_many("abgh");
  append("h", "1");
  split_low();
  client.on_leader(low, node_1, now);
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:ab#1 2:");
  client.on_answer(asks[1].id, {AnswerCode::done, NodeId::none, "", 9, {}}, now);
  EXPECT_EQ(asked_for(), "2:gh#1 2:1#2");
}

TEST_F(RangeClientTest, AnAppendForManyKeysThatTheOldRangeAppliedIsOver) {
  client.on_leader(low, node_1, now);
  append_many("abgh");
  split_low();
  answer(asks[0], AnswerCode::duplicate);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::done}}));
  EXPECT_EQ(parts(), "0-4:1");
}

TEST_F(WithoutRanges, AnAppendForManyKeysWaitsForTheRangesThatAreNotKnown) {
  learn(low, "", "m");
  client.on_leader(low, node_1, now);
  append_many("axy");
  EXPECT_EQ(asked_for(), "1:a#1");
  learn(high, "m", "");
  client.on_leader(high, node_2, now);
  append("x", "1");
  EXPECT_EQ(asked_for(), "2:xy#1 2:1#2");
}

}  // namespace
}  // namespace tenon::store
