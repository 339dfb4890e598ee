#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "broker/remote/node_slots.h"
#include "routing/receiver_key.h"

namespace tenon::broker {

// The links of one worker that are not read while a node is slow that they publish to; those that publish to
// others go on. A link is held for one node at a time. Belongs to one worker.
class HeldPublishers {
 public:
  // A message for a slow node was routed: its publisher is to be held, if it is one that can be.
  void note(routing::NodeSlot slot) { noted_ = slot; }
  // What was noted since; empty: nothing.
  std::optional<routing::NodeSlot> take_noted() { return std::exchange(noted_, std::nullopt); }

  void hold(const routing::ConnectionAddress& link, routing::NodeSlot slot) { held_[slot].push_back(link); }
  // Those whose nodes are slow no more.
  std::vector<routing::ConnectionAddress> take_released(const NodeSlots& slots) {
    std::vector<routing::ConnectionAddress> released;
    std::erase_if(held_, [&](auto& one) {
      if (slots.pressure(one.first) != Pressure::none) return false;
      released.insert(released.end(), one.second.begin(), one.second.end());
      return true;
    });
    return released;
  }
  bool empty() const { return held_.empty(); }

 private:
  std::optional<routing::NodeSlot> noted_;
  std::map<routing::NodeSlot, std::vector<routing::ConnectionAddress>> held_;
};

}  // namespace tenon::broker
