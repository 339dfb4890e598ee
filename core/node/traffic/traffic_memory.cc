#include "node/traffic/traffic_memory.h"

#include <algorithm>
#include <utility>

namespace tenon::node {

TrafficReports TrafficMemory::complete(TrafficReports&& round, MonoNs now_ns) {
  for (const auto& [node, report] : round.of) kept_.insert_or_assign(node, Kept{report, now_ns});
  std::erase_if(kept_, [&](const auto& one) {
    const bool is_linked =
        round.of.contains(one.first) || std::ranges::find(round.missing, one.first) != round.missing.end();
    return !is_linked || now_ns - one.second.since_ns >= kept_ns;
  });
  for (const auto& [node, kept] : kept_) round.of.try_emplace(node, kept.report);
  return std::move(round);
}

}  // namespace tenon::node
