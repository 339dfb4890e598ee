#pragma once

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "kv/descriptor.h"
#include "routing/receiver_key.h"

namespace tenon::broker {

// Numbers the other nodes for keys of receivers, for as long as this one runs. Any thread.
class NodeSlots {
 public:
  routing::NodeSlot slot_of(kv::NodeId node) {
    const std::unique_lock lock(mutex_);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i] == node) return slot_at(i);
    nodes_.push_back(node);
    return slot_at(nodes_.size() - 1);
  }
  // none: there is no such slot.
  kv::NodeId node_of(routing::NodeSlot slot) const {
    const std::shared_lock lock(mutex_);
    const auto at = static_cast<std::size_t>(slot);
    return at < nodes_.size() ? nodes_[at] : kv::NodeId::none;
  }

 private:
  static routing::NodeSlot slot_at(std::size_t i) { return routing::NodeSlot{static_cast<std::uint32_t>(i)}; }

  mutable std::shared_mutex mutex_;
  std::vector<kv::NodeId> nodes_;
};

}  // namespace tenon::broker
