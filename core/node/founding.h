#pragma once

#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "kv/range_record.h"
#include "node/peers/node_services.h"
#include "store/peer_messages.h"
#include "store/peer_port.h"

namespace tenon::node {

using kv::NodeId;

// How a node comes by the ranges of its cluster, which exist once in all nodes.
//
// A node that finds ranges in its engines is part of a cluster. Of nodes that found one together, the one
// with the lowest id makes the first ranges as soon as as many others as are expected have told it that they
// are in no cluster, and tells them. Each node says what it is in to each node that it gets a link to. On the
// store thread.
//
// `expect` is the number of founders: of more nodes that begin at once, two may found a cluster each.
class Founding {
 public:
  struct Options {
    NodeId self = NodeId::none;
    std::uint32_t expect = 1;  // founders
    NodeServices services;     // of this node
  };
  struct Founder {
    NodeId node = NodeId::none;
    NodeServices services;
  };
  // What it asks of the node.
  struct Ports {
    // Makes the first ranges of all stores for these nodes, in ascending order. The failure, that nobody
    // takes replicas of some store, ends the attempt.
    std::function<Result<std::vector<kv::RangeRecord>>(const std::vector<Founder>& founders)> first_ranges;
    // Keeps the id and the records, and opens the replicas that this node has. The failure ends the attempt.
    std::function<Status(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records)> begin;
    // What another node says of a range; it may be old.
    std::function<void(const kv::RangeId& id, const kv::Descriptor& descriptor)> learn;
    std::function<void(const Error& error)> failed;
    // A linked node says that it is part of this cluster, which may be another one: then its link has to end.
    std::function<void(NodeId node, std::uint64_t cluster_id)> peer_is_in;
  };
  Founding(const Options& options, Ports ports, store::PeerPort& peers, Random& random);

  // What the engines hold; cluster_id 0: nothing.
  void load(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records);
  // Founds at once when nobody else is expected.
  void try_to_found();
  void on_peer(NodeId node, bool up);
  void on_ranges(NodeId from, std::string_view body);
  // The node has heard of a range, or that it changed: nodes that it gets a link to are told.
  void on_range(const kv::RangeId& id, const kv::Descriptor& descriptor);
  std::uint64_t cluster_id() const { return known_.cluster_id; }
  const std::set<NodeId>& linked() const { return up_; }
  // What nodes that are linked have said that they take; one that is not there has not said it yet.
  const std::map<NodeId, NodeServices>& services() const { return services_; }

 private:
  void begin(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records);
  void note(const kv::RangeId& id, const kv::Descriptor& descriptor);
  void tell(NodeId node);

  const Options options_;
  const Ports ports_;
  store::PeerPort& peers_;
  Random& random_;
  std::set<NodeId> up_;                      // linked
  std::set<NodeId> free_;                    // of those, the ones that said that they are in no cluster
  std::map<NodeId, NodeServices> services_;  // of linked nodes that have said something
  store::RangesMessage known_;
};

}  // namespace tenon::node
