#include "admin/http/link_times.h"

#include <gtest/gtest.h>

namespace tenon::admin {
namespace {

constexpr auto link_stays = LinkTimes::Verdict::stays;
constexpr auto link_closes = LinkTimes::Verdict::close;
constexpr auto is_answered = LinkTimes::Verdict::answer;

using Doing = LinkTimes::Doing;

MonoNs at_s(std::int64_t seconds) {
  return seconds * ns_per_s;
}

TEST(LinkTimes, WhoSaysNothingAtFirstGoesAfterTenSeconds) {
  const LinkTimes times(at_s(100));
  EXPECT_EQ(times.look(at_s(110)), link_stays);
  EXPECT_EQ(times.look(at_s(110) + 1), link_closes);
}

TEST(LinkTimes, PartsOfAFirstHeadGainNoTime) {
  LinkTimes times(0);
  for (int second = 1; second < 10; second += 2) {
    times.does(Doing::receiving, false, at_s(second));
    times.does(Doing::idle, false, at_s(second + 1));
  }
  EXPECT_EQ(times.doing(), Doing::opening);
  EXPECT_EQ(times.look(at_s(11)), link_closes);
}

TEST(LinkTimes, BetweenRequestsALinkMayBeIdleForAMinute) {
  LinkTimes times(0);
  times.does(Doing::sending, false, at_s(1));
  times.does(Doing::idle, false, at_s(1));
  EXPECT_EQ(times.look(at_s(61)), link_stays);
  EXPECT_EQ(times.look(at_s(62)), link_closes);
  EXPECT_EQ(LinkTimes(0, Doing::idle).look(at_s(60)), link_stays);
}

TEST(LinkTimes, ARequestHasTenSecondsHoweverManyPartsItComesIn) {
  LinkTimes times(0, Doing::idle);
  for (int second = 5; second <= 15; ++second) times.does(Doing::receiving, second > 7, at_s(second));
  EXPECT_EQ(times.look(at_s(15)), link_stays);
  EXPECT_EQ(times.look(at_s(16)), link_closes);
}

TEST(LinkTimes, ASlowBodyTakesNoTimeFromTheWorkOnItNorThatFromTheAnswer) {
  LinkTimes times(0);
  times.does(Doing::receiving, true, at_s(9));
  times.does(Doing::working, true, at_s(18));
  EXPECT_EQ(times.look(at_s(26)), link_stays);
  EXPECT_EQ(times.look(at_s(27)), is_answered);
  times.does(Doing::sending, false, at_s(27));
  EXPECT_EQ(times.look(at_s(37)), link_stays);
  EXPECT_EQ(times.look(at_s(38)), link_closes);
}

TEST(LinkTimes, WhoTakesTheAnswerSlowlyStaysForAsLongAsSomethingIsTaken) {
  LinkTimes times(0);
  times.does(Doing::sending, false, at_s(1));
  for (int second = 10; second <= 40; second += 10) {
    EXPECT_EQ(times.look(at_s(second)), link_stays);
    times.on_sent(at_s(second));
    times.does(Doing::sending, false, at_s(second));
  }
  EXPECT_EQ(times.look(at_s(51)), link_closes);
}

}  // namespace
}  // namespace tenon::admin
