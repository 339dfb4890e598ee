#include "load/stats/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "load/stats/counters.h"
#include "load/stats/process_usage.h"

namespace tenon::load {
namespace {

TEST(Report, GroupsBecomeObjectsInJson) {
  Report report;
  report.add("name", std::string("a \"b\"\n"));
  report.add("group.first", std::uint64_t{1});
  report.add("group.second", 2.5);
  report.add("other.only", true);
  report.add("last", std::int64_t{-3});
  EXPECT_EQ(report.to_json(),
            R"({"name":"a \"b\"\u000a","group":{"first":1,"second":2.5},"other":{"only":true},"last":-3})");
}

TEST(Report, AGroupAtTheEndIsClosed) {
  Report report;
  report.add("g.x", std::uint64_t{1});
  EXPECT_EQ(report.to_json(), R"({"g":{"x":1}})");
}

TEST(Report, WhatIsNoNumberIsNull) {
  Report report;
  report.add("x", std::numeric_limits<double>::quiet_NaN());
  report.add("y", std::numeric_limits<double>::infinity());
  EXPECT_EQ(report.to_json(), R"({"x":null,"y":null})");
}

TEST(Report, LatenciesAreMicroseconds) {
  Histogram histogram;
  histogram.record(100'000);
  Report report;
  report.add_latencies("l", histogram);
  EXPECT_NE(report.to_json().find(R"("p50":100,)"), std::string::npos) << report.to_json();
  EXPECT_NE(report.to_json().find(R"("max":100})"), std::string::npos) << report.to_json();
}

TEST(Counters, AddAndSubtractFieldByField) {
  Counters a;
  a.sent = 5;
  a.stalls = 1;
  Counters b = a;
  b += a;
  EXPECT_EQ(b.sent, 10U);
  EXPECT_EQ((b - a).stalls, 1U);
}

TEST(ProcessStat, FieldsAreCountedFromTheLastParenthesis) {
  ProcessStat stat;
  ASSERT_TRUE(parse_process_stat(
      "42 (a) b (c)) S 7 3 4 5 6 7 8 9 10 11 100 20 3 4 15 16 17 18 19 20 1234 25 26", stat));
  EXPECT_EQ(stat.pid, 42);
  EXPECT_EQ(stat.parent, 7);
  EXPECT_EQ(stat.user_ticks, 103U);
  EXPECT_EQ(stat.sys_ticks, 24U);
  EXPECT_EQ(stat.rss_pages, 1234U);
  EXPECT_FALSE(parse_process_stat("42 (cut) S 7", stat));
  EXPECT_FALSE(parse_process_stat("", stat));
}

TEST(ProcessUsage, SeesThisProcessAndNoneThatDoesNotExist) {
  const pid_t self[] = {getpid()};
  const ProcessUsage usage = read_process_usage(self);
  EXPECT_GE(usage.process_count, 1U);
  EXPECT_GT(usage.rss_bytes, 100'000U);
  const pid_t nobody[] = {std::numeric_limits<pid_t>::max()};
  EXPECT_EQ(read_process_usage(nobody).process_count, 0U);
  EXPECT_EQ(read_process_usage({}).process_count, 0U);
}

}  // namespace
}  // namespace tenon::load
