#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cluster/endpoint.h"
#include "cluster/node_id.h"
#include "cluster/wire/control.h"

namespace tenon::cluster {

// When a node that can't be reached is dialled again: from `first_ns` on twice as long each time, up to
// `last_ns`; the actual time is drawn from the upper half, so that nodes don't dial in step.
struct DialPauses {
  std::int64_t first_ns = 100 * ns_per_ms;
  std::int64_t last_ns = 5 * ns_per_s;
  // An address that leads back to this node may lead to another one later.
  std::int64_t itself_ns = 60 * ns_per_s;
  // A node that is no seed and was not linked for so long is forgotten.
  std::int64_t forget_ns = 24 * 3600 * ns_per_s;
};

// The addresses that this node dials: its seeds, and those of the nodes that it has heard of.
//
// Pure state; one owner.
class Peers {
 public:
  // `random` outlives this.
  Peers(NodeId self, const DialPauses& pauses, Random& random);

  void add_seed(const Endpoint& endpoint, MonoNs now);
  // True when the node, or this address of it, is news.
  bool learn(NodeId node, const Endpoint& address, MonoNs now);
  // Null: not known.
  const Endpoint* address_of(NodeId node) const;
  // Who is said to be reached there: the latest, and those of earlier times.
  std::vector<NodeId> nodes_at(const Endpoint& address) const;

  using IsLinked = std::function<bool(NodeId)>;
  // The addresses to dial now. Each counts as busy until dial_ended().
  std::vector<Endpoint> due(MonoNs now, const IsLinked& is_linked);
  // The dialled address led to this node.
  void led_to(const Endpoint& endpoint, NodeId node);
  // The dial failed, or its link ended. `worked`: the link was of use.
  void dial_ended(const Endpoint& endpoint, bool worked, MonoNs now);

  std::size_t address_count() const { return dials_.size(); }

 private:
  struct Dial {
    bool seed = false;
    bool busy = false;
    NodeId leads_to = NodeId::none;  // as far as is known
    std::uint32_t failure_count = 0;
    MonoNs next_ns = 0;
    MonoNs seen_ns = 0;  // linked, or heard of
  };
  std::int64_t pause_ns(std::uint32_t failure_count);
  void forget(MonoNs now, const IsLinked& is_linked);

  const NodeId self_;
  const DialPauses pauses_;
  Random& random_;
  std::map<Endpoint, Dial> dials_;
  std::map<NodeId, Endpoint> addresses_;
};

}  // namespace tenon::cluster
