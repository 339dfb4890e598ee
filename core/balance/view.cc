#include "balance/view.h"

#include <algorithm>
#include <tuple>

namespace tenon::balance {

const ViewNode* View::node(NodeId id) const {
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), id,
                                      [](const ViewNode& node, NodeId wanted) { return node.id < wanted; });
  return found == nodes.end() || found->id != id ? nullptr : &*found;
}

const ViewRange* View::range(std::uint64_t id) const {
  const auto found =
      std::find_if(ranges.begin(), ranges.end(), [id](const ViewRange& range) { return range.id == id; });
  return found == ranges.end() ? nullptr : &*found;
}

void View::sort() {
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::sort(ranges.begin(), ranges.end(), [](const ViewRange& a, const ViewRange& b) {
    return std::tie(a.what.store, a.what.begin, a.id) < std::tie(b.what.store, b.what.begin, b.id);
  });
  for (ViewRange& range : ranges) {
    for (auto* members :
         {&range.what.members.voters, &range.what.members.outgoing, &range.what.members.learners})
      std::sort(members->begin(), members->end());
    std::sort(range.replicas.begin(), range.replicas.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
  }
}

}  // namespace tenon::balance
