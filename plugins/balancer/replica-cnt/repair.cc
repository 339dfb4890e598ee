#include "replica-cnt/repair.h"

#include <algorithm>
#include <tuple>

namespace tenon::replica_cnt {

using balancer::contains;
using balancer::learners_of;
using balancer::node_text;
using balancer::replica_at;
using balancer::voters_of;
using Nodes = std::vector<std::uint64_t>;

namespace {

std::string list_of(const Nodes& nodes) {
  std::string text;
  for (const std::uint64_t node : nodes) text += (text.empty() ? "" : ", ") + node_text(node);
  return text;
}

// Voters that may be missing before nothing can be decided.
std::size_t spare(std::size_t voters, std::size_t alive) {
  const std::size_t quorum = voters / 2 + 1;
  return alive < quorum ? 0 : alive - quorum;
}

class RangeRepair {
 public:
  RangeRepair(const Landscape& land, const tenon_balancer_range& range, const Wanted& wanted,
              const Options& options, Counts& counts)
      : land_(land), range_(range), wanted_(wanted), options_(options), counts_(counts) {}

  Repair run() {
    sort_voters();
    choose_voters();
    keep_leader();
    choose_learners();
    Repair result;
    result.await_ms = await_ms_;
    const Nodes voters_now(voters_of(range_).begin(), voters_of(range_).end());
    const Nodes learners_now(learners_of(range_).begin(), learners_of(range_).end());
    if (voters_ == voters_now && learners_ == learners_now) return result;
    if (!contains(voters_, range_.leader)) {
      result.command = hand_over(land_, range_, unfit_, "its leader is to be replaced: " + reason());
      return result;
    }
    result.command = sdk::BalancerCommand::to(range_, TENON_COMMAND_MEMBERS, reason());
    result.command->voters = voters_;
    result.command->learners = learners_;
    result.command->cost_bytes = cost();
    count();
    return result;
  }

 private:
  // Into those that stay, and those that are to be replaced.
  void sort_voters() {
    const auto voters = voters_of(range_);
    const std::size_t away = static_cast<std::size_t>(std::count_if(
        voters.begin(), voters.end(), [&](std::uint64_t node) { return !land_.is_alive(node); }));
    // One more that goes would be one too many: with several away at once this is no restart.
    const bool is_urgent = away > 1 && spare(voters.size(), voters.size() - away) == 0;
    for (const std::uint64_t node : voters) {
      const bool is_lost = is_lost_for(node, is_urgent ? 0 : options_.grace_ms);
      const bool declines = land_.declines(node);
      (is_lost || declines ? unfit_ : voters_).push_back(node);
      if (land_.is_removed(node))
        removed_.push_back(node);
      else if (is_lost)
        lost_.push_back(node);
      else if (land_.is_emptied(node))
        emptied_.push_back(node);
      else if (declines)
        declining_.push_back(node);
    }
  }

  bool is_lost_for(std::uint64_t node, std::int64_t grace_ms) {
    const auto gone = land_.gone_for_ms(node);
    if (!gone) return false;
    if (*gone >= grace_ms) return true;
    const std::int64_t left = grace_ms - *gone;
    if (await_ms_ == 0 || left < await_ms_) await_ms_ = left;
    return false;
  }

  void choose_voters() {
    while (voters_.size() > wanted_.voters) take_one_out();
    while (voters_.size() < wanted_.voters && add_one()) {
    }
    keep_unfit();
    make_odd();
    std::sort(voters_.begin(), voters_.end());
  }

  // An even number of voters is no safer than one less, and has one more that can fail. So where one was
  // added, one goes: of those that are to go anyway, if any of them was to stay.
  void make_odd() {
    if (voters_.size() % 2 != 0 || added_.empty()) return;
    Nodes& last = kept_.empty() ? added_ : kept_;
    std::erase(voters_, last.back());
    last.pop_back();
  }

  // A leader that is to go hands over to a voter that stays. Where there is none, it stays itself until one
  // that is new can lead, in the place of another that is new; a single voter stays beside its heir for that
  // time.
  void keep_leader() {
    if (added_.empty() || !contains(unfit_, range_.leader) || contains(voters_, range_.leader)) return;
    if (!land_.is_alive(range_.leader) || has_heir()) return;
    if (voters_.size() > 1) {
      std::erase(voters_, added_.back());
      added_.pop_back();
    } else if (wanted_.voters > 1) {
      return;  // two voters that are not to become one again: each of them is one that can fail
    }
    voters_.push_back(range_.leader);
    kept_.push_back(range_.leader);
    std::sort(voters_.begin(), voters_.end());
  }

  // Whether a voter stays that may lead, now or once it has caught up.
  bool has_heir() const {
    const auto now = voters_of(range_);
    return std::any_of(now.begin(), now.end(), [this](std::uint64_t node) {
      return contains(voters_, node) && land_.is_alive(node) && !land_.is_drained(*land_.find(node));
    });
  }

  // Who has most; never who leads.
  void take_one_out() {
    const auto worth = [this](std::uint64_t node) {
      const auto place = land_.find(node);
      const std::uint64_t voters = place ? counts_.voters(*place) : 0;
      return std::tuple(node == range_.leader, land_.is_alive(node), ~voters, node);
    };
    const auto out =
        std::min_element(voters_.begin(), voters_.end(), [&](auto a, auto b) { return worth(a) < worth(b); });
    surplus_.push_back(*out);
    voters_.erase(out);
  }

  // A learner that is there, or a node that has nothing of the range.
  bool add_one() {
    const auto learners = learners_of(range_);
    std::optional<Place> next;
    if (wanted_.learners >= 0) next = next_learner(learners);
    if (!next) next = counts_.next(voters_, unfit_, options_.zones);
    if (!next) return false;
    const std::uint64_t node = land_.node(*next).id;
    voters_.push_back(node);
    added_.push_back(node);
    return true;
  }

  std::optional<Place> next_learner(std::span<const std::uint64_t> learners) const {
    std::optional<Place> best;
    for (const std::uint64_t node : learners) {
      const auto place = land_.find(node);
      if (!place || !land_.takes(*place) || contains(voters_, node)) continue;
      if (!best || counts_.voters(*place) < counts_.voters(*best)) best = place;
    }
    return best;
  }

  // With nobody to take their place, those that are to go stay, as many as are wanted: who is there first,
  // and of them who leads; then those that are gone, who may come back without a copy, unless the rest is
  // safer without them. Whoever was removed goes in any case.
  void keep_unfit() {
    Nodes candidates;
    for (const std::uint64_t node : unfit_)
      if (!land_.is_removed(node)) candidates.push_back(node);
    std::stable_sort(candidates.begin(), candidates.end(), [this](std::uint64_t a, std::uint64_t b) {
      const auto rank = [this](std::uint64_t node) {
        return std::tuple(!land_.is_alive(node), node != range_.leader);
      };
      return rank(a) < rank(b);
    });
    for (const std::uint64_t node : candidates) {
      if (voters_.size() >= wanted_.voters) return;
      const std::size_t alive = count_alive(voters_);
      const bool is_there = land_.is_alive(node);
      if (!is_there && spare(voters_.size() + 1, alive) < spare(voters_.size(), alive)) return;
      voters_.push_back(node);
      kept_.push_back(node);
    }
  }

  std::size_t count_alive(const Nodes& nodes) const {
    return static_cast<std::size_t>(std::count_if(
        nodes.begin(), nodes.end(), [this](std::uint64_t node) { return land_.is_alive(node); }));
  }

  void choose_learners() {
    for (const std::uint64_t node : learners_of(range_))
      if (!contains(voters_, node) && !is_lost_for(node, options_.grace_ms) && !is_to_go(node))
        learners_.push_back(node);
    if (wanted_.learners < 0) {
      // Who votes no more goes on as one of the others.
      for (const std::uint64_t node : voters_of(range_))
        if (!contains(voters_, node) && land_.is_taker(node)) learners_.push_back(node);
    } else {
      while (learners_.size() > static_cast<std::size_t>(wanted_.learners)) learners_.pop_back();
      Nodes taken = voters_;
      while (learners_.size() < static_cast<std::size_t>(wanted_.learners)) {
        const auto next = counts_.next(taken, learners_, false);
        if (!next) break;
        learners_.push_back(land_.node(*next).id);
      }
    }
    std::sort(learners_.begin(), learners_.end());
  }

  // Where all nodes learn, those that take no voters do, too.
  bool is_to_go(std::uint64_t learner) const {
    return wanted_.learners < 0 ? land_.is_emptied(learner) : land_.declines(learner);
  }

  Nodes leaving(const Nodes& nodes) const {
    Nodes out;
    for (const std::uint64_t node : nodes)
      if (!contains(voters_, node)) out.push_back(node);
    return out;
  }

  std::string reason() const {
    std::string text;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (!removed_.empty()) add("removed from the cluster: " + list_of(removed_));
    if (const Nodes lost = leaving(lost_); !lost.empty())
      add("gone for " + std::to_string(options_.grace_ms / 1000) + " s or more: " + list_of(lost));
    if (const Nodes drained = leaving(emptied_); !drained.empty()) add("drained: " + list_of(drained));
    if (const Nodes others = leaving(declining_); !others.empty())
      add("takes no replicas of the store any more: " + list_of(others));
    if (!added_.empty()) add("new among the voters: " + list_of(added_));
    if (!surplus_.empty()) add("more than " + std::to_string(wanted_.voters) + " vote");
    if (text.empty()) add("learners are to be " + std::to_string(wanted_.learners));
    return text;
  }

  std::uint64_t cost() const {
    std::uint64_t copies = 0;
    for (const auto* nodes : {&voters_, &learners_})
      for (const std::uint64_t node : *nodes)
        if (!contains(voters_of(range_), node) && !contains(learners_of(range_), node)) ++copies;
    if (copies == 0) return 0;
    return range_.size_bytes == TENON_BALANCER_UNKNOWN ? TENON_BALANCER_UNKNOWN : copies * range_.size_bytes;
  }

  void count() {
    for (const std::uint64_t node : voters_of(range_)) counts_.remove(node);
    for (const std::uint64_t node : voters_) counts_.add(node);
  }

  const Landscape& land_;
  const tenon_balancer_range& range_;
  const Wanted& wanted_;
  const Options& options_;
  Counts& counts_;
  Nodes voters_;  // that are to be
  Nodes learners_;
  Nodes unfit_;      // voters that should go
  Nodes lost_;       // of those, the ones that are gone
  Nodes emptied_;    // ... that an operator drains
  Nodes removed_;    // ... that do not come back
  Nodes declining_;  // ... that take no replicas of the store
  Nodes kept_;       // ... that stay all the same
  Nodes added_;
  Nodes surplus_;
  std::int64_t await_ms_ = 0;
};

}  // namespace

Repair repair(const Landscape& land, const tenon_balancer_range& range, const Wanted& wanted,
              const Options& options, Counts& counts) {
  return RangeRepair(land, range, wanted, options, counts).run();
}

std::optional<sdk::BalancerCommand> hand_over(const Landscape& land, const tenon_balancer_range& range,
                                              std::span<const std::uint64_t> excluded, std::string reason) {
  const tenon_balancer_replica* best = nullptr;
  for (const std::uint64_t node : voters_of(range)) {
    const auto* replica = replica_at(range, node);
    const auto place = land.find(node);
    const bool can_lead =
        node != range.leader && land.is_alive(node) && !land.is_drained(*place) &&
        !contains(excluded, node) && replica && (replica->flags & TENON_REPLICA_USABLE) != 0 &&
        (replica->flags & TENON_REPLICA_BEHIND) == 0 && replica->lag != TENON_BALANCER_UNKNOWN;
    if (can_lead && (!best || replica->lag < best->lag)) best = replica;
  }
  if (!best) return std::nullopt;
  auto command = sdk::BalancerCommand::to(range, TENON_COMMAND_TRANSFER, std::move(reason));
  command.node = best->node;
  return command;
}

}  // namespace tenon::replica_cnt
