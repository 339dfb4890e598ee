#include "broker/operate/cut_off.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

using mqtt::ReasonCode;

std::size_t gone_of_thousand(CutOff& cut_off) {
  std::size_t count = 0;
  for (int i = 0; i < 1000; ++i) count += cut_off.to_go("c" + std::to_string(i), "tcp").has_value();
  return count;
}

TEST(CutOff, NobodyGoesWhileNothingIsGivenUp) {
  CutOff cut_off;
  EXPECT_FALSE(cut_off.covers("c1"));
  EXPECT_FALSE(cut_off.to_go("c1", "tcp"));
}

TEST(CutOff, SessionsOfTheRangesThatAreGivenUpAreCoveredAndNoOthers) {
  CutOff cut_off;
  cut_off.set({{"b", "d", CutOff::all_of_them, 1}, {"x", "", CutOff::all_of_them, 1}}, {});
  EXPECT_FALSE(cut_off.covers("a"));
  EXPECT_TRUE(cut_off.covers("b"));
  EXPECT_TRUE(cut_off.covers("c9"));
  EXPECT_FALSE(cut_off.covers("d"));
  EXPECT_TRUE(cut_off.covers("z"));
  EXPECT_FALSE(cut_off.to_go("a", "tcp"));
  EXPECT_TRUE(cut_off.to_go("b", "tcp"));
  cut_off.set({}, {});
  EXPECT_FALSE(cut_off.covers("b"));
  EXPECT_FALSE(cut_off.to_go("b", "tcp"));
}

TEST(CutOff, AsManyGoAsTheShareSaysAndWhoGoesStaysGone) {
  CutOff cut_off;
  cut_off.set({{"", "", 0, 1}}, {});
  EXPECT_EQ(gone_of_thousand(cut_off), 0u);
  cut_off.set({{"", "", CutOff::all_of_them / 4, 1}}, {});
  EXPECT_NEAR(gone_of_thousand(cut_off), 250, 75);
  std::vector<std::string> quarter;
  for (int i = 0; i < 1000; ++i)
    if (const std::string session = "c" + std::to_string(i); cut_off.to_go(session, "tcp"))
      quarter.push_back(session);
  cut_off.set({{"", "", CutOff::all_of_them / 2, 1}}, {});
  EXPECT_NEAR(gone_of_thousand(cut_off), 500, 75);
  for (const std::string& session : quarter) EXPECT_TRUE(cut_off.to_go(session, "tcp")) << session;
  cut_off.set({{"", "", CutOff::all_of_them, 1}}, {});
  EXPECT_EQ(gone_of_thousand(cut_off), 1000u);
}

TEST(CutOff, ClientsAreToldWhereToGoIfThatIsKnown) {
  CutOff cut_off;
  cut_off.set({{"", "", CutOff::all_of_them, 1}}, {{"tcp", {"b:1883"}}});
  const auto known = cut_off.to_go("c1", "tcp");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->code, ReasonCode::use_another_server);
  EXPECT_EQ(known->server_reference, "b:1883");
  EXPECT_EQ(cut_off.to_go("c1", "tls")->server_reference, "");
}

}  // namespace
}  // namespace tenon::broker
