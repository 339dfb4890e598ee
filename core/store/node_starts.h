#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "kv/senders/source_id.h"
#include "store/request.h"

namespace tenon::store {

// Which start of each node is the latest that was linked, and so which senders can never send again: what an
// earlier start of the node had under way ended with its link. Of a node that stays away nobody knows whether
// it only lost contact: its sender is over once it comes back with a new start. Pure; one thread.
class NodeStarts {
 public:
  // A node is linked, or is this one, before anything that this start of it says.
  void on_up(NodeId node, std::uint64_t start_number);

  // The sender was an earlier start of a node that is known. Where two nodes have the same tag, never.
  bool is_over(kv::SourceId source) const;
  // Counts what may have made senders be over; not 0.
  std::uint64_t version() const { return version_; }

 private:
  struct Node {
    NodeId id = NodeId::none;  // none: several have this tag
    std::uint64_t start_number = 0;
  };
  std::map<std::uint32_t, Node> by_tag_;
  std::uint64_t version_ = 1;
};

}  // namespace tenon::store
