#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "balance/facts.h"
#include "balance/view.h"

namespace tenon::balance {

// Makes the view of a planner from what nodes tell, from links that come and go, and from what the node
// itself knows of ranges. Every node keeps one, so that a new planner knows since when who is gone. Pure; one
// thread.
//
// Times are milliseconds that never go back.
class ViewBuilder {
 public:
  // What operators have said of a node.
  struct Mark {
    bool is_draining = false;
    bool is_emptying = false;
    bool is_removed = false;  // it does not come back

    friend bool operator==(const Mark&, const Mark&) = default;
  };

  // What nobody has told of anew for so long is not believed any more.
  static constexpr std::int64_t facts_ms_max = 5'000;

  explicit ViewBuilder(NodeId self) : self_(self) {}

  void on_link(NodeId node, bool is_up, std::int64_t now_ms);
  // A dial to a node that is not linked: its host answers that nobody listens there, or says nothing.
  void on_dial_failed(NodeId node, bool refused);
  // From now on these marks hold, and no others.
  void set_marks(std::map<NodeId, Mark> marks) { marks_ = std::move(marks); }
  bool is_up(NodeId node) const {
    const auto known = nodes_.find(node);
    return known != nodes_.end() && known->second.is_up;
  }
  // Of any node, itself included.
  void on_facts(NodeId node, NodeFacts&& facts, std::int64_t now_ms);
  // Nobody has built a view for a while: who led what meanwhile is not known, and ranges that nobody leads
  // are without a leader from the next view on. So it is anyway when the last one is facts_ms_max old.
  void forget_leaders() { led_.clear(); }
  // Whether each node that is linked has told of late.
  bool is_informed(std::int64_t now_ms) const;
  // All nodes that this one knows, and ranges as it knows them: of those without a leader nothing newer is
  // known.
  struct KnownRange {
    kv::RangeId id;
    kv::Descriptor what;
  };
  View build(std::span<const KnownRange> ranges, const std::map<StoreId, StoreWish>& wishes,
             std::uint64_t seed, std::int64_t now_ms);

 private:
  struct Node {
    bool is_up = false;
    bool refuses = false;  // while it is not: the last dial was refused
    std::int64_t since_ms = 0;
    std::int64_t told_ms = INT64_MIN / 2;
    NodeFacts facts;
  };
  struct Led {
    NodeId leader = NodeId::none;
    std::int64_t since_ms = 0;
  };
  struct Draft;

  void add_nodes(View& view) const;
  void add_facts(NodeId node, const Node& known, std::map<std::uint64_t, Draft>& drafts) const;
  // It is linked, and what it has told is believed.
  bool has_told(NodeId node, std::int64_t now_ms) const;
  void note_leader(ViewRange& range, bool is_led_elsewhere, std::int64_t now_ms);
  void expect_members(const View& view, std::int64_t now_ms);

  const NodeId self_;
  std::map<NodeId, Node> nodes_;
  std::map<NodeId, Mark> marks_;
  std::map<std::uint64_t, Led> led_;
  std::int64_t built_ms_ = 0;
};

}  // namespace tenon::balance
