// Which interceptors a topic chooses, and when it is looked at anew.
#include "broker/intercept/intercept_filters.h"

#include <gtest/gtest.h>

#include <vector>

#include "broker/subscriptions.h"

namespace tenon::broker {
namespace {

using Filters = std::vector<std::string>;

TEST(InterceptFilters, ATopicChoosesThoseOfWhichAFilterMatches) {
  InterceptFilters filters(1);
  filters.set(0, Filters{"a/#", "b"});
  filters.set(63, Filters{"a/+", "a/b"});
  EXPECT_EQ(filters.match("a/b"), std::uint64_t{1} | std::uint64_t{1} << 63);
  EXPECT_EQ(filters.match("a/b/c"), 1u);
  EXPECT_EQ(filters.match("b"), 1u);
  EXPECT_EQ(filters.match("c"), 0u);
}

TEST(InterceptFilters, OtherFiltersTakeThePlaceOfTheFormerOnes) {
  InterceptFilters filters(1);
  filters.set(0, Filters{"a/#", "both"});
  filters.set(1, Filters{"both"});
  filters.set(0, Filters{"b"});
  EXPECT_EQ(filters.match("a/b"), 0u);
  EXPECT_EQ(filters.match("both"), 2u);
  EXPECT_EQ(filters.match("b"), 1u);
  filters.set(0, {});
  filters.set(1, {});
  EXPECT_EQ(filters.match("both"), 0u);
}

TEST(InterceptFilters, AreForWhatClientsOfAnyTenantWrite) {
  InterceptFilters filters(1);
  filters.set(0, Filters{"a/#"});
  EXPECT_EQ(filters.match("$tenant/red/a/b"), 1u);
  EXPECT_EQ(filters.match("$tenant/red/b"), 0u);
}

class KnownTopics : public testing::Test {
 protected:
  std::uint64_t interceptors_of(std::string_view topic) {
    auto& entry = cache_.find(topic);
    subscriptions_.refresh(cache_, entry);
    return entry.interceptors;
  }

  Subscriptions subscriptions_{1};
  routing::TopicCache cache_{64, 1 << 20, 1};
};

TEST_F(KnownTopics, ChooseNobodyWithoutInterceptors) {
  EXPECT_EQ(interceptors_of("a"), 0u);
  subscriptions_.put("a", routing::ReceiverKey{1}, {});
  EXPECT_EQ(interceptors_of("a"), 0u);
}

TEST_F(KnownTopics, AreLookedAtAnewWhenFiltersChange) {
  EXPECT_EQ(interceptors_of("a"), 0u);
  EXPECT_EQ(interceptors_of("$tenant/red/a"), 0u);
  subscriptions_.set_interceptor(0, Filters{"a"});
  EXPECT_EQ(interceptors_of("a"), 1u);
  EXPECT_EQ(interceptors_of("$tenant/red/a"), 1u);
  subscriptions_.set_interceptor(1, Filters{"#"});
  EXPECT_EQ(interceptors_of("a"), 3u);
  subscriptions_.set_interceptor(0, Filters{"b"});
  EXPECT_EQ(interceptors_of("a"), 2u);
}

TEST_F(KnownTopics, AreNotLookedAtAnewWhenTheSameFiltersComeAgain) {
  subscriptions_.set_interceptor(0, Filters{"a", "b"});
  auto& entry = cache_.find("a");
  subscriptions_.refresh(cache_, entry);
  const std::uint64_t version = entry.version;
  subscriptions_.set_interceptor(0, Filters{"b", "a"});
  subscriptions_.refresh(cache_, entry);
  EXPECT_EQ(entry.version, version);
  EXPECT_EQ(entry.interceptors, 1u);
}

TEST_F(KnownTopics, KeepTheirInterceptorsWhenSubscriptionsChange) {
  subscriptions_.set_interceptor(0, Filters{"a"});
  EXPECT_EQ(interceptors_of("a"), 1u);
  subscriptions_.put("b", routing::ReceiverKey{1}, {});
  EXPECT_EQ(interceptors_of("a"), 1u);
  subscriptions_.put("a", routing::ReceiverKey{1}, {});
  EXPECT_EQ(interceptors_of("a"), 1u);
  for (int i = 0; i < 1000; ++i) subscriptions_.put("x" + std::to_string(i), routing::ReceiverKey{1}, {});
  EXPECT_EQ(interceptors_of("a"), 1u);
  EXPECT_EQ(interceptors_of("x1"), 0u);
}

TEST_F(KnownTopics, FindTheirReceiversAfterwards) {
  subscriptions_.put("a", routing::ReceiverKey{1}, {});
  subscriptions_.set_interceptor(0, Filters{"a"});
  auto& entry = cache_.find("a");
  subscriptions_.refresh(cache_, entry);
  EXPECT_TRUE(entry.set->reaches(mqtt::QoS::at_most_once));
  subscriptions_.remove("a", routing::ReceiverKey{1});
  auto& again = cache_.find("a");
  subscriptions_.refresh(cache_, again);
  EXPECT_FALSE(again.set->reaches(mqtt::QoS::at_most_once));
}

}  // namespace
}  // namespace tenon::broker
