#include "node/marks/node_desk.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using kv::NodeId;
using Phase = DrainWork::Phase;

constexpr NodeId a{0xa1};
constexpr NodeId b{0xb2};
constexpr NodeId c{0xc3};

NodeReport report_of(std::vector<NodeId> linked, Phase phase = Phase::none) {
  NodeReport report;
  report.phase = static_cast<std::uint8_t>(phase);
  report.lets_in = phase == Phase::none;
  report.clients = 5;
  for (const NodeId node : linked) report.linked.push_back(static_cast<std::uint64_t>(node));
  return report;
}

// Three nodes; c is gone, and a member of ranges.
KnownNodes two_of_three() {
  KnownNodes known;
  known.self = a;
  known.reports.of[a] = report_of({b});
  known.reports.of[b] = report_of({a});
  known.members = {a, b, c};
  return known;
}

std::string state_of(const KnownNodes& known, NodeId node) {
  for (const admin::NodeState& one : list_of(known).nodes)
    if (one.id == text_of(node)) return one.state;
  return "";
}

TEST(NodeDesk, AllNodesAreShownThatAnybodyKnows) {
  const auto list = list_of(two_of_three());
  ASSERT_EQ(list.nodes.size(), 3u);
  EXPECT_EQ(list.nodes[0].state, "serving");
  EXPECT_TRUE(list.nodes[0].is_this);
  EXPECT_EQ(list.nodes[1].load->clients, 5u);
  EXPECT_EQ(list.nodes[2].state, "gone");
  EXPECT_FALSE(list.nodes[2].load);
}

TEST(NodeDesk, ADrainShowsHowFarItIs) {
  KnownNodes known = two_of_three();
  known.marks.drains[b].rate = 7;
  EXPECT_EQ(list_of(known).nodes[1].drain->phase, "waiting");
  known.reports.of[b] = report_of({a}, Phase::clients);
  EXPECT_EQ(list_of(known).nodes[1].drain->phase, "clients");
  EXPECT_EQ(state_of(known, b), "draining");
  known.reports.of[b] = report_of({a}, Phase::done);
  EXPECT_EQ(state_of(known, b), "drained");
}

TEST(NodeDesk, ADrainNeedsANodeThatTakesOver) {
  KnownNodes known = two_of_three();
  EXPECT_TRUE(may_drain(b, known).ok());
  known.marks.drains[a];
  const Status refused = may_drain(b, known);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::exists);
}

TEST(NodeDesk, ANodeThatAnybodyIsLinkedToIsNotRemoved) {
  KnownNodes known = two_of_three();
  EXPECT_TRUE(may_remove(c, known).ok());
  EXPECT_FALSE(may_remove(b, known).ok());
  EXPECT_FALSE(may_remove(a, known).ok()) << "the node itself";
  known.reports.of[b] = report_of({a, c});
  const Status refused = may_remove(c, known);
  ASSERT_FALSE(refused.ok()) << "this node has no link to it, another one has";
  EXPECT_NE(refused.error().message.find("is linked"), std::string::npos);
}

TEST(NodeDesk, NothingUndoesARemoval) {
  KnownNodes known = two_of_three();
  known.marks.removed[c];
  known.marks.drains[c];
  EXPECT_EQ(state_of(known, c), "removed");
  EXPECT_FALSE(may_remove(c, known).ok());
  EXPECT_FALSE(may_drain(c, known).ok());
  const Status refused = may_resume(c, known);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("new id"), std::string::npos);
}

TEST(NodeDesk, WhatWasSaidOfANodeHasTheVersionOfItsLastOrder) {
  KnownNodes known = two_of_three();
  EXPECT_EQ(list_of(known).nodes[1].version, 0u);
  EXPECT_TRUE(has_version(b, 0, known.marks).ok());
  known.marks.drains[b].version = 7;
  EXPECT_EQ(list_of(known).nodes[1].version, 7u);
  EXPECT_TRUE(has_version(b, 7, known.marks).ok());
  const Status other = has_version(b, 6, known.marks);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Errc::exists);
  EXPECT_NE(other.error().message.find("has version 7"), std::string::npos);
  known.marks.removed[b].version = 9;
  EXPECT_EQ(list_of(known).nodes[1].version, 9u);
  EXPECT_FALSE(has_version(b, 7, known.marks).ok());
}

TEST(NodeDesk, ANodeThatDoesNotAnswerIsNamed) {
  KnownNodes known = two_of_three();
  known.reports.of.erase(b);
  known.reports.missing = {b};
  const auto list = list_of(known);
  EXPECT_EQ(list.missing_nodes, std::vector<std::string>{text_of(b)});
  EXPECT_EQ(state_of(known, b), "serving") << "this node has a link to it";
}

TEST(NodeDesk, AReportComesAsItWasSent) {
  NodeReport report = report_of({b, c}, Phase::replicas);
  report.leaders = 3;
  report.addresses = {{"default", "mqtt.example:1883"}};
  broker::NodeAsks::Replies replies;
  replies.answers[a] = write_report(report);
  replies.answers[b] = "?";
  const NodeReports read = read_reports(replies);
  ASSERT_TRUE(read.of.contains(a));
  EXPECT_EQ(read.of.at(a).linked, report.linked);
  EXPECT_EQ(read.of.at(a).leaders, 3u);
  ASSERT_EQ(read.of.at(a).addresses.size(), 1u);
  EXPECT_EQ(read.of.at(a).addresses[0].text, "mqtt.example:1883");
  EXPECT_EQ(read.missing, std::vector<NodeId>{b});
}

TEST(NodeMarks, AMarkComesBackAsItWasPut) {
  DrainMark drain;
  drain.rate = 3;
  drain.gives_replicas = true;
  drain.reason = "why";
  NodeMarks marks;
  const std::string value = text_of(drain);
  service::meta::ValueRecord record{9, 77, "owner", value};
  EXPECT_TRUE(add_mark(drain_path(b), record, marks));
  EXPECT_EQ(marks.drains.at(b).rate, 3u);
  EXPECT_TRUE(marks.drains.at(b).gives_replicas);
  EXPECT_EQ(marks.drains.at(b).version, 9u);
  EXPECT_FALSE(add_mark("nodes/drain/xyz", record, marks));
  EXPECT_FALSE(add_mark("nodes/else/00000000000000b2", record, marks));
}

TEST(NodeMarks, ADrainThatCanNotBeReadIsADrain) {
  NodeMarks marks;
  service::meta::ValueRecord record{1, 0, "owner", "\x7f"};
  EXPECT_TRUE(add_mark(drain_path(b), record, marks));
  EXPECT_TRUE(marks.drains.contains(b));
}

}  // namespace
}  // namespace tenon::node
