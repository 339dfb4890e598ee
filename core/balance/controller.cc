#include "balance/controller.h"

#include <algorithm>
#include <tuple>

namespace tenon::balance {

namespace {

constexpr std::string_view running = "running";

}  // namespace

Controller::Controller(std::vector<BalancerSetup> balancers, const PaceLimits& limits, ControllerPorts& ports)
    : limits_(limits), ports_(ports), pace_(limits) {
  set_balancers(std::move(balancers));
}

void Controller::set_balancers(std::vector<BalancerSetup> balancers) {
  std::sort(balancers.begin(), balancers.end(), [](const BalancerSetup& a, const BalancerSetup& b) {
    return std::tie(a.store, a.order, a.name) < std::tie(b.store, b.order, b.name);
  });
  std::vector<Balancer> former = std::exchange(balancers_, {});
  for (BalancerSetup& setup : balancers) {
    const auto same = std::find_if(former.begin(), former.end(), [&](const Balancer& one) {
      return one.shown.store == setup.store && one.shown.name == setup.name;
    });
    Balancer& balancer = balancers_.emplace_back(same == former.end() ? Balancer() : std::move(*same));
    balancer.shown.store = setup.store;
    balancer.shown.name = setup.name;
    balancer.shown.order = setup.order;
    balancer.shown.is_enabled = setup.is_enabled && setup.strategy;
    balancer.shown.rule_version = setup.rule_version;
    balancer.shown.failure = setup.failure;
    balancer.setup = std::move(setup);
  }
}

void Controller::stop() {
  if (!std::exchange(is_planner_, false)) return;
  pace_ = Pace(limits_);
  for (Balancer& balancer : balancers_) balancer.memo.clear();
  for (GivenCommand& given : given_)
    if (given.state == running) given.state = "left to another planner";
}

void Controller::plan(const View& view, Scope scope) {
  is_planner_ = true;
  scope_ = scope;
  now_ms_ = view.now_ms;
  pace_.observe(view);
  pace_.forget_old(now_ms_);
  ranges_.clear();
  for (const ViewRange& range : view.ranges) ranges_.emplace(range.id, &range);
  // Strategies count with what is under way as if it were done, or they would have it done twice.
  View expected = view;
  std::uint64_t shown_until = UINT64_MAX;
  std::unique_ptr<AbiView> abi;
  for (Balancer& balancer : balancers_) {
    if (!balancer.shown.is_enabled) continue;
    if (shown_until != last_number_) {
      shown_until = last_number_;
      if (pace_.has_expectations())
        for (std::size_t i = 0; i < view.ranges.size(); ++i)
          expected.ranges[i] = pace_.expected(view.ranges[i], now_ms_);
      abi = std::make_unique<AbiView>(expected);
    }
    plan_one(balancer, view, *abi);
  }
  ranges_.clear();
}

void Controller::plan_one(Balancer& balancer, const View& view, AbiView& abi) {
  BalancerExplanation& shown = balancer.shown;
  shown.has_planned = true;
  shown.planned_ms = now_ms_;
  shown.decisions.clear();
  shown.decision_count = 0;
  take_inputs(balancer, view);
  ++shown.counts.plans;
  auto plan = balancer.setup.strategy->plan(abi.of_store(shown.store), balancer.memo);
  if (!plan.ok()) {
    ++shown.counts.failures;
    shown.failure = plan.error().message;
    shown.reason.clear();
    ports_.failed(shown.store, shown.name, shown.failure);
    return;
  }
  shown.failure.clear();
  shown.reason = plan->reason;
  shown.await_ms = plan->await_ms;
  balancer.memo = plan->memo;
  decide(balancer, view, std::move(plan).value());
}

void Controller::take_inputs(Balancer& balancer, const View& view) const {
  auto& inputs = balancer.shown.inputs;
  inputs = {};
  for (const ViewNode& node : view.nodes) ++(node.is_alive ? inputs.nodes_alive : inputs.nodes_gone);
  for (const ViewRange& range : view.ranges) {
    if (range.what.store != balancer.shown.store) continue;
    ++inputs.ranges;
    if (!pace_.held(range, now_ms_).empty()) ++inputs.ranges_busy;
    if (range.leader == NodeId::none) ++inputs.ranges_leaderless;
  }
}

void Controller::decide(Balancer& balancer, const View& view, Plan&& plan) {
  std::set<std::uint64_t> seen;
  BalancerExplanation& shown = balancer.shown;
  shown.decision_count = plan.commands.size();
  for (Command& command : plan.commands) {
    Decision decision = decide_one(balancer, view, std::move(command), seen);
    if (decision.state == Decision::State::given) give(balancer, view, decision);
    if (decision.state == Decision::State::held) ++shown.counts.held;
    if (decision.refusal) {
      ++shown.counts.refused[static_cast<std::size_t>(*decision.refusal)];
      ports_.refused(shown.store, shown.name, decision.command, {*decision.refusal, decision.why});
    }
    if (shown.decisions.size() < decisions_shown) shown.decisions.push_back(std::move(decision));
  }
}

// Why the range can't get the command now; empty: it can.
std::string_view Controller::held(const Command& what, const ViewRange& range) const {
  const auto* merge = std::get_if<Merge>(&what.what);
  const ViewRange* other = merge ? ranges_.at(merge->other) : nullptr;
  std::string_view why = pace_.held(range, now_ms_);
  if (why.empty() && other) why = pace_.held(*other, now_ms_);
  const bool is_provisional = range.is_provisional || (other && other->is_provisional);
  if (why.empty() && is_provisional && (other || std::holds_alternative<Split>(what.what)))
    why = "recovered on nothing but silence: it is not reshaped before that is decided";
  return why;
}

Decision Controller::decide_one(Balancer& balancer, const View& view, Command&& command,
                                std::set<std::uint64_t>& seen) {
  Decision decision;
  decision.command = std::move(command);
  const Command& what = decision.command;
  const auto refuse = [&](Refusal why, std::string text) {
    decision.state = Decision::State::refused;
    decision.refusal = why;
    decision.why = std::move(text);
    return decision;
  };
  const auto found = ranges_.find(what.range);
  const ViewRange* range = found == ranges_.end() ? nullptr : found->second;
  if (auto refused = verify(what, balancer.shown.store, view, range))
    return refuse(refused->why, std::move(refused->text));
  const auto* merge = std::get_if<Merge>(&what.what);
  if (!seen.insert(what.range).second || (merge && !seen.insert(merge->other).second))
    return refuse(Refusal::twice, "the plan has another command for the range");
  std::string_view why = held(what, *range);
  if (why.empty() && pace_.is_flip_flop(what, now_ms_))
    return refuse(Refusal::flip_flop, "the range was brought there " +
                                          std::to_string(pace_.count_of(what, now_ms_)) +
                                          " times of late, and did not stay");
  if (why.empty() && pace_.is_full(what)) why = "others are under way";
  if (scope_ == Scope::recoveries && !std::holds_alternative<Recover>(what.what))
    why = "nobody leads meta; until then ranges are recovered only";
  if (!why.empty()) {
    decision.state = Decision::State::held;
    decision.why = why;
  }
  return decision;
}

void Controller::give(Balancer& balancer, const View& view, Decision& decision) {
  decision.number = ++last_number_;
  ++balancer.shown.counts.given;
  pace_.given(decision.command, view.now_ms);
  given_.push_back({decision.number, balancer.shown.store, balancer.shown.name, decision.command, view.now_ms,
                    std::string(running), ""});
  const auto over = std::find_if(given_.begin(), given_.end(),
                                 [](const GivenCommand& one) { return one.state != running; });
  if (given_.size() > given_shown && over != given_.end()) given_.erase(over);
  ports_.give(decision.number, decision.command, balancer.shown.store, balancer.shown.name);
}

void Controller::ended(std::uint64_t number, bool is_done, std::string_view state, std::string_view detail,
                       std::int64_t now_ms) {
  const auto found = std::find_if(given_.begin(), given_.end(),
                                  [number](const GivenCommand& one) { return one.number == number; });
  if (found == given_.end() || found->state != running) return;
  found->state = state;
  found->detail = detail;
  pace_.ended(found->command.range, is_done, now_ms);
  for (Balancer& balancer : balancers_)
    if (balancer.shown.store == found->store && balancer.shown.name == found->balancer)
      ++(is_done ? balancer.shown.counts.done : balancer.shown.counts.failed);
}

Explanation Controller::explain() const {
  Explanation all;
  all.is_planner = is_planner_;
  all.now_ms = now_ms_;
  for (const Balancer& balancer : balancers_) all.balancers.push_back(balancer.shown);
  all.given.assign(given_.begin(), given_.end());
  return all;
}

}  // namespace tenon::balance
