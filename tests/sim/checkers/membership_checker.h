#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "cluster/detector.h"
#include "sim/network/network.h"
#include "sim/world/world.h"

namespace tenon::sim {

// What nodes hold of each other, against what is: which nodes run, and which ways are free.
//
//  - A node that is well, and that a node hears or could hear by a third one for a while, is alive for it: no
//    such node is gone, whether it was paused, cut off or started anew before that.
//  - A node that is down is gone for everybody after a while: no word of others keeps it alive.
//  - Who stood still does not hold that against others: nobody who was alive for it is gone at once when it
//  goes
//    on.
//  - A link leads to the start of the node that it names, and what comes over it was sent by that start: no
//    two processes speak under one id.
//  - When the world is healed, all are linked with all, each by its latest start, and stay so.
class MembershipChecker {
 public:
  explicit MembershipChecker(World& world) : world_(world) {}

  // What happens to nodes and ways. In the order of the places; `end` outlives the checker.
  void add_node(const NetworkEnd& end);
  void on_node_up(std::uint32_t node, std::uint64_t incarnation);
  void on_node_resumed(std::uint32_t node);
  void on_node_down(std::uint32_t node);
  void on_way(std::uint32_t from, std::uint32_t to, bool is_free);
  void on_reset(std::uint32_t a, std::uint32_t b);

  // What nodes are told. `wire_life`: which process is at the other end.
  void on_peer_up(std::uint32_t at, std::uint32_t other, std::uint64_t incarnation, std::uint64_t wire_life);
  void on_peer_down(std::uint32_t at, std::uint32_t other);
  void on_state(std::uint32_t at, std::uint32_t other, const cluster::FailureDetector::Change& change);
  void on_message(std::uint32_t at, std::uint32_t from, std::uint64_t wire_life);

  // From time to time.
  void look();
  // Nothing goes wrong any more, and has not for a while.
  void look_at_healed_world();

  std::uint64_t gone_count() const { return gone_count_; }            // that nodes called gone
  std::uint64_t witnessed_count() const { return witnessed_count_; }  // ... alive by another one's word

 private:
  static constexpr MonoNs never = std::numeric_limits<MonoNs>::max();

  // What one node holds of another.
  struct Opinion {
    std::optional<cluster::NodeState> state;
    std::uint64_t linked_incarnation = 0;  // 0: not linked
    bool was_alive = false;                // when the node went on
    MonoNs known_ns = never;               // the first word
  };
  struct Node {
    const NetworkEnd* end = nullptr;
    std::uint64_t incarnation = 0;
    bool is_up = false;
    MonoNs since_ns = 0;  // it is up or down, or was resumed
    MonoNs resumed_ns = never;
    bool was_heard = false;  // by all, before it went down
    std::vector<Opinion> opinions;
  };
  struct Pair {
    bool blocked[2] = {};
    MonoNs since_ns = 0;  // nothing was changed
  };
  Pair& pair(std::uint32_t a, std::uint32_t b) {
    return pairs_[a < b ? a * nodes_.size() + b : b * nodes_.size() + a];
  }
  bool is_well(std::uint32_t node) const { return nodes_[node].is_up && !nodes_[node].end->is_paused(); }
  // Since when the two have been well, with both ways between them free; `never`: they are not.
  MonoNs calm_since(std::uint32_t a, std::uint32_t b);
  // Since when one of the two could have heard of the other, directly or by a third one.
  MonoNs reached_since(std::uint32_t at, std::uint32_t other);
  void look_at(std::uint32_t at, std::uint32_t other);
  void fail(std::uint32_t at, std::uint32_t other, const std::string& what);

  World& world_;
  std::vector<Node> nodes_;
  std::vector<Pair> pairs_;
  MonoNs resumed_ns_ = 0;  // the last one was
  std::uint64_t gone_count_ = 0;
  std::uint64_t witnessed_count_ = 0;
};

}  // namespace tenon::sim
