#include "broker/traffic/traffic.h"

#include <gtest/gtest.h>

#include <set>

namespace tenon::broker {
namespace {

class TrafficTest : public testing::Test {
 protected:
  static Traffic::Node node(const std::string& group, const std::string& address) {
    Traffic::Node node;
    node.groups = {group};
    node.lets_in = true;
    if (!address.empty()) node.addresses["default"] = {address};
    return node;
  }
  void order(std::map<std::string, std::uint32_t> weights, const std::string& own_group) {
    traffic_.set({Directives({{"acme*", std::move(weights)}}), {own_group}});
  }
  // Somebody new.
  std::optional<Traffic::Elsewhere> come(std::string_view tenant, std::string_view listener,
                                         bool can_be_told) {
    const std::string client_id = "client-" + std::to_string(++guests_);
    return traffic_.elsewhere({tenant, client_id, listener, can_be_told});
  }
  Traffic traffic_;
  int guests_ = 0;
};

TEST_F(TrafficTest, WithoutDirectivesEverybodyStays) {
  EXPECT_FALSE(traffic_.is_on());
  EXPECT_FALSE(come("acme", "default", true));
  order({{"blue", 1}}, "green");
  EXPECT_TRUE(traffic_.is_on());
  traffic_.set({});
  EXPECT_FALSE(traffic_.is_on());
  EXPECT_FALSE(come("acme", "default", true));
}

TEST_F(TrafficTest, ATenantOfOthersIsSentToThemAndTheRestStays) {
  order({{"blue", 1}}, "green");
  traffic_.set_nodes({}, {node("green", "g:1883"), node("blue", "b:1883")});
  const auto sent = come("acme-eu", "default", true);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->server_reference, "b:1883");
  EXPECT_EQ(sent->directive, "acme*");
  EXPECT_FALSE(sent->has_weight);
  EXPECT_FALSE(come("other", "default", true));
  ASSERT_TRUE(come("acme", "tls", true));
  EXPECT_EQ(come("acme", "tls", true)->server_reference, "") << "there is no such listener";
  EXPECT_TRUE(come("acme", "default", false)) << "it can't be told, and is not let in";
}

TEST_F(TrafficTest, WithoutKnowingTheOthersATenantOfOthersIsNotLetInEither) {
  order({{"blue", 1}}, "green");
  const auto sent = come("acme", "default", true);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->server_reference, "");
}

TEST_F(TrafficTest, NodesThatTakeTurnsFillEvenly) {
  order({{"blue", 1}}, "green");
  traffic_.set_nodes({}, {node("blue", "b1:1883"), node("blue", "b2:1883")});
  std::map<std::string, int> sent;
  for (int i = 0; i < 10; ++i) ++sent[come("acme", "default", true)->server_reference];
  EXPECT_EQ(sent, (std::map<std::string, int>{{"b1:1883", 5}, {"b2:1883", 5}}));
}

TEST_F(TrafficTest, WhoComesBetweenTwoReportsCounts) {
  order({{"blue", 3}, {"green", 1}}, "green");
  traffic_.set_nodes({}, {node("blue", "b:1883")});
  std::uint64_t stayed = 0;
  for (int i = 0; i < 400; ++i)
    if (!come("acme", "default", true)) ++stayed;
  EXPECT_GE(stayed, 100u);
  EXPECT_LE(stayed, 100u * (100 + share_slack_percent) / 100 + share_slack_clients);
  // And the reports are believed.
  traffic_.set_nodes({{"acme*", 300}}, {node("blue", "b:1883")});
  ASSERT_TRUE(come("acme", "default", true));
  EXPECT_TRUE(come("acme", "default", true)->has_weight);
  EXPECT_FALSE(come("acme", "default", false)) << "3.x clients stay";
  traffic_.set_nodes({{"acme*", 0}}, {node("blue", "b:1883")});
  EXPECT_FALSE(come("acme", "default", true));
}

TEST_F(TrafficTest, WhoDoesNotGoWhereItIsSentStaysWhereTheNodeHasAWeight) {
  order({{"blue", 3}, {"green", 1}}, "green");
  traffic_.set_nodes({{"acme*", 300}}, {node("blue", "b:1883")});
  const Traffic::Guest stubborn{"acme", "stubborn", "default", true};
  EXPECT_TRUE(traffic_.elsewhere(stubborn));
  EXPECT_TRUE(traffic_.elsewhere({"acme", "another", "default", true}));
  EXPECT_TRUE(traffic_.elsewhere({"acme-eu", "stubborn", "default", true})) << "it is another tenant's";
  EXPECT_FALSE(traffic_.elsewhere(stubborn));
  EXPECT_TRUE(traffic_.elsewhere(stubborn)) << "the next time it is asked again";
  order({{"blue", 3}}, "green");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(traffic_.elsewhere(stubborn)) << "nobody stays without a weight";
}

TEST_F(TrafficTest, AClientIsSentOnOnceHoweverManyComeMeanwhile) {
  order({{"blue", 100}, {"green", 1}}, "green");
  const int count = 4 * static_cast<int>(Traffic::sent_on_max);
  const auto name = [](const std::string& kind, int i) { return kind + "-" + std::to_string(i); };
  const auto come_all = [&](const std::string& kind, MonoNs now_ns) {
    std::set<int> sent;
    for (int i = 0; i < count; ++i) {
      // Nothing that came between two reports shall make a difference.
      if (i % 1000 == 0) traffic_.set_nodes({{"acme*", 100'000}}, {node("blue", "b:1883")});
      if (traffic_.elsewhere({"acme", name(kind, i), "default", true, now_ns})) sent.insert(i);
    }
    return sent;
  };
  const MonoNs now_ns = 1000 * ns_per_s;
  const std::set<int> first = come_all("early", now_ns);
  EXPECT_GT(first.size(), Traffic::sent_on_max / 2) << "as many as can be remembered";
  EXPECT_LT(first.size(), static_cast<std::size_t>(count));
  for (const int client : first) {
    const std::string client_id = name("early", client);
    EXPECT_FALSE(traffic_.elsewhere({"acme", client_id, "default", true, now_ns + ns_per_s})) << client_id;
  }
  // Those that never come back make room.
  EXPECT_GT(come_all("gone", now_ns + 2 * ns_per_s).size(), Traffic::sent_on_max / 2);
  EXPECT_LT(come_all("next", now_ns + 3 * ns_per_s).size(), Traffic::sent_on_max / 2);
  EXPECT_GT(come_all("late", now_ns + (4 + Traffic::sent_on_s) * ns_per_s).size(), Traffic::sent_on_max / 2);
}

TEST_F(TrafficTest, WhoComesBackLateAndFindsHisPlaceStays) {
  order({{"blue", 100}, {"green", 1}}, "green");
  traffic_.set_nodes({{"acme*", 1000}}, {node("blue", "b:1883")});
  Traffic::Guest slow{"acme", "slow", "default", true, ns_per_s};
  EXPECT_TRUE(traffic_.elsewhere(slow));
  slow.now_ns += 10 * Traffic::sent_on_s * ns_per_s;
  EXPECT_FALSE(traffic_.elsewhere(slow));
}

TEST_F(TrafficTest, NobodyIsSentToANodeThatSaysItHasNoWeightForHim) {
  order({{"blue", 1}}, "green");
  Traffic::Node blue = node("blue", "b:1883");
  blue.turned_away = {"acme*"};
  traffic_.set_nodes({}, {blue});
  EXPECT_EQ(come("acme", "default", true)->server_reference, "");
  blue.turned_away = {"other"};
  traffic_.set_nodes({}, {blue});
  EXPECT_EQ(come("acme", "default", true)->server_reference, "b:1883");
}

TEST_F(TrafficTest, WhatWasKnownOfNodesGoesWithTheLastDirective) {
  order({{"blue", 1}}, "green");
  traffic_.set_nodes({{"acme*", 7}}, {node("blue", "b:1883")});
  traffic_.set({});
  order({{"blue", 1}}, "green");
  EXPECT_EQ(come("acme", "default", true)->server_reference, "") << "it may be long gone";
  traffic_.set({});
  traffic_.set_nodes({}, {node("blue", "b:1883")});
  order({{"blue", 1}}, "green");
  EXPECT_EQ(come("acme", "default", true)->server_reference, "") << "an answer that came behind it";
}

TEST_F(TrafficTest, OrdersAreAnotherObjectWithEachChangeAndNone) {
  const auto none = traffic_.orders();
  ASSERT_TRUE(none);
  EXPECT_EQ(traffic_.orders(), none);
  order({{"blue", 1}}, "green");
  EXPECT_NE(traffic_.orders(), none);
  EXPECT_EQ(traffic_.orders()->groups, std::vector<std::string>{"green"});
}

}  // namespace
}  // namespace tenon::broker
