#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kv/descriptor.h"

namespace tenon::node {

using kv::NodeId;

// Which nodes have been away for longer than a grace, so that the ranges that this node leads let go of the
// sessions that they held. A range tells by a command in its log; whoever comes back finds its sessions gone
// and attaches them anew. Pure; one owner.
class GoneNodes {
 public:
  // Of a node that was never linked nobody knows which start of it holds sessions: all that there were.
  static constexpr std::uint64_t any_incarnation = UINT64_MAX;

  explicit GoneNodes(std::int64_t grace_ns) : grace_ns_(grace_ns) {}

  void on_up(NodeId node, std::uint64_t incarnation);
  void on_down(NodeId node, MonoNs now_ns);
  // A node that should be there. One that was never linked is away from now on.
  void expect(NodeId node, MonoNs now_ns);

  // All that were linked or expected since the start.
  std::vector<NodeId> known() const;
  // These do not come back: no grace is waited for, nor that anybody has heard of them. One that has clients
  // only stands in no range's record, and after a start of all nodes nobody else tells of it.
  void set_removed(std::set<NodeId> nodes);

  struct Gone {
    NodeId node = NodeId::none;
    std::uint64_t incarnation = 0;  // the last one that was linked
    std::string range;              // the key that it begins with

    friend bool operator==(const Gone&, const Gone&) = default;
  };
  // What the ranges that begin with these keys are to be told: each of them once for an absence.
  std::vector<Gone> due(MonoNs now_ns, const std::vector<std::string>& led_ranges);
  // It has not come back since due() told of it.
  bool is_gone(NodeId node, std::uint64_t incarnation) const;

 private:
  struct Node {
    bool up = false;
    std::uint64_t incarnation = any_incarnation;
    MonoNs since_ns = 0;         // it is away
    std::set<std::string> told;  // ranges, of this absence
    bool is_heard_of = true;     // else all that is known is that it was removed
  };

  const std::int64_t grace_ns_;
  std::map<NodeId, Node> nodes_;
  std::set<NodeId> removed_;
};

}  // namespace tenon::node
