#include "observe/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "memory_log_output.h"
#include "support/manual_clock.h"

namespace tenon::observe {
namespace {

using test::ManualClock;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

struct LogTest : testing::Test {
  std::unique_ptr<Log> open(const LogOptions& options = {}) {
    return std::make_unique<Log>(clock, std::make_unique<MemoryLogOutput>(logged), options);
  }

  ManualClock clock;
  LoggedLines logged;
};

TEST_F(LogTest, WritesAnEventWithItsLevelAndFields) {
  auto log = open();
  const std::string client = "c1";
  log->write(events::session_taken_over, "a newer connection took over", {{"client", client}, {"worker", 3}});
  ASSERT_THAT(logged.all(), SizeIs(1));
  EXPECT_EQ(
      logged.all()[0],
      "1970-01-01T00:00:00.000Z INFO  session.taken_over: a newer connection took over client=c1 worker=3");
  EXPECT_EQ(log->counts().written, 1u);
}

TEST_F(LogTest, AnOutputThatTakesPrioritiesGetsThemInFront) {
  logged.takes_priority = true;
  auto log = open({.level = LogLevel::trace});
  for (const LogLevel level :
       {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug, LogLevel::trace})
    log->write(LogRecord{LogArea::node, level, "node.test", {}, "text", {}});
  std::string priorities;
  for (const std::string& line : logged.all()) priorities += line.substr(0, 3);
  EXPECT_EQ(priorities, "<3><4><6><7><7>");
}

TEST_F(LogTest, RecordsBelowTheLevelOfTheirAreaAreNotWritten) {
  auto log = open({.level = LogLevel::warn});
  EXPECT_FALSE(log->enabled(events::session_taken_over));
  log->write(events::session_taken_over, "m");
  EXPECT_THAT(logged.all(), SizeIs(0));
  log->set_level(LogArea::session, LogLevel::debug);
  EXPECT_TRUE(log->enabled(LogArea::session, LogLevel::debug));
  EXPECT_FALSE(log->enabled(LogArea::session, LogLevel::trace));
  EXPECT_FALSE(log->enabled(LogArea::link, LogLevel::info));
  EXPECT_EQ(log->level(LogArea::session), LogLevel::debug);
  log->write(events::session_taken_over, "m");
  EXPECT_THAT(logged.all(), SizeIs(1));
}

TEST_F(LogTest, OffSilencesErrorsToo) {
  auto log = open({.level = LogLevel::off});
  log->write(events::node_start_failed, "m");
  log->write(LogRecord{LogArea::plugin, LogLevel::error, "x.y", "p", "m", {}});
  EXPECT_THAT(logged.all(), SizeIs(0));
}

TEST_F(LogTest, ARecordIsWrittenWhateverTheLevelIs) {
  auto log = open({.level = LogLevel::off});
  EXPECT_TRUE(log->enabled(events::api_change_asked));
  log->write(events::api_change_asked, "a change was asked for");
  log->set_level(LogArea::node, LogLevel::error);
  log->write(events::node_log_level_changed, "m");
  log->write(events::api_change_refused, "no record");
  ASSERT_THAT(logged.all(), SizeIs(2));
  EXPECT_THAT(logged.all()[0], HasSubstr("INFO  api.change_asked: "));
  EXPECT_THAT(logged.all()[1], HasSubstr("INFO  node.log_level_changed: "));
}

TEST_F(LogTest, NothingCrowdsARecordOut) {
  auto log = open({.repeats_per_window_max = 3});
  for (int i = 0; i < 10; ++i) {
    log->write(events::api_change_refused, "m");
    log->write(events::api_change_asked, "m");
  }
  std::size_t records = 0;
  for (const std::string& line : logged.all()) records += line.find("api.change_asked") != std::string::npos;
  EXPECT_EQ(records, 10u);
  EXPECT_EQ(log->counts().suppressed, 7u);
}

TEST_F(LogTest, TheFormatCanBeChangedWhileRunning) {
  auto log = open();
  log->set_format(LogFormat::json);
  log->write(events::node_started, "m");
  EXPECT_THAT(logged.all()[0], HasSubstr(R"("event":"node.started")"));
}

TEST_F(LogTest, RepeatsAreHeldBackAndCountedInTheNextRecord) {
  auto log = open({.repeats_per_window_max = 3, .repeat_window_s = 10});
  for (int i = 0; i < 10; ++i) log->write(events::link_refused, "m");
  EXPECT_THAT(logged.all(), SizeIs(3));
  EXPECT_EQ(log->counts().suppressed, 7u);
  clock.advance_s(10);
  log->write(events::link_refused, "m");
  EXPECT_THAT(logged.all().back(), EndsWith("link.refused: m suppressed=7"));
}

TEST_F(LogTest, HeldBackRepeatsAreReportedWhenTheEventDoesNotComeBack) {
  auto log = open({.repeats_per_window_max = 1, .repeat_window_s = 10});
  for (int i = 0; i < 5; ++i) log->write(LogRecord{LogArea::plugin, LogLevel::warn, "x.y", "p", "m", {}});
  log->report_suppressed();
  EXPECT_THAT(logged.all(), SizeIs(1));
  clock.advance_s(10);
  log->report_suppressed();
  ASSERT_THAT(logged.all(), SizeIs(2));
  EXPECT_THAT(logged.all()[1], HasSubstr("node.log_suppressed: "));
  EXPECT_THAT(logged.all()[1], EndsWith("event=x.y source=p count=4"));
}

TEST_F(LogTest, DebugAndTraceAreNeverHeldBack) {
  auto log = open({.level = LogLevel::trace, .repeats_per_window_max = 1});
  for (int i = 0; i < 5; ++i) log->write(events::link_opened, "m");
  EXPECT_THAT(logged.all(), SizeIs(5));
}

TEST_F(LogTest, LostLinesAreReportedOnce) {
  auto log = open();
  logged.lost = 9;
  log->report_suppressed();
  log->report_suppressed();
  ASSERT_THAT(logged.all(), SizeIs(1));
  EXPECT_THAT(logged.all()[0], HasSubstr("node.log_lost: "));
  EXPECT_THAT(logged.all()[0], EndsWith("count=9"));
  EXPECT_EQ(log->counts().lost, 9u);
}

TEST_F(LogTest, ATroubleOfTheOutputIsReportedOnceForAsLongAsItLasts) {
  auto log = open();
  for (const char* trouble : {"", "no room", "no room", "no room", "", "no room"}) {
    logged.set_trouble(trouble);
    log->report_suppressed();
  }
  ASSERT_THAT(logged.all(), SizeIs(2));
  EXPECT_THAT(logged.all()[0], EndsWith("node.log_not_rotated: no room"));
  EXPECT_EQ(log->trouble(), "no room");
}

TEST_F(LogTest, ManyThreadsWriteWholeLines) {
  auto log = open({.level = LogLevel::trace});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) log->write(events::link_opened, "m", {{"thread", t}, {"i", i}});
    });
  log->set_level(LogArea::api, LogLevel::error);
  log->report_suppressed();
  for (auto& thread : threads) thread.join();
  const auto lines = logged.all();
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), 2000u);
}

TEST(LogEvents, NamesAreUniqueAndStartWithTheirArea) {
  std::set<std::string_view> names;
  for (const Event& event : all_events()) {
    EXPECT_TRUE(names.insert(event.name).second) << event.name;
    EXPECT_TRUE(event.name.starts_with(std::string(to_string(event.area)) + ".")) << event.name;
    EXPECT_TRUE(event.meaning.ends_with('.')) << event.name;
    EXPECT_LT(event.level, LogLevel::off);
  }
}

TEST(LogAreas, AreFoundByTheirName) {
  for (std::size_t i = 0; i < log_area_count; ++i) {
    const auto area = static_cast<LogArea>(i);
    EXPECT_EQ(find_log_area(to_string(area)), area);
  }
  EXPECT_EQ(find_log_area("nothing"), std::nullopt);
}

}  // namespace
}  // namespace tenon::observe
