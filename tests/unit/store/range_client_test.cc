#include <algorithm>

#include "unit/store/range_client_fixture.h"

namespace tenon::store {
namespace {

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
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::not_done}, {2, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 1u);
  EXPECT_EQ(client.open_bytes(), 5u);
  client.on_leader(low, node_1, now);
  tick();
  EXPECT_EQ(asked_for(), "1:stays#1");
}

TEST_F(RangeClientTest, WithoutALeaderWhatLapsesLeavesNothingBehindHoweverMuchItIs) {
  append("a", "first");
  const std::size_t base = client.open_count();
  Ends lapsed;
  for (int number = 0; number < 10'000; ++number) {
    append_that_may_lapse("lapses", now + 500 * ms);
    lapsed.emplace_back(last_ticket, AnswerCode::not_done);
    if (number == 5'000) append("a", "last");
  }
  for (const std::uint64_t ticket : {3u, 6'000u, 10'000u}) withdraw(ticket);
  EXPECT_EQ(client.open_count(), base + 10'001 - 3);
  tick(600 * ms);
  std::sort(ends.begin(), ends.end());
  EXPECT_EQ(ends, lapsed);
  EXPECT_EQ(client.open_count(), base + 1);
  EXPECT_EQ(client.open_bytes(), 9u);
  client.on_leader(low, node_1, now);
  tick();
  EXPECT_EQ(asked_for(), "1:first#1 1:last#2");
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

TEST_F(RangeClientTest, WhatLapsesTakesAlongWhatItsSenderHasAskedForBehindItAndNothingElse) {
  client.on_leader(low, node_1, now);
  client.on_leader(high, node_1, now);
  append_of(7, "a", "before", now + 2000 * ms);
  append_of(7, "a", "lapses", now + 500 * ms);
  append_of(8, "a", "another's", now + 2000 * ms);
  append_of(7, "a", "behind", now + 2000 * ms);
  append_of(7, "z", "elsewhere", now + 2000 * ms);
  append_of(0, "a", "nobody's", now + 2000 * ms);
  asked_for();
  tick(600 * ms);
  EXPECT_EQ(ends, (Ends{{2, AnswerCode::timed_out}, {4, AnswerCode::timed_out}}));
  append_of(7, "a", "again", now + 2000 * ms);
  client.on_leader(low, node_2, now);
  tick();
  EXPECT_EQ(asked_for(), "1:again#6 2:before#1 2:#2 2:another's#3 2:#4 2:nobody's#5 2:again#6");
}

TEST_F(RangeClientTest, WhatWasNeverSentLapsesInTheOrderOfItsSender) {
  append_of(7, "a", "lapses", now + 500 * ms);
  append_of(7, "a", "behind", now + 2000 * ms);
  tick(600 * ms);
  EXPECT_EQ(client.open_count(), 0u);
  append_of(7, "a", "lapses", now + 500 * ms);
  append_of(7, "a", "behind", now + 2000 * ms);
  client.on_leader(low, node_1, now);
  tick();
  EXPECT_EQ(asked_for(), "1:lapses#1 1:behind#2");
}

TEST_F(RangeClientTest, WhatIsWithdrawnEndsAtOnceSentOrNot) {
  append_that_may_lapse("unsent", 0);
  withdraw(1);
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::not_done}}));
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
  EXPECT_EQ(ends, (Ends{{1, AnswerCode::not_done}, {2, AnswerCode::timed_out}}));
  EXPECT_EQ(client.open_count(), 0u);
  learn(low, "", "");
  client.on_leader(low, node_1, now);
  append("a", "2");
  tick(20 * ms);
  EXPECT_EQ(asked_for(), "1:2#1");
}

}  // namespace
}  // namespace tenon::store
