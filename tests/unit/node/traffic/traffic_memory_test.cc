#include "node/traffic/traffic_memory.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using kv::NodeId;

constexpr NodeId a{0xa1};
constexpr NodeId b{0xb2};
constexpr MonoNs start_ns = 100 * ns_per_s;

TrafficReport report_of(const std::string& group) {
  TrafficReport report;
  report.lets_in = true;
  report.groups = {group};
  return report;
}

TEST(TrafficMemory, OneThatIsLateIsKnownByItsLastReportForAFewRounds) {
  TrafficMemory memory;
  (void)memory.complete({{{a, report_of("blue")}, {b, report_of("green")}}, {}}, start_ns);
  const auto late = memory.complete({{{a, report_of("red")}}, {b}}, start_ns + 5 * ns_per_s);
  EXPECT_EQ(late.of.at(a).groups, std::vector<std::string>{"red"}) << "what it says now counts";
  ASSERT_TRUE(late.of.contains(b));
  EXPECT_EQ(late.of.at(b).groups, std::vector<std::string>{"green"});
  EXPECT_EQ(late.missing, std::vector<NodeId>{b});
  const auto gone = memory.complete({{{a, report_of("red")}}, {b}}, start_ns + TrafficMemory::kept_ns);
  EXPECT_FALSE(gone.of.contains(b)) << "what it said too long ago does not";
  const auto back =
      memory.complete({{{b, report_of("new")}}, {}}, start_ns + TrafficMemory::kept_ns + ns_per_s);
  EXPECT_EQ(back.of.at(b).groups, std::vector<std::string>{"new"});
}

TEST(TrafficMemory, OneThatIsNotLinkedAnyMoreIsForgotten) {
  TrafficMemory memory;
  (void)memory.complete({{{a, report_of("blue")}, {b, report_of("green")}}, {}}, start_ns);
  EXPECT_FALSE(memory.complete({{{a, report_of("blue")}}, {}}, start_ns + 1).of.contains(b));
  EXPECT_FALSE(memory.complete({{{a, report_of("blue")}}, {b}}, start_ns + 2).of.contains(b));
}

}  // namespace
}  // namespace tenon::node
