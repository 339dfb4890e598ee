#include "broker/traffic/placement.h"

namespace tenon::broker {

namespace {

// With one more client, `a` has more for its weight than `b`. REQUIRES: both have a weight.
bool is_fuller(const NodeShare& a, const NodeShare& b) {
  return (a.clients + 1) * b.weight > (b.clients + 1) * a.weight;
}

std::optional<std::size_t> emptiest(std::span<const NodeShare> others, bool needs_address) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const NodeShare& other = others[i];
    if (other.weight == 0 || !other.lets_in || (needs_address && !other.has_address)) continue;
    if (!best || is_fuller(others[*best], other)) best = i;
  }
  return best;
}

bool is_above_share(const NodeShare& self, std::span<const NodeShare> others) {
  std::uint64_t clients = self.clients + 1;
  std::uint64_t weight = self.weight;
  for (const NodeShare& other : others) {
    if (other.weight == 0 || !other.lets_in) continue;
    clients += other.clients;
    weight += other.weight;
  }
  if (self.clients + 1 <= share_slack_clients) return false;
  return (self.clients + 1 - share_slack_clients) * 100 * weight >
         (100 + share_slack_percent) * clients * self.weight;
}

}  // namespace

Placement place(const NodeShare& self, std::span<const NodeShare> others, bool can_be_told) {
  if (self.weight == 0) return {false, emptiest(others, true)};
  if (!can_be_told || !is_above_share(self, others)) return {};
  const auto to = emptiest(others, true);
  if (!to || !is_fuller(self, others[*to])) return {};
  return {false, to};
}

}  // namespace tenon::broker
