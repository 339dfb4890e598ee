#include "node/traffic/traffic_answer.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

class TrafficAnswerTest : public testing::Test {
 protected:
  static std::shared_ptr<const broker::Traffic::Orders> some_orders() {
    return std::make_shared<const broker::Traffic::Orders>();
  }
  // Whether the answer was made for this question.
  bool is_made(const TrafficAnswer::Basis& basis, MonoNs now_ns) {
    bool made = false;
    const std::string text = answer_.text(basis, now_ns, [&] {
      made = true;
      TrafficReport report;
      report.lets_in = basis.lets_in;
      report.groups = {std::to_string(++count_)};
      return report;
    });
    const auto reports = read_traffic_reports({{{kv::NodeId{1}, text}}, {}});
    EXPECT_EQ(reports.of.at(kv::NodeId{1}).groups, std::vector<std::string>{std::to_string(count_)});
    EXPECT_EQ(reports.of.at(kv::NodeId{1}).lets_in, basis.lets_in);
    return made;
  }
  int count_ = 0;
  TrafficAnswer answer_;
};

TEST_F(TrafficAnswerTest, ManyThatAskWithinASecondGetWhatWasWrittenForTheFirst) {
  const auto orders = some_orders();
  EXPECT_TRUE(is_made({orders, true}, 0));
  EXPECT_FALSE(is_made({orders, true}, 0));
  EXPECT_FALSE(is_made({orders, true}, TrafficAnswer::fresh_ns - 1));
  EXPECT_TRUE(is_made({orders, true}, TrafficAnswer::fresh_ns));
  EXPECT_FALSE(is_made({orders, true}, TrafficAnswer::fresh_ns + 1));
}

TEST_F(TrafficAnswerTest, OtherOrdersAndThatNobodyIsLetInAnyMoreAreToldAtOnce) {
  const auto orders = some_orders();
  EXPECT_TRUE(is_made({orders, true}, 0));
  EXPECT_TRUE(is_made({orders, false}, 1));
  EXPECT_TRUE(is_made({some_orders(), false}, 2));
}

}  // namespace
}  // namespace tenon::node
