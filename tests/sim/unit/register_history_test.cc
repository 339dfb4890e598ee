#include "sim/checkers/register_history.h"

#include <gtest/gtest.h>

namespace tenon::sim {
namespace {

using History = RegisterHistory;
using Effect = RegisterHistory::Effect;

void at_once(History& history, const Effect& effect) {
  history.answer(history.ask(effect), effect);
}

TEST(RegisterHistory, OneAfterAnotherIsExplained) {
  History history;
  at_once(history, Effect::read(0));
  at_once(history, Effect::write(1));
  at_once(history, Effect::read(1));
  at_once(history, Effect::swap(1, 2));
  at_once(history, Effect::read(2));
  at_once(history, Effect::write(0));
  at_once(history, Effect::read(0));
  EXPECT_EQ(history.violation(), "");
}

TEST(RegisterHistory, AReadOfAnOlderValueIsSeen) {
  History history;
  at_once(history, Effect::write(1));
  at_once(history, Effect::write(2));
  at_once(history, Effect::read(1));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AReadMayFindEitherOfWhatIsWrittenAtTheSameTime) {
  for (const History::Value found : {1u, 2u, 3u}) {
    History history;
    at_once(history, Effect::write(1));
    const auto second = history.ask(Effect::write(2));
    const auto third = history.ask(Effect::write(3));
    at_once(history, Effect::read(found));
    history.answer(second, Effect::write(2));
    history.answer(third, Effect::write(3));
    EXPECT_EQ(history.violation(), "") << found;
  }
}

TEST(RegisterHistory, TwoReadsMustAgreeOnTheOrder) {
  History history;
  const auto first = history.ask(Effect::write(1));
  const auto second = history.ask(Effect::write(2));
  at_once(history, Effect::read(1));
  at_once(history, Effect::read(2));
  history.answer(first, Effect::write(1));
  history.answer(second, Effect::write(2));
  EXPECT_EQ(history.violation(), "");
  at_once(history, Effect::read(1));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, ALongReadMayHaveTakenPlaceBeforeAShortWrite) {
  History history;
  at_once(history, Effect::write(1));
  const auto read = history.ask(Effect::read(0));
  at_once(history, Effect::write(2));
  at_once(history, Effect::write(3));
  history.answer(read, Effect::read(1));
  EXPECT_EQ(history.violation(), "");
}

TEST(RegisterHistory, OfTwoSwapsFromTheSameValueOneFails) {
  History history;
  at_once(history, Effect::write(1));
  const auto a = history.ask(Effect::swap(1, 2));
  const auto b = history.ask(Effect::swap(1, 3));
  history.answer(a, Effect::swap(1, 2));
  history.answer(b, Effect::swap(1, 3));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AWriteWithoutAnAnswerMayShowLater) {
  History history;
  history.ask(Effect::write(1));
  at_once(history, Effect::read(0));
  at_once(history, Effect::write(2));
  at_once(history, Effect::read(1));
  EXPECT_EQ(history.violation(), "");
  at_once(history, Effect::read(2));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AWriteThatIsWithdrawnMayHaveBeenDoneUntilThenOrNever) {
  for (const History::Value found : {1u, 2u, 3u}) {
    History history;
    at_once(history, Effect::write(1));
    const auto first = history.ask(Effect::write(2));
    at_once(history, Effect::read(found == 3 ? 2 : 1));
    if (found == 3) at_once(history, Effect::write(3));
    history.withdraw({first});
    at_once(history, Effect::read(found));
    at_once(history, Effect::read(found));
    EXPECT_EQ(history.violation(), "") << found;
  }
}

TEST(RegisterHistory, AWriteThatIsDoneBehindItsWithdrawalIsSeen) {
  History history;
  const auto first = history.ask(Effect::write(2));
  at_once(history, Effect::write(3));
  history.withdraw({first});
  at_once(history, Effect::write(4));
  at_once(history, Effect::read(2));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, CopiesThatAreAbandonedMayBeDoneAtAnyTimeEachOrNot) {
  History history;
  at_once(history, Effect::write(1));
  const auto first = history.ask(Effect::write(2));
  at_once(history, Effect::read(2));
  const auto second = history.ask(Effect::write(2));
  history.abandon({first, second});
  at_once(history, Effect::write(3));
  at_once(history, Effect::read(3));
  at_once(history, Effect::read(2));
  EXPECT_EQ(history.violation(), "");
  at_once(history, Effect::write(4));
  at_once(history, Effect::read(2));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, ManyCopiesOfAWriteThatAreWithdrawnTakeNoTimeToExplain) {
  History history;
  for (History::Value value = 1; value <= 3; ++value) {
    std::vector<History::Id> copies;
    for (int i = 0; i < 20; ++i) copies.push_back(history.ask(Effect::write(value)));
    const auto last = history.ask(Effect::write(value));
    at_once(history, Effect::read(value));
    at_once(history, Effect::write(100 + value));
    at_once(history, Effect::read(value));
    history.answer(last, Effect::write(value));
    history.withdraw(copies);
    at_once(history, Effect::read(value));
  }
  EXPECT_EQ(history.violation(), "");
  at_once(history, Effect::read(2));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AWriteThatWasSeenByASwapWithoutAnAnswerCounts) {
  History history;
  history.ask(Effect::write(1));
  history.ask(Effect::swap(1, 2));
  at_once(history, Effect::read(2));
  EXPECT_EQ(history.violation(), "");
}

TEST(RegisterHistory, ADeletionWithoutAnAnswerMayShowOnce) {
  History history;
  history.ask(Effect::write(0));
  at_once(history, Effect::write(1));
  at_once(history, Effect::read(0));
  EXPECT_EQ(history.violation(), "");
  at_once(history, Effect::write(2));
  at_once(history, Effect::read(0));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AWriteWithoutAnAnswerMayBeWhySomethingElseWasFound) {
  for (const bool is_there : {true, false}) {
    History history;
    if (is_there) history.ask(Effect::write(5));
    at_once(history, Effect::write(1));
    at_once(history, {History::If::is_not, 1, {}});
    at_once(history, Effect::write(2));
    at_once(history, Effect::read(2));
    EXPECT_EQ(history.violation().empty(), is_there);
  }
}

TEST(RegisterHistory, OneWriteWithoutAnAnswerExplainsOneSurprise) {
  History history;
  history.ask(Effect::write(5));
  at_once(history, Effect::write(1));
  at_once(history, {History::If::is_not, 1, {}});
  at_once(history, Effect::write(2));
  at_once(history, {History::If::is_not, 2, {}});
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AValueThatNobodyWroteIsSeen) {
  History history;
  at_once(history, Effect::read(7));
  EXPECT_NE(history.violation(), "");
}

TEST(RegisterHistory, AnAnswerThatSomethingElseWasThereIsHeldAgainstTheOrder) {
  History history;
  at_once(history, Effect::write(1));
  at_once(history, {History::If::is_not, 1, {}});
  EXPECT_NE(history.violation(), "");
}

}  // namespace
}  // namespace tenon::sim
