#include "range-leader/leader_flow.h"

#include <algorithm>
#include <deque>

namespace tenon::range_leader {

using balancer::is_busy;
using balancer::load_of;
using balancer::replica_at;
using balancer::voters_of;

LeaderFlow::LeaderFlow(const Landscape& land, const Options& options)
    : land_(land), options_(options), nodes_(land.node_count()) {
  for (Node& node : nodes_) node.may_go.resize(nodes_.size());
  for (const tenon_balancer_range& range : land.view().ranges()) {
    for (const std::uint64_t voter : voters_of(range)) {
      const auto place = land.find(voter);
      if (!place || land.is_drained(*place) || (!land.takes(*place) && range.leader != voter)) continue;
      const bool has_settled = land.view().now_ms() - land.node(*place).since_ms >= options.settle_ms;
      if (has_settled || range.leader == voter) nodes_[*place].is_able = true;
    }
    const auto leader = land.find(range.leader);
    if (!leader) continue;
    ++nodes_[*leader].count;
    nodes_[*leader].load += load_of(range);
    if (range.store == land.view().store() && !is_busy(range)) add_edges(range, *leader);
  }
  for (Place place = 0; place < nodes_.size(); ++place) {
    if (!nodes_[place].is_able) continue;
    able_.push_back(place);
    total_ += nodes_[place].count;
  }
}

bool LeaderFlow::may_lead(const tenon_balancer_range& range, std::uint64_t node) {
  const auto place = land_.find(node);
  if (!place || !land_.takes(*place) ||
      land_.view().now_ms() - land_.node(*place).since_ms < options_.settle_ms)
    return false;
  const auto* replica = replica_at(range, node);
  const bool keeps_up = replica && (replica->flags & TENON_REPLICA_USABLE) != 0 &&
                        (replica->flags & TENON_REPLICA_BEHIND) == 0 &&
                        replica->lag != TENON_BALANCER_UNKNOWN && replica->lag <= options_.lag_max;
  if (!keeps_up) ++lagging_;
  return keeps_up;
}

void LeaderFlow::add_edges(const tenon_balancer_range& range, Place leader) {
  for (const std::uint64_t voter : voters_of(range))
    if (voter != range.leader && may_lead(range, voter))
      nodes_[leader].may_go[*land_.find(voter)].push_back(&range);
}

// From the nodes above their share to one that may have one more.
std::vector<Place> LeaderFlow::chain(bool is_above, bool is_below_least) const {
  std::vector<Place> starts = able_;
  std::erase_if(starts,
                [&](Place place) { return nodes_[place].count <= (is_above ? even_max() : even_min()); });
  return nearest(fullest_first(std::move(starts)), is_below_least ? even_min() : even_max());
}

// Where the share of all is out of reach, as others lead ranges of stores of their own: to one that leads
// less by two at least.
std::vector<Place> LeaderFlow::chain_down() const {
  for (const Place start : fullest_first(able_)) {
    if (nodes_[start].count < 2) break;
    if (auto path = nearest({start}, nodes_[start].count - 1); !path.empty()) return path;
  }
  return {};
}

std::vector<Place> LeaderFlow::fullest_first(std::vector<Place> places) const {
  std::stable_sort(places.begin(), places.end(),
                   [this](Place a, Place b) { return nodes_[a].count > nodes_[b].count; });
  return places;
}

// To the nearest able node that leads fewer than `most`, over as few others as can be; among as near ones to
// the emptiest, from the first of `starts`.
std::vector<Place> LeaderFlow::nearest(const std::vector<Place>& starts, std::uint64_t most) const {
  constexpr Place none = SIZE_MAX;
  std::vector<Place> from(nodes_.size(), none);
  std::vector<std::size_t> depth(nodes_.size(), 0);
  std::deque<Place> queue(starts.begin(), starts.end());
  for (const Place start : starts) from[start] = start;
  Place end = none;
  while (!queue.empty()) {
    const Place at = queue.front();
    queue.pop_front();
    if (end != none && depth[at] >= depth[end]) break;
    for (Place to = 0; to < nodes_.size(); ++to) {
      if (from[to] != none || nodes_[at].may_go[to].empty()) continue;
      from[to] = at;
      depth[to] = depth[at] + 1;
      queue.push_back(to);
      const bool is_end = nodes_[to].is_able && nodes_[to].count < most;
      if (is_end && (end == none || (depth[to] == depth[end] && nodes_[to].count < nodes_[end].count)))
        end = to;
    }
  }
  if (end == none) return {};
  std::vector<Place> path{end};
  while (from[path.back()] != path.back()) path.push_back(from[path.back()]);
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<Move> LeaderFlow::moves_of(const std::vector<Place>& chain) const {
  std::vector<Move> moves;
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const std::uint64_t more = nodes_[chain[i]].load;
    const std::uint64_t less = nodes_[chain[i + 1]].load;
    moves.push_back(
        {pick(chain[i], chain[i + 1], more > less ? (more - less) / 2 : 0), chain[i], chain[i + 1]});
  }
  return moves;
}

std::vector<Move> LeaderFlow::next() {
  std::vector<Place> path = chain(true, false);
  if (path.empty()) path = chain(false, true);
  if (path.empty()) path = chain_down();
  return moves_of(path);
}

void LeaderFlow::take(const Move& move) {
  Node& from = nodes_[move.from];
  Node& to = nodes_[move.to];
  --from.count;
  ++to.count;
  const std::uint64_t load = load_of(*move.range);
  from.load -= load;
  to.load += load;
  for (auto& ranges : from.may_go) std::erase(ranges, move.range);
}

bool LeaderFlow::may_give(Place from) const {
  const auto& may_go = nodes_[from].may_go;
  return std::any_of(may_go.begin(), may_go.end(), [](const auto& ranges) { return !ranges.empty(); });
}

bool LeaderFlow::may_get(Place to) const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [to](const Node& node) { return !node.may_go[to].empty(); });
}

const tenon_balancer_range* LeaderFlow::pick(Place from, Place to, std::uint64_t load) const {
  const auto distance = [load](const tenon_balancer_range* range) {
    const std::uint64_t own = load_of(*range);
    return own > load ? own - load : load - own;
  };
  const auto& ranges = nodes_[from].may_go[to];
  const auto best = std::min_element(ranges.begin(), ranges.end(),
                                     [&](const auto* a, const auto* b) { return distance(a) < distance(b); });
  return best == ranges.end() ? nullptr : *best;
}

}  // namespace tenon::range_leader
