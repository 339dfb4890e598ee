#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/pressure.h"
#include "kv/descriptor.h"
#include "routing/receiver_key.h"

namespace tenon::broker {

// Numbers the other nodes for keys of receivers, for as long as this one runs, and knows how they keep up.
// Any thread.
class NodeSlots {
 public:
  routing::NodeSlot slot_of(kv::NodeId node) {
    const std::unique_lock lock(mutex_);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i] == node) return slot_at(i);
    nodes_.push_back(node);
    pressures_.push_back(Pressure::none);
    return slot_at(nodes_.size() - 1);
  }
  // none: there is no such slot.
  kv::NodeId node_of(routing::NodeSlot slot) const {
    const std::shared_lock lock(mutex_);
    const auto at = static_cast<std::size_t>(slot);
    return at < nodes_.size() ? nodes_[at] : kv::NodeId::none;
  }

  void set_pressure(kv::NodeId node, Pressure pressure) {
    const auto at = static_cast<std::size_t>(slot_of(node));
    const std::unique_lock lock(mutex_);
    const Pressure before = std::exchange(pressures_[at], pressure);
    const int change = (pressure != Pressure::none ? 1 : 0) - (before != Pressure::none ? 1 : 0);
    slow_count_.fetch_add(change, std::memory_order_relaxed);
  }
  // Waits for nobody while no node is slow.
  Pressure pressure(routing::NodeSlot slot) const {
    if (slow_count_.load(std::memory_order_relaxed) == 0) return Pressure::none;
    const std::shared_lock lock(mutex_);
    const auto at = static_cast<std::size_t>(slot);
    return at < pressures_.size() ? pressures_[at] : Pressure::none;
  }

 private:
  static routing::NodeSlot slot_at(std::size_t i) { return routing::NodeSlot{static_cast<std::uint32_t>(i)}; }

  mutable std::shared_mutex mutex_;
  std::vector<kv::NodeId> nodes_;
  std::vector<Pressure> pressures_;  // as nodes_
  std::atomic<int> slow_count_ = 0;  // of them, those that are not none
};

}  // namespace tenon::broker
