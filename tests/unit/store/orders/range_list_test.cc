#include "store/orders/range_list.h"

#include <gtest/gtest.h>

#include "unit/store/orders/keeper_cluster.h"

namespace tenon::store::test {
namespace {

// Who is said to lead the range, by term, as the list has it before each message that comes.
class Leaders {
 public:
  Leaders(KeeperCluster& cluster, const RangeId& range) : cluster_(cluster), range_(range) {}

  void look() {
    for (std::size_t place = 0; place < cluster_.size(); ++place) {
      if (!cluster_.is_up(place)) continue;
      for (const RangeView& view : list_ranges(cluster_.node(place).keeper()))
        if (view.id == range_ && view.leads) by_term_[view.term].insert(place);
    }
  }
  const std::map<std::uint64_t, std::set<std::size_t>>& by_term() const { return by_term_; }

 private:
  KeeperCluster& cluster_;
  const RangeId range_;
  std::map<std::uint64_t, std::set<std::size_t>> by_term_;
};

TEST(RangeList, NobodyLeadsInATermThatHeHasOnlyHeardOf_INV_C2) {
  KeeperCluster cluster;
  const RangeId range = cluster.first_range();
  Leaders leaders(cluster, range);
  cluster.on_packet = [&](const KeeperNode::Packet&) {
    leaders.look();
    return true;
  };
  for (int turn = 0; turn < 3; ++turn) {
    const std::size_t leader = cluster.await_leader(range);
    cluster.rounds(20);
    const Answer answer =
        cluster.run_order(leader, range, TransferLeader{KeeperCluster::id((leader + 1) % 3)});
    EXPECT_EQ(answer.code, AnswerCode::done) << answer.text;
    cluster.rounds(20);
  }
  EXPECT_GT(leaders.by_term().size(), 3u);
  for (const auto& [term, places] : leaders.by_term()) EXPECT_EQ(places.size(), 1u) << "term " << term;
}

}  // namespace
}  // namespace tenon::store::test
