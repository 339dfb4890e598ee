#pragma once

#include <optional>
#include <set>

#include "store/members/own_replicas.h"
#include "store/merges/messages.h"
#include "store/peer_port.h"
#include "store/replicas.h"

namespace tenon::store {

// A node's part in merges: as leader of the left range it gathers what the members hold of the right one; as
// leader of the right range it freezes and thaws it; as any member it says what it holds.
//
// Knows nothing that could not be found out again, so that any node may die at any moment: a range that is
// frozen asks each half second what became of its merge. Whoever leads the left range by then, and has no
// order to go on with it, calls it off by the log; who has applied what was decided says so.
//
// Pure over replicas and links; one thread, outside of their calls.
class Merges {
 public:
  // Everything outlives it.
  Merges(NodeId self, Replicas& replicas, OwnReplicas& own, PeerPort& peers);

  void on_message(NodeId from, const MergeMessage& message);
  void on_peer(NodeId node, bool up);
  void tick(MonoNs now_ns);

 private:
  void prepare(const Replica& left, const MergeWish& wish);
  void on_prepare(NodeId from, const MergeMessage& message);
  void on_ready(NodeId from, const MergeMessage& message);
  void on_ask(NodeId from, const MergeMessage& message);
  // True: it was absorbed; false: it was called off; empty: what this node has applied does not say.
  std::optional<bool> fate_of(const RangeId& right, const kv::Frozen& frozen) const;
  void look_after_frozen();
  void look_after(Replica& right);
  void end(Replica& right, bool is_absorbed);
  void send(NodeId to, const MergeMessage& message);

  const NodeId self_;
  Replicas& replicas_;
  OwnReplicas& own_;
  PeerPort& peers_;
  std::set<NodeId> up_;
  MonoNs prepared_ns_ = 0;
  MonoNs looked_ns_ = 0;
};

}  // namespace tenon::store
