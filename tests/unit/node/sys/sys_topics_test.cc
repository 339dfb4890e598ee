#include "node/sys/sys_topics.h"

#include <gtest/gtest.h>

#include <map>

namespace tenon::node {
namespace {

std::map<std::string, std::string> shown(SysTopics& topics, const SysFacts& facts, double elapsed_s = 10) {
  std::map<std::string, std::string> values;
  for (auto& [topic, value] : topics.values(facts, elapsed_s)) {
    EXPECT_TRUE(values.emplace(topic, value).second) << topic;
  }
  return values;
}

TEST(LeftOf, IsNeverLessThanNothing) {
  EXPECT_EQ(left_of(5, 2), 3u);
  EXPECT_EQ(left_of(2, 3), 0u);
}

TEST(SysTopicsTest, NamesAreThoseOfMosquitto) {
  SysTopics topics;
  SysFacts facts;
  facts.uptime_s = 12.9;
  facts.clients_connected = 3;
  facts.clients_disconnected = 4;
  facts.retained_messages = 5;
  facts.queued_messages = 6;
  auto values = shown(topics, facts);
  EXPECT_EQ(values["$SYS/broker/uptime"], "12 seconds");
  EXPECT_EQ(values["$SYS/broker/clients/total"], "7");
  EXPECT_EQ(values["$SYS/broker/clients/connected"], "3");
  EXPECT_EQ(values["$SYS/broker/clients/disconnected"], "4");
  EXPECT_EQ(values["$SYS/broker/retained messages/count"], "5");
  EXPECT_EQ(values["$SYS/broker/store/messages/count"], "11");
  EXPECT_TRUE(values.contains("$SYS/broker/load/bytes/received/15min"));
  EXPECT_TRUE(values.contains("$SYS/broker/load/connections/1min"));
}

TEST(SysTopicsTest, SocketsAreConnectionsThatWereOpenedAndConnectionsArePacketsAsInMosquitto) {
  SysTopics topics;
  SysFacts facts;
  facts.sockets_opened = 40;
  facts.connects_received = 20;
  auto values = shown(topics, facts, 60);
  EXPECT_EQ(values["$SYS/broker/load/sockets/1min"], "25.28");
  EXPECT_EQ(values["$SYS/broker/load/connections/1min"], "12.64");
}

TEST(SysTopicsTest, MaximumOfClientsIsTheHighestEverSeen) {
  SysTopics topics;
  SysFacts facts;
  facts.clients_connected = 9;
  shown(topics, facts);
  facts.clients_connected = 2;
  EXPECT_EQ(shown(topics, facts)["$SYS/broker/clients/maximum"], "9");
}

TEST(LoadAverageTest, SteadyLoadIsReachedAndForgottenFasterByShorterSpans) {
  LoadAverage load;
  std::uint64_t total = 0;
  for (int i = 0; i < 2000; ++i) load.note(total += 50, 10);
  for (const double average : load.averages()) EXPECT_NEAR(average, 300, 1);
  for (int i = 0; i < 6; ++i) load.note(total, 10);
  EXPECT_NEAR(load.averages()[0], 300 / 2.718281828, 1);
  EXPECT_LT(load.averages()[0], load.averages()[1]);
  EXPECT_LT(load.averages()[1], load.averages()[2]);
}

}  // namespace
}  // namespace tenon::node
