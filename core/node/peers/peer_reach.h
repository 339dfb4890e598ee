#pragma once

#include <set>

#include "kv/descriptor.h"

namespace tenon::node {

// Which nodes this one has links to, and which are not there at all. Pure; one owner.
class PeerReach {
 public:
  void on_up(kv::NodeId node);
  void on_down(kv::NodeId node);
  // `refused`: its host answered that no such process runs.
  void on_dial_failed(kv::NodeId node, bool refused);
  // These do not come back.
  void set_removed(std::set<kv::NodeId> nodes) { removed_ = std::move(nodes); }

  const std::set<kv::NodeId>& linked() const { return up_; }
  // It is not linked, and may be there all the same.
  bool is_silent(kv::NodeId node) const;
  // A range with these members may go on without this node, which can't: it is linked to no majority of the
  // voters, and those that are silent would be one.
  bool is_cut_off(kv::NodeId self, const kv::Members& members) const;

 private:
  std::set<kv::NodeId> up_;
  std::set<kv::NodeId> absent_;
  std::set<kv::NodeId> removed_;
};

}  // namespace tenon::node
