#include "range-leader/load_swap.h"

#include <algorithm>

namespace tenon::range_leader {

using balancer::load_of;

namespace {

class LoadSwap {
 public:
  LoadSwap(const Landscape& land, const LeaderFlow& flow, const Options& options)
      : land_(land), flow_(flow), options_(options) {}

  // Nodes that lead ranges of other stores only are no measure for the rest.
  std::vector<Move> run() {
    std::vector<Place> nodes = flow_.nodes();
    std::erase_if(nodes, [this](Place place) { return !flow_.may_give(place) && !flow_.may_get(place); });
    std::stable_sort(nodes.begin(), nodes.end(),
                     [this](Place a, Place b) { return per_core(a) < per_core(b); });
    const auto hot =
        std::find_if(nodes.rbegin(), nodes.rend(), [this](Place place) { return flow_.may_give(place); });
    if (hot == nodes.rend() || is_even(nodes, *hot)) return {};
    for (const Place cool : nodes) {
      if (cool == *hot) break;
      if (auto moves = between(*hot, cool); !moves.empty()) return moves;
    }
    return {};
  }

 private:
  std::uint64_t per_core(Place place) const {
    return flow_.load(place) / std::max(land_.node(place).cores, 1u);
  }

  // REQUIRES: `nodes` are sorted, the coolest first.
  bool is_even(const std::vector<Place>& nodes, Place hot) const {
    std::uint64_t sum = 0;
    for (const Place place : nodes) sum += per_core(place);
    const std::uint64_t most = per_core(hot);
    return most - per_core(nodes.front()) < options_.load_bytes_min ||
           most * 100 < sum / nodes.size() * (100 + options_.load_percent);
  }

  // The hotter of both has to come down by half of what moves at least, or loads that change a little would
  // be pushed to and fro.
  bool is_worth(Place hot, Place cool, std::uint64_t load) const {
    if (load == 0 || load > flow_.load(hot)) return false;
    const std::uint64_t more = (flow_.load(hot) - load) / std::max(land_.node(hot).cores, 1u);
    const std::uint64_t less = (flow_.load(cool) + load) / std::max(land_.node(cool).cores, 1u);
    const std::uint64_t step = load / std::max(land_.node(hot).cores, 1u) / 2;
    return std::max(more, less) + step <= per_core(hot);
  }

  std::vector<Move> between(Place hot, Place cool) const {
    const std::uint64_t half = (flow_.load(hot) - std::min(flow_.load(hot), flow_.load(cool))) / 2;
    const auto* hottest = flow_.pick(hot, cool, half);
    if (!hottest) return {};
    if (flow_.count(hot) > flow_.count(cool) && is_worth(hot, cool, load_of(*hottest)))
      return {{hottest, hot, cool}};
    const auto* coolest = flow_.pick(cool, hot, 0);
    if (!coolest || load_of(*coolest) >= load_of(*hottest) ||
        !is_worth(hot, cool, load_of(*hottest) - load_of(*coolest)))
      return {};
    return {{hottest, hot, cool}, {coolest, cool, hot}};
  }

  const Landscape& land_;
  const LeaderFlow& flow_;
  const Options& options_;
};

}  // namespace

std::vector<Move> next_for_load(const Landscape& land, const LeaderFlow& flow, const Options& options) {
  return LoadSwap(land, flow, options).run();
}

}  // namespace tenon::range_leader
