#include "recovery/rule.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "common/landscape.h"

namespace tenon::recovery {

using balancer::count_text;
using balancer::node_text;
using balancer::replica_at;
using balancer::voters_of;
using Range = tenon_balancer_range;

namespace {

class Planner {
 public:
  Planner(const sdk::BalancerView& view, const Options& options)
      : view_(view), options_(options), land_(view) {}

  sdk::BalancerPlan run() {
    for (const Range& range : view_.own_ranges()) look_at(range);
    plan_.reason = leaderless_ == 0 ? "each range has a leader"
                                    : count_text(leaderless_, "range") + " without a leader: " + words();
    return std::move(plan_);
  }

 private:
  std::string words() const {
    if (!plan_.commands.empty()) return std::to_string(plan_.commands.size()) + " to be recovered";
    return obstacle_.empty() ? "a majority is there to elect one" : obstacle_;
  }

  void look_at(const Range& range) {
    if (range.leader != 0) return;
    ++leaderless_;
    std::vector<std::uint64_t> live;
    std::vector<std::uint64_t> missing;
    for (const std::uint64_t voter : voters_of(range)) {
      const auto* replica = replica_at(range, voter);
      const bool is_there = land_.is_alive(voter) && replica && (replica->flags & TENON_REPLICA_USABLE) != 0;
      (is_there ? live : missing).push_back(voter);
    }
    if (live.size() > range.voter_count / 2) return;
    if (live.empty()) return note("no voter of range " + std::to_string(range.id) + " is there");
    if ((range.flags & TENON_RANGE_PROVISIONAL) != 0)
      return note("range " + std::to_string(range.id) +
                  " was recovered on nothing but silence, and an operator has to decide what becomes of it");
    if (!is_over(range, missing)) return;
    const auto doubt = first_without(missing, &Planner::has_evidence);
    if (doubt && options_.evidence == Evidence::proof)
      return note("nothing speaks against " + node_text(*doubt) + " but its silence");
    if (const auto there = first_without(missing, &Planner::is_gone))
      return note(node_text(*there) + " is there, and its replica of range " + std::to_string(range.id) +
                  " can't be used");
    add(range, live, missing, doubt ? Evidence::timeout : Evidence::proof);
  }

  // Empty: it holds for all.
  std::optional<std::uint64_t> first_without(const std::vector<std::uint64_t>& nodes,
                                             bool (Planner::*holds)(std::uint64_t) const) const {
    for (const std::uint64_t node : nodes)
      if (!(this->*holds)(node)) return node;
    return std::nullopt;
  }
  // Who plans has seen it go, or missed it since it began.
  bool is_gone(std::uint64_t node) const {
    const auto place = land_.find(node);
    return place && land_.node(*place).state != TENON_NODE_ALIVE;
  }

  void note(std::string text) {
    if (obstacle_.empty()) obstacle_ = std::move(text);
  }

  // The time that has to pass, for the range and for each node that is missing.
  bool is_over(const Range& range, const std::vector<std::uint64_t>& missing) {
    std::int64_t left = options_.timeout_ms - (view_.now_ms() - range.leader_since_ms);
    for (const std::uint64_t node : missing)
      if (const auto gone = land_.gone_for_ms(node)) left = std::max(left, options_.timeout_ms - *gone);
    if (left <= 0) return true;
    plan_.await_ms = plan_.await_ms == 0 ? left : std::min(plan_.await_ms, left);
    note("there is time until " + std::to_string(options_.timeout_ms / 1000) + " s are over");
    return false;
  }

  bool has_evidence(std::uint64_t node) const {
    const auto place = land_.find(node);
    if (!place || land_.node(*place).state == TENON_NODE_ALIVE) return false;
    const std::uint32_t evidence = land_.node(*place).evidence;
    return evidence == TENON_EVIDENCE_REFUSED || evidence == TENON_EVIDENCE_MARKED;
  }

  // Which log goes furthest: by term, then by index; the lowest id among equals.
  static std::uint64_t most_advanced(const Range& range, const std::vector<std::uint64_t>& live) {
    const auto worth = [&](std::uint64_t node) {
      const auto* replica = replica_at(range, node);
      const bool is_known = replica->last_index != TENON_BALANCER_UNKNOWN;
      return std::tuple(replica->term, is_known ? replica->last_index : 0, ~node);
    };
    return *std::max_element(live.begin(), live.end(), [&](auto a, auto b) { return worth(a) < worth(b); });
  }

  void add(const Range& range, const std::vector<std::uint64_t>& live,
           const std::vector<std::uint64_t>& missing, Evidence evidence) {
    const bool is_proof = evidence == Evidence::proof;
    std::string names;
    for (const std::uint64_t node : missing) names += (names.empty() ? "" : ", ") + node_text(node);
    auto command = sdk::BalancerCommand::to(
        range, TENON_COMMAND_RECOVER,
        std::string(is_proof ? "proof" : "timeout") + ": without a leader, " + std::to_string(live.size()) +
            " of " + count_text(range.voter_count, "voter") + " there, missing: " + names +
            "; the log that goes furthest is at " + node_text(most_advanced(range, live)) +
            (is_proof ? "; what only the others had acknowledged is lost"
                      : "; if those who are silent have their majority, what they have wins"));
    command.voters = live;
    command.evidence = is_proof ? TENON_RECOVER_PROOF : TENON_RECOVER_TIMEOUT;
    plan_.commands.push_back(std::move(command));
  }

  const sdk::BalancerView& view_;
  const Options& options_;
  const balancer::Landscape land_;
  std::size_t leaderless_ = 0;
  std::string obstacle_;  // the first one
  sdk::BalancerPlan plan_;
};

}  // namespace

sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options) {
  return Planner(view, options).run();
}

}  // namespace tenon::recovery
