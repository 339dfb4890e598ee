#include "node/operate/trace/trace_desk.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

#include "support/manual_clock.h"
#include "unit/host/fake_world.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using admin::TracePage;
using admin::TraceStatus;
using broker::NodeAsks;

// Two nodes; each question goes to both, unless one is silent.
struct TwoNodes : testing::Test {
  TraceDesk::World world(std::uint64_t node, broker::Traces& traces) {
    return {traces, clock, random, log, node, [this](std::string&& question, NodeAsks::Done done) {
              NodeAsks::Replies replies;
              const std::string_view body = std::string_view(question).substr(1);
              replies.answers[kv::NodeId{0xa1}] = first.answer(body);
              if (is_silent)
                replies.missing.push_back(kv::NodeId{0xa2});
              else
                replies.answers[kv::NodeId{0xa2}] = second.answer(body);
              done(std::move(replies));
            }};
  }
  void see(broker::Traces& traces, UnixMs at, const std::string& topic) {
    session::PacketSeen seen;
    seen.type = mqtt::PacketType::publish;
    seen.topic = topic;
    traces.note({"c", TENON_PEER_IPV4, address, 1}, seen, mqtt::Version::v5, at);
  }
  std::string begun() {
    admin::TraceOrder order;
    order.client = "c";
    std::string id;
    first.start(order, [&](Result<TraceStatus>&& trace) { id = trace.ok() ? trace->id : ""; });
    return id;
  }
  void fill(broker::Traces& traces) {
    broker::TraceLimits limits;
    limits.until_ms = 1'000'000;
    for (std::uint64_t id = 1; id <= broker::Traces::count_max; ++id)
      ASSERT_TRUE(traces.start(id, {"other", "", ""}, limits));
  }
  TracePage page(const std::string& id, const std::string& cursor, std::uint32_t limit) {
    std::optional<Result<TracePage>> page;
    first.show(id, cursor, limit, [&](Result<TracePage>&& made) { page = std::move(made); });
    return page->ok() ? **page : TracePage{};
  }
  static std::string texts(const TracePage& page) {
    std::string out;
    for (const auto& line : page.lines) out += line.node.substr(14) + line.text.substr(8, 4) + " ";
    return out;
  }

  std::array<std::uint8_t, 16> address{};
  test::ManualClock clock{1000};
  host::test::CountingRandom random;
  observe::LoggedLines logged;
  observe::Log log{clock, std::make_unique<observe::MemoryLogOutput>(logged), {}};
  broker::Traces here, there;
  TraceDesk first{world(0xa1, here)};
  TraceDesk second{world(0xa2, there)};
  bool is_silent = false;
};

TEST_F(TwoNodes, LinesOfAllNodesAreToldByTheirTimesPageByPage) {
  const std::string id = begun();
  for (const UnixMs at : {1000, 1002, 1004}) see(here, at, "h" + std::to_string(at % 10));
  for (const UnixMs at : {1001, 1003}) see(there, at, "t" + std::to_string(at % 10));
  const TracePage one = page(id, {}, 2);
  EXPECT_EQ(texts(one), "a1\"h0\" a2\"t1\" a1\"h2\" a2\"t3\" ");
  EXPECT_EQ(one.trace.line_count, 5u);
  ASSERT_TRUE(one.cursor);
  const TracePage two = page(id, *one.cursor, 2);
  EXPECT_EQ(texts(two), "a1\"h4\" ");
  ASSERT_TRUE(two.cursor) << "it runs";
  see(there, 1005, "t5");
  EXPECT_EQ(texts(page(id, *two.cursor, 2)), "a2\"t5\" ");
}

TEST_F(TwoNodes, ATraceThatIsOverHasAnEnd) {
  const std::string id = begun();
  see(here, 1000, "h0");
  std::optional<TraceStatus> stopped;
  first.stop(id, [&](Result<TraceStatus>&& trace) { stopped = *trace; });
  EXPECT_EQ(stopped->state, "operator");
  EXPECT_FALSE(here.is_on() || there.is_on());
  const TracePage last = page(id, {}, 100);
  EXPECT_EQ(last.lines.size(), 1u);
  EXPECT_FALSE(last.cursor);
}

TEST_F(TwoNodes, ANodeThatDoesNotAnswerIsNamedAndItsPlaceKept) {
  const std::string id = begun();
  see(there, 1001, "t1");
  const TracePage one = page(id, {}, 100);
  see(there, 1003, "t3");
  is_silent = true;
  const TracePage two = page(id, *one.cursor, 100);
  EXPECT_EQ(two.missing_nodes, std::vector<std::string>{"00000000000000a2"});
  is_silent = false;
  EXPECT_EQ(texts(page(id, *two.cursor, 100)), "a2\"t3\" ");
}

TEST_F(TwoNodes, WhatTheNodeThatWasAskedHasNoRoomForRunsNowhere) {
  fill(here);
  std::optional<Errc> code;
  admin::TraceOrder order;
  order.client = "c";
  first.start(order,
              [&](Result<TraceStatus>&& trace) { code = trace.ok() ? Errc::internal : trace.error().code; });
  EXPECT_EQ(code, Errc::busy);
  EXPECT_TRUE(here.is_on()) << "the others go on";
  EXPECT_FALSE(there.is_on());
}

TEST_F(TwoNodes, ANodeThatHasNoRoomForItIsNamed) {
  fill(there);
  const std::string id = begun();
  see(here, 1000, "h0");
  const TracePage one = page(id, {}, 100);
  EXPECT_EQ(texts(one), "a1\"h0\" ");
  EXPECT_EQ(one.missing_nodes, std::vector<std::string>{"00000000000000a2"});
}

TEST_F(TwoNodes, OnlyTheNodeWhereItWasBegunKnowsOfIt) {
  const std::string id = begun();
  std::optional<Errc> code;
  second.show(id, {}, 10,
              [&](Result<TracePage>&& page) { code = page.ok() ? Errc::internal : page.error().code; });
  EXPECT_EQ(code, Errc::not_found);
  std::size_t count = 0;
  first.list([&](Result<std::vector<TraceStatus>>&& all) { count = all->size(); });
  EXPECT_EQ(count, 1u);
}

TEST_F(TwoNodes, WhatMakesNoSenseIsRefused) {
  admin::TraceOrder order;
  order.address = "somewhere";
  std::optional<Errc> code;
  first.start(order,
              [&](Result<TraceStatus>&& trace) { code = trace.ok() ? Errc::internal : trace.error().code; });
  EXPECT_EQ(code, Errc::invalid);
  EXPECT_EQ(second.answer("?"), "");
  first.show(begun(), "?", 10,
             [&](Result<TracePage>&& page) { code = page.ok() ? Errc::internal : page.error().code; });
  EXPECT_EQ(code, Errc::invalid);
}

}  // namespace
}  // namespace tenon::node
