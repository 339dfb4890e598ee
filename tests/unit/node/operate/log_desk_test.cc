#include "node/operate/config/log_desk.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using observe::LogArea;
using observe::LogLevel;

struct LogDeskTest : testing::Test {
  test::ManualClock clock;
  observe::LoggedLines logged;
  observe::Log log{clock, std::make_unique<observe::MemoryLogOutput>(logged), {}};
  LogDesk desk{log, clock, LogLevel::info};
};

TEST_F(LogDeskTest, ALevelThatIsSetForAWhileEndsWithIt) {
  ASSERT_TRUE(desk.set_level({"link", "debug", 10, {}, "owner"}).ok());
  ASSERT_TRUE(desk.set_level({"session", "trace", {}, {}, "owner"}).ok());
  EXPECT_EQ(log.level(LogArea::link), LogLevel::debug);
  EXPECT_EQ(desk.levels().areas[static_cast<std::size_t>(LogArea::link)].remaining_s, 10u);
  clock.advance_s(9);
  desk.tick();
  EXPECT_EQ(log.level(LogArea::link), LogLevel::debug);
  clock.advance_s(1);
  desk.tick();
  EXPECT_EQ(log.level(LogArea::link), LogLevel::info);
  EXPECT_EQ(log.level(LogArea::session), LogLevel::trace);
}

TEST_F(LogDeskTest, AReloadEndsWhatHasNoEndAndLeavesTheRest) {
  ASSERT_TRUE(desk.set_level({"link", "debug", 10, {}, "owner"}).ok());
  ASSERT_TRUE(desk.set_level({"session", "trace", {}, {}, "owner"}).ok());
  desk.configure(LogLevel::warn);
  EXPECT_EQ(log.level(LogArea::link), LogLevel::debug);
  EXPECT_EQ(log.level(LogArea::session), LogLevel::warn);
  EXPECT_EQ(log.level(LogArea::node), LogLevel::warn);
  clock.advance_s(10);
  desk.tick();
  EXPECT_EQ(log.level(LogArea::link), LogLevel::warn);
}

TEST_F(LogDeskTest, AllAreasAreSetTogetherAndUnknownOnesRefused) {
  ASSERT_TRUE(desk.set_level({"all", "error", {}, {}, "owner"}).ok());
  for (const auto& area : desk.levels().areas) EXPECT_EQ(area.level, "error") << area.area;
  EXPECT_FALSE(desk.set_level({"nothing", "error", {}, {}, "owner"}).ok());
  EXPECT_FALSE(desk.set_level({"link", "loud", {}, {}, "owner"}).ok());
}

TEST_F(LogDeskTest, WhoSilencesTheLogIsInTheLog) {
  ASSERT_TRUE(desk.set_level({"all", "off", {}, {}, "token ann"}).ok());
  ASSERT_EQ(logged.all().size(), 1u);
  EXPECT_NE(logged.all()[0].find("node.log_level_changed: "), std::string::npos);
  EXPECT_NE(logged.all()[0].find("log_area=all log_level=off for_s=0 by=\"token ann\""), std::string::npos)
      << logged.all()[0];
}

TEST_F(LogDeskTest, AChangeIsForTheVersionThatItWants) {
  const std::uint64_t seen = desk.levels().version;
  ASSERT_TRUE(desk.set_level({"link", "debug", 10, seen, "owner"}).ok());
  const Status late = desk.set_level({"link", "trace", {}, seen, "another"});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Errc::exists);
  EXPECT_EQ(log.level(LogArea::link), LogLevel::debug);
  std::uint64_t version = desk.levels().version;
  clock.advance_s(10);
  desk.tick();
  EXPECT_NE(desk.levels().version, version) << "its time is over";
  version = desk.levels().version;
  desk.configure(LogLevel::warn);
  EXPECT_NE(desk.levels().version, version) << "a reload";
}

}  // namespace
}  // namespace tenon::node
