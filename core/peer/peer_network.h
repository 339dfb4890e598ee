#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/pressure.h"
#include "base/random.h"
#include "base/receipt.h"
#include "base/result.h"
#include "cluster/detector.h"
#include "cluster/endpoint.h"
#include "cluster/link_end.h"
#include "cluster/node_id.h"
#include "cluster/wire/frame.h"

namespace tenon::host {
class Instance;
}
namespace tenon::observe {
class Log;
class MetricRegistry;
}  // namespace tenon::observe
namespace tenon::runtime {
class Worker;
}

namespace tenon::peer {

using cluster::Endpoint;
using cluster::Lane;
using cluster::LinkEnd;
using cluster::NodeId;

class NameSource;

struct PeerOptions {
  std::string env;                // cluster.env
  std::string token;              // cluster.token; empty: none. Never shown
  std::uint64_t cluster_id = 0;   // 0: not founded yet
  NodeId node = NodeId::none;     // this one
  std::uint64_t incarnation = 0;  // grows with each start of this node
  std::string abilities;          // what others are told with the link: some bytes, 255 at most
  std::string bind;               // as tenon_listen_request; empty: a local address is chosen
  std::uint16_t port = 0;         // 0: one is chosen
  Endpoint advertise;             // empty host: the bound address; port 0: the bound port
  std::vector<Endpoint> seeds;    // addresses, and names that are looked up (peer/seed_lookup.h)
  // What may wait on one lane of a link, and what may wait for the network's worker. Beyond it the newest is
  // dropped.
  std::size_t link_queue_bytes_max = 64u << 20;
  std::size_t message_bytes_max = 16u << 20;
  std::int64_t silence_ns = 3 * ns_per_s;                     // a node that is not heard for so long is down
  std::uint16_t version_max = cluster::protocol_version_max;  // of the protocol; a lower one for tests
};

// Hears of other nodes and gets what they send. Each call comes on the network's worker, in the order in
// which things happened there; it must not block, and may call PeerNetwork::send. Nothing comes after
// say_goodbye(), stop() or abandon() has returned.
class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  // `kind` and `body` as the other node's send() had them. `receipt` is kept until the message is worked off.
  virtual void on_message(NodeId from, std::uint8_t kind, std::string&& body, Receipt&& receipt) = 0;
  // The link to a node is up: sends arrive from now on. `incarnation` grows with each start of it;
  // `abilities` as in its PeerOptions.
  virtual void on_peer_up(NodeId node, std::uint64_t incarnation, std::string_view abilities) = 0;
  // It was up, and is no more; what was sent before and has not arrived may be lost.
  virtual void on_peer_down(NodeId node, LinkEnd why) = 0;
  // A node was heard of for the first time, or has another address than before; before on_peer_up.
  virtual void on_node_known(NodeId node, const Endpoint& address) = 0;
  // Whether a node that is known lives, as far as this one and those that it asks can hear: not the same as
  // a link to it, which two nodes may lose that others reach both of.
  virtual void on_node_state(const cluster::FailureDetector::Change& /*change*/) {}
  // How much waits on Lane::deliveries for a node has changed; none when its link is gone.
  virtual void on_pressure(NodeId /*node*/, Pressure /*pressure*/) {}
  // A dial to a node that is not linked has failed, or ended before it was a link. `refused`: its host
  // answered that nobody listens on the node's port.
  virtual void on_dial_failed(NodeId /*node*/, bool /*refused*/) {}
  // `by` says that an operator has removed this node from the cluster: nobody links to it any more.
  virtual void on_removed(NodeId /*by*/) {}
  // Another process at `address`, which knows the token, has this node's id; again and again while it does.
  virtual void on_twin(const Endpoint& /*address*/) {}
  // It was not met for so long that it is taken for gone.
  virtual void on_twin_gone() {}
};

// What the network needs of the rest of the process. All outlive it.
struct PeerWorld {
  host::Instance& transport;
  std::vector<host::Instance*> filters;  // above the transport, for both sides of links; empty: none
  runtime::Worker& worker;               // worker 0
  const Clock& clock;
  Random& random;
  observe::Log& log;
  observe::MetricRegistry& metrics;
  std::shared_ptr<NameSource> names = nullptr;  // null: the system's
};

// What a person wants to know of a link that is up.
struct PeerView {
  NodeId node = NodeId::none;
  Endpoint address;
  MonoNs since_ns = 0;
  std::int64_t round_trip_ns = 0;  // of the last ping that was answered; 0: none yet
};

// Likewise of a node that was linked once or heard of.
struct NodeView {
  cluster::FailureDetector::View health;
  Endpoint address;  // empty host: forgotten
};

// The links to the other nodes of the cluster, over one transport plugin, on one worker.
//
// Keeps exactly one link to each known node that can be reached: dials the seeds and the nodes that it has
// heard of, and accepts those that dial. Messages to one node on one lane arrive in the order of their sends
// from one thread while its link holds; each arrives once or never. Lanes share a link as
// cluster/lanes/lane_plan.h says.
//
//   make (before the worker runs)  ->  open [control]  ->  start [worker]  ->  say_goodbye [worker]  ->
//   stop [worker]  ->  destroy
//
// say_goodbye() may be left out.
class PeerNetwork {
 public:
  // Failure: a metric is taken.
  static Result<std::unique_ptr<PeerNetwork>> create(PeerOptions options, PeerHandler& handler,
                                                     const PeerWorld& world);
  // REQUIRES: the worker runs no more; what was started was stopped or abandoned.
  ~PeerNetwork();
  PeerNetwork(const PeerNetwork&) = delete;
  PeerNetwork& operator=(const PeerNetwork&) = delete;

  // Binds the port. The failure names the address and the reason. [control]
  Status open();
  // Accepts and dials from now on. [worker]
  Status start();
  // Says goodbye on every link, and closes it when that is with the network, or a second has passed: a link
  // whose other side is slow has something to be written before it. Messages that wait are dropped, as are
  // those that are sent from now on. [worker]
  void say_goodbye();
  // Whether that is done: nothing is open any more. Any thread.
  bool has_said_goodbye() const;
  // Closes what is open, with a goodbye where nothing stands before it. [worker]
  void stop();
  // The same without a word to anybody: others see a node that was killed. [worker]
  void abandon();

  // Queues a message. It is dropped, and counted, when there is no link to `to`, or a limit is reached.
  // Any thread; never blocks longer than for a lock that is held briefly. `lane`: one that is cut.
  void send(NodeId to, Lane lane, std::uint8_t kind, std::string&& body);

  // So much waits for the network's worker, or on a lane of some link that has no credits, that more would
  // soon be dropped: half of what may. Any thread; cheap.
  bool congested() const;
  // The same, but for the links to other nodes than this one. Any thread.
  bool congested(NodeId to) const;

  // The cluster was founded or joined: nodes of another one are refused from now on, and links to them end.
  // Any thread.
  void set_cluster_id(std::uint64_t cluster_id);
  // A node that is linked has said that it is part of this cluster: of another one, and its link ends.
  // Any thread.
  void set_peer_cluster_id(NodeId node, std::uint64_t cluster_id);
  // These nodes are let in no more, and links to them end. Any thread.
  void set_removed(std::set<NodeId> nodes);
  // A node that is known from elsewhere; it is dialled. Any thread.
  void add_node(NodeId node, Endpoint address);

  // Where this node is reached, as it tells others. REQUIRES: open. Any thread.
  const Endpoint& address() const;
  // In use, also when 0 was asked for. REQUIRES: open.
  std::uint16_t port() const;
  // The links that are up, by node id; as of the last turn. Any thread.
  std::vector<PeerView> peers() const;
  // Likewise those that were linked once or heard of, with the state they are in.
  std::vector<NodeView> nodes() const;

 private:
  struct Impl;
  explicit PeerNetwork(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tenon::peer
