#include "range-leader/load_swap.h"

#include <algorithm>

namespace tenon::range_leader {

using balancer::load_of;

namespace {

class LoadSwap {
 public:
  LoadSwap(const Landscape& land, const LeaderFlow& flow, const Options& options)
      : land_(land), flow_(flow), options_(options) {}

  std::vector<Move> run() {
    const auto& nodes = flow_.nodes();
    if (nodes.size() < 2 || is_even()) return {};
    std::vector<Place> by_load(nodes.begin(), nodes.end());
    std::stable_sort(by_load.begin(), by_load.end(),
                     [this](Place a, Place b) { return per_core(a) < per_core(b); });
    const Place hot = by_load.back();
    for (const Place cool : by_load) {
      if (cool == hot) break;
      if (auto moves = between(hot, cool); !moves.empty()) return moves;
    }
    return {};
  }

 private:
  std::uint64_t per_core(Place place) const {
    return flow_.load(place) / std::max(land_.node(place).cores, 1u);
  }

  bool is_even() const {
    std::uint64_t sum = 0;
    std::uint64_t most = 0;
    std::uint64_t least = UINT64_MAX;
    for (const Place place : flow_.nodes()) {
      sum += per_core(place);
      most = std::max(most, per_core(place));
      least = std::min(least, per_core(place));
    }
    const std::uint64_t mean = sum / flow_.nodes().size();
    return most - least < options_.load_bytes_min || most * 100 < mean * (100 + options_.load_percent);
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
