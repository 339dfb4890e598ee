#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
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
  // A name among the seeds whose addresses all lead to linked nodes or to this one is looked up again.
  std::int64_t lookup_ns = 30 * ns_per_s;
  // A node that is no seed and was not linked for so long is forgotten.
  std::int64_t forget_ns = 24 * 3600 * ns_per_s;
};

// The addresses that this node dials: its seeds, and those of the nodes that it has heard of.
//
// A seed may be a name. It is looked up again and again, at the pace of the dials while one of its addresses
// leads to no linked node; each address that it has is a seed, and one that it no longer has is none.
//
// Pure state; one owner.
class Peers {
 public:
  // `random` outlives this.
  Peers(NodeId self, const DialPauses& pauses, Random& random);

  void add_seed(const Endpoint& endpoint, MonoNs now);
  void add_seed_name(const Endpoint& name, MonoNs now);
  // True when the node, or this address of it, is news.
  bool learn(NodeId node, const Endpoint& address, MonoNs now);
  // The node is dialled no more; a seed that led to it may lead to another one that has its place.
  void forget(NodeId node);
  // Null: not known.
  const Endpoint* address_of(NodeId node) const;
  // Who is said to be reached there: the latest, and those of earlier times.
  std::vector<NodeId> nodes_at(const Endpoint& address) const;

  using IsLinked = std::function<bool(NodeId)>;
  // The addresses to dial now. Each counts as busy until dial_ended().
  std::vector<Endpoint> due(MonoNs now, const IsLinked& is_linked);
  // The names to look up now. Each counts as busy until looked_up().
  std::vector<Endpoint> due_names(MonoNs now, const IsLinked& is_linked);
  // `addresses`: what the name has now; empty: nobody could say, and what it had before stands.
  void looked_up(const Endpoint& name, const std::set<Endpoint>& addresses, MonoNs now);
  // The dialled address led to this node.
  void led_to(const Endpoint& endpoint, NodeId node);
  // The dial failed, or its link ended. `worked`: the link was of use.
  void dial_ended(const Endpoint& endpoint, bool worked, MonoNs now);

  std::size_t address_count() const { return dials_.size(); }

 private:
  struct Dial {
    bool seed = false;             // said to be one
    std::uint32_t name_count = 0;  // seeds that are names and have this address
    bool busy = false;
    NodeId leads_to = NodeId::none;  // as far as is known
    std::uint32_t failure_count = 0;
    MonoNs next_ns = 0;
    MonoNs next_alone_ns = 0;  // ... while no node is linked at all
    MonoNs seen_ns = 0;        // linked, or heard of

    bool is_seed() const { return seed || name_count > 0; }
  };
  struct Name {
    bool busy = false;
    std::uint32_t lookup_count = 0;  // since all was well
    MonoNs next_ns = 0;
    std::set<Endpoint> addresses;
  };
  bool is_settled(const Name& name, const IsLinked& is_linked) const;
  std::int64_t pause_ns(std::uint32_t failure_count);
  void forget(MonoNs now, const IsLinked& is_linked);

  const NodeId self_;
  const DialPauses pauses_;
  Random& random_;
  std::map<Endpoint, Dial> dials_;
  std::map<Endpoint, Name> names_;
  std::map<NodeId, Endpoint> addresses_;
};

}  // namespace tenon::cluster
