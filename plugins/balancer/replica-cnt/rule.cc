#include "replica-cnt/rule.h"

#include <algorithm>

#include "replica-cnt/repair.h"
#include "replica-cnt/spread.h"

namespace tenon::replica_cnt {

using balancer::count_text;
using balancer::is_busy;

namespace {

// What a round over all ranges found.
struct Round {
  std::size_t ranges = 0;
  std::size_t busy = 0;
  std::size_t leaderless = 0;
  std::size_t awaited = 0;  // ranges with a member whose grace has not ended
};

std::string reason_of(const Round& round, const sdk::BalancerPlan& plan, std::size_t repairs,
                      const Options& options) {
  std::string text = count_text(round.ranges, "range");
  if (round.leaderless > 0) text += ", " + std::to_string(round.leaderless) + " without a leader";
  if (round.busy > 0) text += ", " + std::to_string(round.busy) + " busy";
  if (round.awaited > 0)
    text += ", " + std::to_string(round.awaited) + " with a member that is away for less than " +
            std::to_string(options.grace_ms / 1000) + " s";
  if (repairs > 0) return text + ": " + std::to_string(repairs) + " to be made whole";
  if (!plan.commands.empty()) return text + ": " + std::to_string(plan.commands.size()) + " to be moved";
  return text + ": as whole and as even as they can be";
}

}  // namespace

sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options) {
  const balancer::Landscape land(view);
  Counts counts(land);
  const Wanted wanted{options.voters.value_or(view.voters_wanted()),
                      options.learners.value_or(view.learners_wanted())};
  sdk::BalancerPlan plan;
  Round round;
  for (const tenon_balancer_range& range : view.own_ranges()) {
    ++round.ranges;
    if (is_busy(range)) ++round.busy;
    if (!is_busy(range) && range.leader == 0) ++round.leaderless;
    if (is_busy(range) || range.leader == 0) continue;
    Repair found = repair(land, range, wanted, options, counts);
    if (found.await_ms > 0) {
      ++round.awaited;
      plan.await_ms = plan.await_ms == 0 ? found.await_ms : std::min(plan.await_ms, found.await_ms);
    }
    if (found.command) plan.commands.push_back(std::move(*found.command));
  }
  const std::size_t repairs = plan.commands.size();
  // Who may come back any moment is waited for before anything else is moved.
  if (repairs == 0 && round.awaited == 0) plan.commands = spread(land, wanted, options, counts);
  plan.reason = reason_of(round, plan, repairs, options);
  return plan;
}

}  // namespace tenon::replica_cnt
