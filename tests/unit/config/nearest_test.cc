#include "config/table/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::config {
namespace {

TEST(EditDistance, CountsSingleSteps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("port", "port"), 0u);
  EXPECT_EQ(edit_distance("port", ""), 4u);
  EXPECT_EQ(edit_distance("prt", "port"), 1u) << "put in";
  EXPECT_EQ(edit_distance("poort", "port"), 1u) << "taken out";
  EXPECT_EQ(edit_distance("pork", "port"), 1u) << "replaced";
  EXPECT_EQ(edit_distance("prot", "port"), 1u) << "exchanged with its neighbour";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("bind", "stack"), 5u);
}

TEST(Nearest, TakesTheSmallestDistanceAndTheFirstAmongEquals) {
  const std::vector<std::string> words = {"bind", "port", "sort"};
  EXPECT_EQ(nearest("prot", words), "port");
  EXPECT_EQ(nearest("ort", words), "port");
}

TEST(Nearest, TakesALongerFormWhenNoneIsNear) {
  const std::vector<std::string> words = {"bind", "quota_max", "qos_max"};
  EXPECT_EQ(nearest("qos", words), "qos_max");
  EXPECT_EQ(nearest("q", words), std::nullopt);
}

TEST(Nearest, IsEmptyWhenNothingIsNear) {
  const std::vector<std::string> words = {"bind", "port"};
  EXPECT_EQ(nearest("tenant", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
  EXPECT_EQ(nearest(std::string(100000, 'x'), words), std::nullopt);
}

}  // namespace
}  // namespace tenon::config
