#include "node/recovery_health.h"

#include <set>
#include <utility>

#include "store/orders/order.h"

namespace tenon::node {

namespace {

constexpr std::string_view condition = "recovery";

void append(std::string& list, const std::string& one) {
  list += (list.empty() ? "" : ", ") + one;
}

std::string provisional_text(std::span<const store::RangeView> ranges) {
  std::string list;
  std::set<kv::NodeId> missing;
  for (const store::RangeView& range : ranges) {
    if (!range.is_provisional) continue;
    append(list, std::to_string(range.id.number));
    missing.insert(range.missing.begin(), range.missing.end());
  }
  if (list.empty()) return {};
  std::string silent;
  for (const kv::NodeId node : missing) append(silent, store::describe(node));
  return "recovered on nothing but silence: ranges " + list +
         (silent.empty() ? "" : "; silent were the nodes " + silent) +
         "; if these have their majority, what they have wins; if they are lost for good, remove each of "
         "them (tenonctl node remove), or have each range stay (tenonctl range recover ID --confirm)";
}

std::string kept_text(std::span<const store::RangeView> ranges) {
  std::string list;
  for (const store::RangeView& range : ranges)
    if (range.is_kept) append(list, std::to_string(range.id.number));
  if (list.empty()) return {};
  return "kept aside: this node's replicas of ranges " + list +
         ", as others have recovered these on nothing but silence and may lack what is acknowledged here; "
         "they serve nobody before the others of their groups are there, or the recovery is confirmed "
         "(tenonctl range recover ID --confirm), which gives them up";
}

}  // namespace

std::string recovery_trouble(std::span<const store::RangeView> ranges) {
  const std::string provisional = provisional_text(ranges);
  const std::string kept = kept_text(ranges);
  return provisional + (provisional.empty() || kept.empty() ? "" : ". ") + kept;
}

void show_recoveries(observe::Health& health, std::span<const store::RangeView> ranges) {
  const std::string trouble = recovery_trouble(ranges);
  if (trouble.empty())
    health.remove(condition);
  else
    health.set(condition, observe::HealthState::degraded, trouble);
}

}  // namespace tenon::node
