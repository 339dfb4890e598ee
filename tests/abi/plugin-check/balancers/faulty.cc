// A balancer with one fault; FAULT says which.
#include <algorithm>

#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

namespace tenon::test {

using sdk::BalancerCommand;
using sdk::BalancerPlan;
using sdk::BalancerView;

// The first range that may get a command and has another voter, which is alive; null: there is none.
inline const tenon_balancer_range* movable(const BalancerView& view) {
  for (const tenon_balancer_range& range : view.own_ranges())
    if (range.leader != 0 && (range.flags & TENON_RANGE_BUSY) == 0) return &range;
  return nullptr;
}

// How often it was asked is in what it says.
inline BalancerPlan counts_calls(const BalancerView&) {
  static int calls = 0;
  BalancerPlan plan;
  plan.reason = "plan number " + std::to_string(++calls);
  return plan;
}

inline BalancerPlan leads_to_nobody(const BalancerView& view) {
  BalancerPlan plan;
  if (const auto* range = movable(view)) {
    plan.commands.push_back(BalancerCommand::to(*range, TENON_COMMAND_TRANSFER, "elsewhere"));
    plan.commands.back().node = 0x99;
  }
  return plan;
}

inline BalancerPlan leads_to_and_fro(const BalancerView& view) {
  BalancerPlan plan;
  const auto* range = movable(view);
  for (std::uint32_t i = 0; range && i < range->voter_count; ++i) {
    const auto is_alive = [&](const tenon_balancer_node& node) {
      return node.id == range->voters[i] && node.state == TENON_NODE_ALIVE;
    };
    if (range->voters[i] == range->leader || std::none_of(view.nodes().begin(), view.nodes().end(), is_alive))
      continue;
    plan.commands.push_back(BalancerCommand::to(*range, TENON_COMMAND_TRANSFER, "elsewhere"));
    plan.commands.back().node = range->voters[i];
    break;
  }
  return plan;
}

inline BalancerPlan splits_for_ever(const BalancerView& view) {
  BalancerPlan plan;
  if (view.own_ranges().empty()) return plan;
  const tenon_balancer_range& last = view.own_ranges().back();
  if (last.leader == 0 || (last.flags & TENON_RANGE_BUSY) != 0) return plan;
  plan.commands.push_back(BalancerCommand::to(last, TENON_COMMAND_SPLIT, "smaller"));
  plan.commands.back().key = std::string(sdk::text_of(last.begin)) + "m";
  return plan;
}

class Faulty : public sdk::BalancerPlugin<Faulty> {
 public:
  static constexpr sdk::PluginInfo info{
      .id = "org.tenon.test.balancer-faulty", .name = "faulty", .version = "1"};
  using BalancerPlugin::BalancerPlugin;

  BalancerPlan plan(const BalancerView& view, std::string_view) const { return FAULT(view); }
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.balancer-faulty", "1", tenon::test::Faulty)
