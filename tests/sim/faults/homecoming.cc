#include "sim/faults/homecoming.h"

#include <map>
#include <tuple>
#include <utility>

#include "store/orders/order.h"

namespace tenon::sim {
namespace {

constexpr std::int64_t order_interval_ns = 3 * ns_per_s;

// What was heard last of a range; its later incarnations come behind.
auto order_of(const kv::RangeId& range, const kv::Descriptor& descriptor) {
  return std::tuple(kv::era_of(descriptor.epoch), range.incarnation, descriptor.epoch.members);
}

}  // namespace

Homecoming::Homecoming(World& world, const Nodes& nodes, test::SimRandom& random)
    : world_(world), nodes_(nodes), random_(random) {}

bool Homecoming::step() {
  std::map<std::uint64_t, std::pair<kv::RangeId, kv::Descriptor>> newest;  // by the number of the range
  for (const auto& node : nodes_) {
    if (!node->is_up()) return false;
    node->keeper().ranges().each([&](const kv::RangeTable::Entry& entry) {
      auto& [range, descriptor] = newest[entry.id.number];
      if (order_of(entry.id, entry.descriptor) < order_of(range, descriptor)) return;
      range = entry.id;
      descriptor = entry.descriptor;
    });
  }
  bool is_done = true;
  const bool orders = world_.now_ns() - ordered_ns_ >= order_interval_ns;
  if (orders) ordered_ns_ = world_.now_ns();
  store::ChangeMembers everybody;
  for (const auto& node : nodes_) everybody.voters.push_back(node->id());
  for (const auto& [number, one] : newest) {
    const auto& [range, descriptor] = one;
    if (descriptor.members.voters.size() == nodes_.size() && descriptor.members.outgoing.empty()) continue;
    is_done = false;
    if (!orders) continue;
    SimNode& node = *nodes_[random_.below(nodes_.size())];
    store::Request request;
    request.kind = store::Request::Kind::order;
    request.range = range;
    request.text = encode(store::Order{random_.next(), range, descriptor.epoch, "all are back", everybody});
    node.ask(std::move(request), 10 * ns_per_s,
             [this, number = number](const std::optional<store::Answer>& answer) {
               if (answer) world_.trace().note("members.answer", {number}, answer->text);
             });
  }
  return is_done;
}

}  // namespace tenon::sim
