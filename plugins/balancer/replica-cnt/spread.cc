#include "replica-cnt/spread.h"

#include <algorithm>

namespace tenon::replica_cnt {

using balancer::contains;
using balancer::is_busy;
using balancer::learners_of;
using balancer::node_text;
using balancer::voters_of;
using Nodes = std::vector<std::uint64_t>;

namespace {

class Spread {
 public:
  Spread(const Landscape& land, const Wanted& wanted, const Options& options, Counts& counts)
      : land_(land), wanted_(wanted), options_(options), counts_(counts) {}

  std::vector<sdk::BalancerCommand> run() {
    for (const tenon_balancer_range& range : land_.view().own_ranges())
      if (is_sound(range)) ranges_.push_back(&range);
    if (options_.zones && counts_.zone_count() > 1) over_zones();
    if (options_.spread) over_nodes();
    return std::move(commands_);
  }

 private:
  bool is_full() const { return commands_.size() >= options_.moves_max; }

  bool is_sound(const tenon_balancer_range& range) const {
    const auto voters = voters_of(range);
    return !is_busy(range) && range.leader != 0 &&
           std::all_of(voters.begin(), voters.end(),
                       [this](std::uint64_t node) { return land_.is_taker(node); });
  }

  void over_zones() {
    for (auto& range : ranges_) {
      if (is_full()) return;
      const auto voters = voters_of(*range);
      const std::size_t zones = counts_.zones_of(voters);
      if (zones >= std::min(voters.size(), counts_.zone_count())) continue;
      const auto target = counts_.next(voters, {}, true);
      if (!target) continue;
      // Out of the zone in which it has most, and there from the node that has most.
      const std::uint64_t out = fullest_of_shared_zone(*range);
      if (out == 0) continue;
      Nodes after = swapped(voters, out, land_.node(*target).id);
      if (counts_.zones_of(after) <= zones) continue;
      move(*range, out, *target, "its voters are in " + balancer::count_text(zones, "zone") + " only");
      range = nullptr;
    }
    std::erase(ranges_, nullptr);
  }

  std::uint64_t fullest_of_shared_zone(const tenon_balancer_range& range) const {
    std::uint64_t best = 0;
    for (const std::uint64_t node : voters_of(range)) {
      const auto zone = counts_.zone_of(node);
      const auto same = std::count_if(voters_of(range).begin(), voters_of(range).end(),
                                      [&](std::uint64_t other) { return counts_.zone_of(other) == zone; });
      if (node == range.leader || (same < 2 && !zone.empty())) continue;
      if (best == 0 || count_at(node) > count_at(best)) best = node;
    }
    return best;
  }

  void over_nodes() {
    for (auto& range : ranges_) {
      if (is_full() || is_even()) return;
      if (move_from(*range)) range = nullptr;
    }
    std::erase(ranges_, nullptr);
    // Only leaders are left on nodes that have too many.
    for (const tenon_balancer_range* range : ranges_) {
      if (is_full() || is_even()) return;
      if (!may_go(range->leader)) continue;
      const auto target = target_of(*range, range->leader);
      if (!target) continue;
      auto command = hand_over(
          land_, *range, {},
          "its leader's node has " + count_and_share(range->leader) + ", and the replica is to move");
      if (!command) continue;
      commands_.push_back(std::move(*command));
      // It moves with a later plan; nothing else has to.
      counts_.remove(range->leader);
      counts_.add(land_.node(*target).id);
    }
  }

  bool move_from(const tenon_balancer_range& range) {
    std::uint64_t out = 0;
    for (const std::uint64_t node : voters_of(range))
      if (node != range.leader && may_go(node) && (out == 0 || count_at(node) > count_at(out))) out = node;
    if (out == 0) return false;
    const auto target = target_of(range, out);
    if (!target) return false;
    move(range, out, *target,
         node_text(out) + " has " + count_and_share(out) + ", " + node_text(land_.node(*target).id) + " " +
             std::to_string(counts_.voters(*target)));
    return true;
  }

  std::uint64_t count_at(std::uint64_t node) const { return counts_.voters(*land_.find(node)); }
  bool may_go(std::uint64_t node) const { return count_at(node) > counts_.even_min(); }

  // Where a voter of `out` goes: both come nearer to their share by that.
  std::optional<Place> target_of(const tenon_balancer_range& range, std::uint64_t out) const {
    const auto voters = voters_of(range);
    const std::size_t zones = counts_.zones_of(voters);
    std::optional<Place> best;
    for (Place place = 0; place < land_.node_count(); ++place) {
      const std::uint64_t node = land_.node(place).id;
      if (!land_.takes(place) || contains(voters, node)) continue;
      const std::uint64_t count = counts_.voters(place);
      const bool helps = (count_at(out) > counts_.even_max() && count < counts_.even_max()) ||
                         (count_at(out) > counts_.even_min() && count < counts_.even_min());
      if (!helps || (best && counts_.voters(*best) <= count)) continue;
      if (options_.zones && counts_.zones_of(swapped(voters, out, node)) < zones) continue;
      best = place;
    }
    return best;
  }

  bool is_even() const {
    for (Place place = 0; place < land_.node_count(); ++place) {
      const std::uint64_t count = counts_.voters(place);
      if (land_.takes(place) && (count > counts_.even_max() || count < counts_.even_min())) return false;
    }
    return true;
  }

  std::string count_and_share(std::uint64_t node) const {
    const std::string least = std::to_string(counts_.even_min());
    const std::string most = std::to_string(counts_.even_max());
    return balancer::count_text(count_at(node), "voter") + " of its share of " +
           (least == most ? least : least + " to " + most);
  }

  static Nodes swapped(std::span<const std::uint64_t> voters, std::uint64_t out, std::uint64_t in) {
    Nodes after(voters.begin(), voters.end());
    std::replace(after.begin(), after.end(), out, in);
    std::sort(after.begin(), after.end());
    return after;
  }

  void move(const tenon_balancer_range& range, std::uint64_t out, Place target, std::string reason) {
    const std::uint64_t in = land_.node(target).id;
    auto command = sdk::BalancerCommand::to(range, TENON_COMMAND_MEMBERS, std::move(reason));
    command.voters = swapped(voters_of(range), out, in);
    const auto learners = learners_of(range);
    const bool is_learner = contains(learners, in);
    for (const std::uint64_t node : learners)
      if (node != in) command.learners.push_back(node);
    if (wanted_.learners < 0 || (is_learner && wanted_.learners > 0)) command.learners.push_back(out);
    std::sort(command.learners.begin(), command.learners.end());
    command.cost_bytes = is_learner ? 0 : range.size_bytes;
    commands_.push_back(std::move(command));
    counts_.remove(out);
    counts_.add(in);
  }

  const Landscape& land_;
  const Wanted& wanted_;
  const Options& options_;
  Counts& counts_;
  std::vector<const tenon_balancer_range*> ranges_;
  std::vector<sdk::BalancerCommand> commands_;
};

}  // namespace

std::vector<sdk::BalancerCommand> spread(const Landscape& land, const Wanted& wanted, const Options& options,
                                         Counts& counts) {
  return Spread(land, wanted, options, counts).run();
}

}  // namespace tenon::replica_cnt
