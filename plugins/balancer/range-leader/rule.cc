#include "range-leader/rule.h"

#include "range-leader/leader_flow.h"
#include "range-leader/load_swap.h"

namespace tenon::range_leader {

using balancer::node_text;

namespace {

class Planner {
 public:
  Planner(const sdk::BalancerView& view, const Options& options)
      : land_(view), options_(options), flow_(land_, options) {}

  sdk::BalancerPlan run() {
    while (add(flow_.next(), false)) {
    }
    const bool is_for_count = !plan_.commands.empty();
    // Loads are looked at once the counts have come to rest.
    if (!is_for_count && options_.load)
      while (add(next_for_load(land_, flow_, options_), true)) {
      }
    plan_.reason = reason(is_for_count);
    return std::move(plan_);
  }

 private:
  // A chain is given whole or not at all, but for the first one.
  bool add(const std::vector<Move>& moves, bool is_for_load) {
    if (moves.empty() ||
        (!plan_.commands.empty() && plan_.commands.size() + moves.size() > options_.moves_max))
      return false;
    for (const Move& move : moves) {
      auto command =
          sdk::BalancerCommand::to(*move.range, TENON_COMMAND_TRANSFER, reason_of(move, is_for_load));
      command.node = land_.node(move.to).id;
      plan_.commands.push_back(std::move(command));
      flow_.take(move);
    }
    return plan_.commands.size() < options_.moves_max;
  }

  std::string reason_of(const Move& move, bool is_for_load) const {
    const auto of = [this, is_for_load](Place place) {
      const std::uint64_t number = is_for_load ? flow_.load(place) : flow_.count(place);
      return node_text(land_.node(place).id) + (is_for_load
                                                    ? " has a load of " + std::to_string(number) + " bytes/s"
                                                    : " leads " + std::to_string(number));
    };
    return of(move.from) + ", " + of(move.to);
  }

  std::string reason(bool is_for_count) const {
    const std::string share =
        flow_.even_min() == flow_.even_max()
            ? std::to_string(flow_.even_min())
            : std::to_string(flow_.even_min()) + " to " + std::to_string(flow_.even_max());
    std::string text = balancer::count_text(flow_.nodes().size(), "node") +
                       (flow_.nodes().size() == 1 ? " leads, " : " lead, ") + share + " ranges each is even";
    if (flow_.lagging() > 0)
      text += ", " + balancer::count_text(flow_.lagging(), "voter") + " can't lead now";
    if (plan_.commands.empty()) return text + ": nothing is to be moved";
    return text + ": " + balancer::count_text(plan_.commands.size(), "leader") + " to be moved for " +
           (is_for_count ? "the counts" : "the loads");
  }

  const balancer::Landscape land_;
  const Options& options_;
  LeaderFlow flow_;
  sdk::BalancerPlan plan_;
};

}  // namespace

sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options) {
  return Planner(view, options).run();
}

}  // namespace tenon::range_leader
