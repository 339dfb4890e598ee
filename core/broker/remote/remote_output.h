#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "broker/remote/node_slots.h"
#include "broker/remote/remote_port.h"
#include "session/message.h"

namespace tenon::broker {

// The nodes that one message is for: each once.
class RemoteTargets {
 public:
  struct Target {
    bool to_subscribers = false;
    std::vector<std::uint64_t> groups;  // digests
  };

  void add_subscribers(routing::NodeSlot slot) { at(slot).to_subscribers = true; }
  void add_group(routing::NodeSlot slot, std::uint64_t digest) { at(slot).groups.push_back(digest); }

  // Takes out the nodes for which is_out(slot) holds; returns how many.
  template <class Predicate>
  std::size_t remove(Predicate is_out) {
    return std::erase_if(all_, [&](const auto& one) { return is_out(one.first); });
  }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }

 private:
  Target& at(routing::NodeSlot slot) {
    for (auto& [known, target] : all_)
      if (known == slot) return target;
    return all_.emplace_back(slot, Target{}).second;
  }

  std::vector<std::pair<routing::NodeSlot, Target>> all_;
};

// One worker's messages for other nodes: those of a turn together. Belongs to one worker.
//
// They are apart by ways: a node handles those of one way by one worker, in their order. The way is the
// publisher's, so that a session's messages keep their order when its client has come back at another worker
// of this node; all workers of a node have to have the same number of ways.
class RemoteOutput {
 public:
  explicit RemoteOutput(const NodeSlots& slots) : slots_(slots) {}
  void set_port(RemotePort* port) { port_ = port; }
  // REQUIRES: above 0.
  void set_way_count(std::uint32_t count) { way_count_ = count; }

  // `passes` and `will` as in RemoteDelivery.
  void add(const session::MessageView& message, session::ReceiverKey publisher, RemoteTargets&& targets,
           std::uint8_t passes = 0, const std::optional<RemoteWill>& will = {});
  // At the end of a turn.
  void flush();

 private:
  using Key = std::pair<routing::NodeSlot, std::uint32_t>;  // a node and a way

  std::uint32_t way_of(session::ReceiverKey publisher) const;
  void send(routing::NodeSlot slot, DeliveriesWriter& writer);

  const NodeSlots& slots_;
  std::uint32_t way_count_ = 1;
  RemotePort* port_ = nullptr;  // null: this node is alone
  std::map<Key, DeliveriesWriter> waiting_;
};

}  // namespace tenon::broker
