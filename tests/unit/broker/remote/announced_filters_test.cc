#include "broker/remote/announced_filters.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace tenon::broker {
namespace {

using mqtt::QoS;

class AnnouncedFiltersTest : public ::testing::Test, public RemotePort {
 protected:
  AnnouncedFiltersTest() {
    own.start(*this);
    own.on_peer_up(kv::NodeId{2});
    announced = std::make_unique<AnnouncedFilters>(own, 7);
  }

  using RemotePort::congested;
  bool congested(kv::NodeId) const override { return false; }
  void send(kv::NodeId, RemoteMessage, std::string&& body) override {
    const auto message = read_remote<RoutesMessage>(body);
    ASSERT_TRUE(message);
    for (const RemoteRoute& route : message->routes) {
      if (route.members == 0)
        told.erase(std::string(route.filter));
      else
        told.emplace(route.filter);
    }
  }
  bool is_told_of_member() const { return told.contains(member_name(7)); }

  std::set<std::string> told;
  OwnRoutes own;
  std::unique_ptr<AnnouncedFilters> announced;
};

TEST_F(AnnouncedFiltersTest, SessionIsAMemberWhileItHasASharedSubscription) {
  announced->put("a", QoS::at_least_once);
  EXPECT_FALSE(is_told_of_member());
  announced->put("$share/g/a", QoS::at_least_once);
  announced->put("$oshare/g/b", QoS::at_least_once);
  announced->put("$share/g/a", QoS::at_most_once);
  EXPECT_TRUE(is_told_of_member());
  announced->remove("$share/g/a");
  announced->remove("$share/g/a");
  EXPECT_TRUE(is_told_of_member());
  announced->remove("$oshare/g/b");
  EXPECT_EQ(told, std::set<std::string>{"a"});
}

TEST_F(AnnouncedFiltersTest, AtItsEndAllIsTakenBack) {
  announced->put("a", QoS::at_least_once);
  announced->put("$share/g/a", QoS::at_least_once);
  announced->put("$share/g/b", QoS::at_most_once);
  EXPECT_EQ(told.size(), 4u);
  announced.reset();
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace tenon::broker
