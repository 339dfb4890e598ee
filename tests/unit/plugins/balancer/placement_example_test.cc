// The example of a balancer that plugin authors begin with; it is one file, and a module of its own.
#include "../../../../sdk/examples/balancer-placement/balancer_placement.cc"

#include "rule_fixture.h"

namespace {

using tenon::test::Lines;
using tenon::test::MadeView;

constexpr std::int64_t grace_ms = 30'000;

// Voters are at 1, 2 and 3, which are wanted as 4 is.
MadeView placed() {
  MadeView made;
  made.nodes({1, 2, 3, 4});
  made.range(7, {1, 2, 3}, 1);
  return made;
}

tenon::test::Planned run(MadeView& made) {
  auto view = made.done();
  for (auto& node : view.nodes) node.attributes["disk"] = node.zone == "slow" ? "hdd" : "nvme";
  const Options options{"disk", "nvme", grace_ms, 4};
  return tenon::test::planned(
      [](const auto& seen, const Options& given) { return Placement(seen, given).run(); }, view, options);
}

tenon::balance::ViewNode& node_of(MadeView& made, std::uint64_t id) {
  for (auto& node : made.done().nodes)
    if (node.id == tenon::kv::NodeId{id}) return node;
  throw std::out_of_range("no such node");
}

void lose(MadeView& made, std::uint64_t id, std::int64_t for_ms) {
  auto& node = node_of(made, id);
  node.is_alive = false;
  node.since_ms = MadeView::now_ms - for_ms;
}

TEST(PlacementExample, AVoterOnANodeWithoutTheAttributeMoves) {
  MadeView made = placed();
  node_of(made, 2).zone = "slow";
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,4,3"}));
}

TEST(PlacementExample, AVoterWhoseNodeRestartsKeepsItsPlace) {
  MadeView made = placed();
  lose(made, 2, grace_ms - 1000);
  const auto planned = run(made);
  EXPECT_EQ(planned.commands, Lines{});
  EXPECT_EQ(planned.await_ms, 1000);
  lose(made, 2, grace_ms);
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,4,3"}));
}

TEST(PlacementExample, AVoterWhoseNodeWasRemovedMovesAtOnce) {
  MadeView made = placed();
  lose(made, 2, 1000);
  node_of(made, 2).evidence = tenon::balance::Evidence::marked;
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,4,3"}));
}

TEST(PlacementExample, AVoterWhoseNodeHasNotToldOfItselfYetKeepsItsPlace) {
  MadeView made = placed();
  node_of(made, 2).stores = 0;
  node_of(made, 2).zone = "slow";
  EXPECT_EQ(run(made).commands, Lines{});
}

TEST(PlacementExample, ANodeThatIsDrainedGetsNothingAndGivesAwayWhatItHasWhenItIsToBeEmptied) {
  MadeView made = placed();
  node_of(made, 2).is_draining = true;
  EXPECT_EQ(run(made).commands, Lines{});
  node_of(made, 2).is_emptying = true;
  EXPECT_EQ(run(made).commands, (Lines{"7 members 1,4,3"}));
  node_of(made, 4).is_draining = true;
  EXPECT_EQ(run(made).commands, Lines{});
}

}  // namespace
