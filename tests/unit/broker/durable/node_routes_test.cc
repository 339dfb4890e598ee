#include "broker/durable/node_routes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::broker {
namespace {

using mqtt::QoS;

class NodeRoutesTest : public ::testing::Test {
 protected:
  static service::dist::Route route(std::string_view filter, std::uint64_t number,
                                    QoS qos = QoS::at_least_once) {
    service::dist::Route route;
    route.tenant = "t";
    route.filter = filter;
    route.client_id = "c";
    route.number = number;
    route.options.qos = qos;
    return route;
  }
  // "NUMBER/QOS" of each inbox that a message to the topic goes to.
  std::string receivers(std::string_view topic) {
    routing::TopicCache::Entry& entry = cache.find(topic);
    subscriptions.refresh(cache, entry);
    std::string found;
    for (const routing::Receiver& receiver : entry.set->inboxes())
      found += std::to_string(routing::inbox_number(receiver.key)) + '/' +
               std::to_string(static_cast<int>(receiver.all.qos)) + ' ';
    return found;
  }
  std::vector<std::string> filters(std::uint64_t number) {
    std::vector<std::string> found;
    for (const auto& route : routes.of_inbox(number)) found.push_back(route.filter);
    return found;
  }

  static bool all(std::string_view, std::string_view) { return true; }

  Subscriptions subscriptions{1};
  InboxDirectory inboxes;
  NodeRoutes routes{subscriptions, inboxes};
  routing::TopicCache cache{16, 1 << 20, 1};
};

TEST_F(NodeRoutesTest, MessagesGoWhereTheRoutesSay) {
  routes.put(route("a/+", 7));
  routes.put(route("a/b", 8, QoS::exactly_once));
  EXPECT_EQ(receivers("a/b"), "7/1 8/2 ");
  EXPECT_EQ(receivers("a/c"), "7/1 ");
  ASSERT_TRUE(inboxes.find(7).inbox);
  EXPECT_EQ(inboxes.find(7).inbox->owner().client_id, "c");
}

TEST_F(NodeRoutesTest, ARouteThatComesAgainReplacesItsOptionsAndCountsOnce) {
  routes.put(route("a", 7));
  routes.put(route("a", 7, QoS::exactly_once));
  EXPECT_EQ(receivers("a"), "7/2 ");
  routes.remove(route("a", 7));
  EXPECT_EQ(receivers("a"), "");
  EXPECT_FALSE(inboxes.find(7).inbox);
}

TEST_F(NodeRoutesTest, RemovingWhatIsNotThereChangesNothing) {
  routes.put(route("a", 7));
  routes.remove(route("b", 7));
  routes.remove(route("a", 8));
  EXPECT_EQ(receivers("a"), "7/1 ");
  EXPECT_TRUE(inboxes.find(7).inbox);
}

TEST_F(NodeRoutesTest, ALoadThatBringsNothingForgetsAllAndLeavesOtherSubscriptionsAlone) {
  routes.put(route("a", 7));
  routes.put(route("b", 7));
  routes.put(route("a", 8));
  subscriptions.put("a", routing::key_of({1, 2, 3}), {});
  routes.load_begins(all);
  routes.load_ends(true);
  EXPECT_EQ(receivers("a"), "");
  EXPECT_EQ(receivers("b"), "");
  EXPECT_EQ(subscriptions.size(), 1u);
  EXPECT_FALSE(inboxes.find(7).inbox);
  EXPECT_TRUE(filters(7).empty());
  routes.put(route("a", 7));
  EXPECT_EQ(receivers("a"), "7/1 ");
}

TEST_F(NodeRoutesTest, WhatIsInALoadIsThereAllTheWhileAndTheRestGoesWhenItEnds) {
  routes.put(route("a", 7));
  routes.put(route("a", 8));
  routes.load_begins(all);
  EXPECT_EQ(receivers("a"), "7/1 8/1 ");
  routes.put(route("a", 7, QoS::exactly_once));
  routes.put(route("a", 9));
  EXPECT_EQ(receivers("a"), "7/2 8/1 9/1 ");
  routes.load_ends(true);
  EXPECT_EQ(receivers("a"), "7/2 9/1 ");
  EXPECT_FALSE(inboxes.find(8).inbox);
  EXPECT_EQ(routes.count_of("t"), 2u);
}

TEST_F(NodeRoutesTest, ALoadTouchesNoRouteOfAnotherRange) {
  routes.put(route("a", 7));
  routes.put(route("b", 7));
  routes.load_begins([](std::string_view, std::string_view filter) { return filter == "a"; });
  routes.load_ends(true);
  EXPECT_EQ(filters(7), (std::vector<std::string>{"b"}));
}

TEST_F(NodeRoutesTest, ALoadThatFailsForgetsNothingAndTheNextOneGoesByItself) {
  routes.put(route("a", 7));
  routes.put(route("b", 7));
  routes.load_begins([](std::string_view, std::string_view filter) { return filter == "a"; });
  routes.load_ends(false);
  EXPECT_EQ(filters(7), (std::vector<std::string>{"a", "b"}));
  routes.load_begins([](std::string_view, std::string_view filter) { return filter == "b"; });
  routes.load_ends(true);
  EXPECT_EQ(filters(7), (std::vector<std::string>{"a"}));
}

TEST_F(NodeRoutesTest, ASharedFilterAndThePlainOneAreTwoRoutes) {
  routes.put(route("a", 7));
  routes.put(route("$share/g/a", 7));
  EXPECT_EQ(filters(7), (std::vector<std::string>{"$share/g/a", "a"}));
  routes.remove(route("a", 7));
  EXPECT_EQ(filters(7), (std::vector<std::string>{"$share/g/a"}));
  EXPECT_EQ(routes.count_of("t"), 1u);
  routes.load_begins(all);
  routes.load_ends(true);
  EXPECT_EQ(subscriptions.size(), 0u);
  EXPECT_EQ(routes.count_of("t"), 0u);
}

TEST_F(NodeRoutesTest, AreCompleteWhenNothingIsMissingAndEachLinkIsSettled) {
  EXPECT_TRUE(routes.complete());
  routes.set_complete(false);
  routes.set_complete(false);
  routes.link_came();
  routes.link_came();
  routes.set_complete(true);
  EXPECT_FALSE(routes.complete());
  routes.link_settled();
  EXPECT_FALSE(routes.complete());
  routes.set_complete(false);
  routes.link_settled();
  EXPECT_FALSE(routes.complete());
  routes.set_complete(true);
  EXPECT_TRUE(routes.complete());
}

TEST_F(NodeRoutesTest, CollectsTheFiltersOfOneInbox) {
  routes.put(route("b", 7));
  routes.put(route("$", 8));
  routes.put(route("a", 7));
  routes.put(route("z", 6));
  EXPECT_EQ(filters(7), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(filters(9).empty());
}

}  // namespace
}  // namespace tenon::broker
