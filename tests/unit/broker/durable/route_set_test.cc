#include "broker/durable/route_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace tenon::broker {
namespace {

using mqtt::QoS;
using topic::FilterId;
using Routes = std::vector<std::pair<FilterId, QoS>>;

Routes all(const RouteSet& routes) {
  Routes found;
  routes.for_each([&](const RouteSet::Route& route) { found.emplace_back(route.filter, route.qos); });
  return found;
}

TEST(RouteSet, HasEachFilterOnceWithItsLastQos) {
  RouteSet routes;
  EXPECT_TRUE(routes.empty());
  EXPECT_TRUE(routes.put({FilterId{0xFFFFFFFF}, QoS::exactly_once}));
  EXPECT_TRUE(routes.put({FilterId{0}, QoS::at_most_once}));
  EXPECT_FALSE(routes.put({FilterId{0}, QoS::at_least_once}));
  EXPECT_EQ(all(routes),
            (Routes{{FilterId{0}, QoS::at_least_once}, {FilterId{0xFFFFFFFF}, QoS::exactly_once}}));
  EXPECT_FALSE(routes.erase(FilterId{1}));
  EXPECT_TRUE(routes.erase(FilterId{0xFFFFFFFF}));
  EXPECT_TRUE(routes.erase(FilterId{0}));
  EXPECT_TRUE(routes.empty());
}

TEST(RouteSet, ARouteThatComesAgainIsInDoubtNoMore) {
  for (const std::uint32_t count : {1u, 3u}) {
    RouteSet routes;
    for (std::uint32_t i = 0; i < count; ++i) routes.put({FilterId{i}});
    routes.doubt([](FilterId) { return true; });
    routes.put({FilterId{0}});
    std::uint32_t in_doubt = 0;
    routes.for_each([&](const RouteSet::Route& route) { in_doubt += route.is_in_doubt; });
    EXPECT_EQ(in_doubt, count - 1);
  }
}

TEST(RouteSet, BehavesLikeAMap) {
  std::mt19937 random(7);
  RouteSet routes;
  std::map<FilterId, QoS> model;
  for (int step = 0; step < 20'000; ++step) {
    // Times of growing and of shrinking, through none, one and many.
    const FilterId filter{static_cast<std::uint32_t>(random() % 12)};
    if (random() % 8 < (step / 500 % 2 ? 1u : 7u)) {
      const auto qos = static_cast<QoS>(random() % 3);
      EXPECT_EQ(routes.put({filter, qos}), model.insert_or_assign(filter, qos).second);
    } else {
      EXPECT_EQ(routes.erase(filter), model.erase(filter) == 1);
    }
    ASSERT_EQ(routes.empty(), model.empty());
    ASSERT_EQ(all(routes), Routes(model.begin(), model.end()));
  }
}

}  // namespace
}  // namespace tenon::broker
