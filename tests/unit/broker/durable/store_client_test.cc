#include "broker/durable/store_client.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tenon::broker {
namespace {

using store::AnswerCode;
using store::Request;
using store::StoreId;
using store::Ticket;

class StoreClientTest : public ::testing::Test, protected store::Gate {
 protected:
  void submit(std::vector<Request>&& requests) override { batches.push_back(std::move(requests)); }
  bool congested() const override { return is_congested; }

  StoreClient::Done note(std::string name) {
    return [this, name](const store::Answer& answer) {
      done += name + (answer.code == AnswerCode::done ? "+" : "-");
    };
  }
  void ask(std::string text, StoreClient::Done then) {
    client.ask(StoreId::inbox, Request::Kind::append, "key", std::move(text), std::move(then));
  }
  void finish(std::vector<std::pair<Ticket, AnswerCode>> answers) {
    std::vector<store::FinishedRequest> finished;
    for (const auto& [ticket, code] : answers)
      finished.push_back({ticket, {code, store::NodeId::none, {}, 0}});
    client.finish(std::move(finished));
  }

  session::TurnTime time{5 * ns_per_s, 0};
  StoreClient client{*this, time, 3};
  std::vector<std::vector<Request>> batches;
  bool is_congested = false;
  std::string done;
};

TEST_F(StoreClientTest, OnlyWhatHasEndlessPatienceHasNoDeadline) {
  ask("1", note("a"));
  client.ask_endlessly(StoreId::inbox, "key", "2", note("b"));
  client.flush();
  EXPECT_GT(batches.at(0).at(0).deadline_ns, time.mono_ns);
  EXPECT_EQ(batches.at(0).at(1).deadline_ns, 0);
}

TEST_F(StoreClientTest, RequestsOfATurnLeaveTogetherInTheirOrder) {
  ask("1", note("a"));
  ask("2", {});
  EXPECT_TRUE(batches.empty());
  client.flush();
  client.flush();
  ASSERT_EQ(batches.size(), 1u);
  ASSERT_EQ(batches[0].size(), 2u);
  EXPECT_EQ(batches[0][0].text, "1");
  EXPECT_EQ(batches[0][0].key, "key");
  EXPECT_EQ(batches[0][0].kind, Request::Kind::append);
  EXPECT_EQ(batches[0][1].text, "2");
}

TEST_F(StoreClientTest, ATicketNamesTheWorkerAndNobodyWaitsWithoutOne) {
  ask("1", note("a"));
  ask("2", {});
  client.flush();
  EXPECT_EQ(store::worker_of(batches[0][0].ticket), 3u);
  EXPECT_EQ(batches[0][1].ticket, Ticket::none);
  EXPECT_EQ(client.open_count(), 1u);
}

TEST_F(StoreClientTest, ARequestHasUntilItsTimeIsUp) {
  client.set_timeout(2 * ns_per_s);
  ask("1", {});
  client.flush();
  EXPECT_EQ(batches[0][0].deadline_ns, 7 * ns_per_s);
}

TEST_F(StoreClientTest, EachIsAnsweredOnceAndWhatNobodyAskedIsPassedOver) {
  ask("1", note("a"));
  ask("2", note("b"));
  client.flush();
  const Ticket a = batches[0][0].ticket;
  const Ticket b = batches[0][1].ticket;
  finish({{b, AnswerCode::done}, {a, AnswerCode::timed_out}, {a, AnswerCode::done}});
  EXPECT_EQ(done, "b+a-");
  EXPECT_EQ(client.open_count(), 0u);
  finish({{store::ticket_of(3, 999), AnswerCode::done}});
  EXPECT_EQ(done, "b+a-");
}

TEST_F(StoreClientTest, AnAnswerMayLeadToTheNextRequest) {
  ask("1", [this](const store::Answer&) { ask("2", note("b")); });
  client.flush();
  finish({{batches[0][0].ticket, AnswerCode::done}});
  client.flush();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1][0].text, "2");
}

TEST_F(StoreClientTest, CommandsForAllNodesAndForWholeRangesSaySo) {
  client.ask_everywhere(StoreId::dist, "key", "1", {});
  client.ask_whole_range(StoreId::inbox, "key", "2", {});
  ask("3", {});
  client.flush();
  EXPECT_TRUE(batches[0][0].everywhere);
  EXPECT_FALSE(batches[0][0].whole_range);
  EXPECT_TRUE(batches[0][1].whole_range);
  EXPECT_FALSE(batches[0][2].everywhere || batches[0][2].whole_range);
}

TEST_F(StoreClientTest, ReportsAStoreThatHasTooMuch) {
  EXPECT_FALSE(client.congested());
  is_congested = true;
  EXPECT_TRUE(client.congested());
}

}  // namespace
}  // namespace tenon::broker
