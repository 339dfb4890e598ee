#include "store/node_starts.h"

namespace tenon::store {

void NodeStarts::on_up(NodeId node, std::uint64_t start_number) {
  const auto [known, is_new] = by_tag_.try_emplace(kv::source_tag(node), Node{node, start_number});
  Node& entry = known->second;
  if (entry.id != node) {
    entry.id = NodeId::none;
    return;
  }
  // Also when it is an earlier one: that of a node whose disk was put back.
  if (!is_new && start_number == entry.start_number) return;
  entry.start_number = start_number;
  ++version_;
}

bool NodeStarts::is_over(kv::SourceId source) const {
  const kv::SourceParts parts = kv::parts_of(source);
  const auto known = by_tag_.find(parts.tag);
  return known != by_tag_.end() && known->second.id != NodeId::none &&
         kv::is_earlier_start(parts.start, static_cast<std::uint16_t>(known->second.start_number));
}

}  // namespace tenon::store
