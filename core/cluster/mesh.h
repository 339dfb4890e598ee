#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "cluster/detector.h"
#include "cluster/lanes/lane_plan.h"
#include "cluster/lanes/pressure.h"
#include "cluster/link_end.h"
#include "cluster/link_output.h"
#include "cluster/local_node.h"
#include "cluster/peer_session.h"
#include "cluster/peers.h"

namespace tenon::cluster {

// Names one link of a mesh; never reused.
enum class LinkKey : std::uint64_t {};

enum class DropCause : std::uint8_t {
  no_link,     // there is no link to the node
  queue_full,  // more waits than may
  too_large,   // the message is above the limit
  link_lost,   // the link ended while the message waited
};
inline constexpr std::size_t drop_cause_count = 4;

// How a message came: what Mesh::consumed() is to be told when it was worked off.
struct Arrival {
  LinkKey link{};
  Lane lane = Lane::messages;
  std::size_t held_bytes = 0;  // 0: nothing is to be told
};

// What a mesh asks of its owner and tells it. Called from inside of the mesh's functions; may not call the
// mesh.
class MeshPort {
 public:
  // Open a connection; dialled() or dial_failed() is the answer.
  virtual void dial(const Endpoint& endpoint) = 0;
  // Find the addresses of a name; looked_up() is the answer.
  virtual void look_up(const Endpoint& name) = 0;
  // The link has something to send, or is to be closed: see Mesh::output and Mesh::is_ended.
  virtual void wants_write(LinkKey link) = 0;

  virtual void on_message(NodeId from, std::uint8_t kind, std::string&& body, const Arrival& arrival) = 0;
  // `peer`: what the other node said of itself.
  virtual void on_peer_up(const Hello& peer, LinkKey link) = 0;
  virtual void on_peer_down(NodeId node, LinkEnd why) = 0;
  virtual void on_node_known(NodeId node, const Endpoint& address) = 0;
  // A node that was linked or heard of is alive, suspect or gone, as far as this node and those that it asks
  // can hear.
  virtual void on_node_state(const FailureDetector::Change& change) = 0;
  // A dial has led to somebody, and to no link. `node`: who that said to be; none: nothing was said. May ask
  // Mesh::nodes_at.
  virtual void on_dial_ended(NodeId node, const Endpoint& dialled) = 0;
  // A link ended before it was up. When the other side said nothing, `node` is none, and `address` what was
  // dialled, or empty.
  virtual void on_refused(NodeId node, const Endpoint& address, LinkEnd why, bool by_peer) = 0;
  // A node of this cluster, which knows the token and which this one has dialled, says that this one was
  // removed from the cluster.
  virtual void on_removed(NodeId by) = 0;
  // Two processes that know the token have one node's id. `node` may be this one: then `kept` is this
  // process, and it is told anew as long as the other one is met. Otherwise `kept` has the link.
  virtual void on_twin(NodeId node, const Endpoint& kept, const Endpoint& other) = 0;
  // The other process with this node's id was not met for Mesh::Options::twin_ns.
  virtual void on_twin_gone() = 0;
  // How much waits on Lane::deliveries for a node has changed so; none when its link is gone.
  virtual void on_pressure(NodeId node, Pressure pressure) = 0;
  virtual void on_dropped(DropCause cause, std::size_t message_count) = 0;

 protected:
  ~MeshPort() = default;
};

// All links of this node to others: keeps exactly one to each node that it knows and can reach.
//
// When two nodes dial each other at once, the one with the lower id decides which link stays: it answers one
// of the two and ends the other; the node with the higher id takes what is answered last. A link that is up
// gives way to no node that has not shown that it knows the token.
//
// A node's later start takes the place of an earlier one. An earlier one that comes behind the later, or
// another process of the same start, is a twin: the data directory was copied, and both live. It is refused,
// and told so.
//
// Pure state: no clock, socket or thread; one owner. Times come in with the calls and never go back.
class Mesh {
 public:
  struct Options {
    LinkLimits limits;
    DialPauses pauses;
    FailureDetector::Options detector;
    // Longer than the longest pause before an address is dialled again, one that led back here included.
    std::int64_t twin_ns = 90 * ns_per_s;
  };

  // `port` and `random` outlive this.
  Mesh(LocalNode local, const Options& options, MeshPort& port, Random& random);
  ~Mesh();
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  void add_seed(const Endpoint& endpoint, MonoNs now) { peers_.add_seed(endpoint, now); }
  // A seed whose host is a name with any number of addresses.
  void add_seed_name(const Endpoint& name, MonoNs now) { peers_.add_seed_name(name, now); }
  void looked_up(const Endpoint& name, const std::set<Endpoint>& addresses, MonoNs now) {
    peers_.looked_up(name, addresses, now);
  }
  void add_node(NodeId node, const Endpoint& address, MonoNs now);
  // Links to nodes of another cluster end.
  void set_cluster_id(std::uint64_t cluster_id, MonoNs now);
  // A node that is linked has said since that it is part of a cluster: of another one, and its link ends.
  void set_peer_cluster_id(NodeId node, std::uint64_t cluster_id, MonoNs now);
  // These nodes are let in no more; links to them end, and they are dialled no more but where a seed is.
  void set_removed(std::set<NodeId> nodes, MonoNs now);
  // The time has come: dials, pings, deadlines. Some times per LinkLimits::ping_ns.
  void tick(MonoNs now);
  // Says goodbye on every link; nothing is dialled any more.
  void stop(MonoNs now);

  // A connection is open that was asked for, or came in.
  LinkKey dialled(const Endpoint& endpoint, MonoNs now);
  // When LinkLimits::strangers_max of those that came in have not shown yet that they know the token, the
  // oldest of them goes.
  LinkKey accepted(MonoNs now);
  // Who is said to be reached there.
  std::vector<NodeId> nodes_at(const Endpoint& endpoint) const { return peers_.nodes_at(endpoint); }
  void dial_failed(const Endpoint& endpoint, MonoNs now) { peers_.dial_ended(endpoint, false, now); }
  void received(LinkKey link, Bytes bytes, MonoNs now);
  // The connection is closed: by the other side, the network, or the owner when the link is ended. `why`
  // counts when the link did not end before.
  void closed(LinkKey link, MonoNs now, LinkEnd why = LinkEnd::lost);

  // Null: closed. What it has is sent as soon as the connection takes it; then, when is_ended(), the
  // connection is closed.
  LinkOutput* output(LinkKey link);
  std::uint16_t version(LinkKey link) const;
  bool is_ended(LinkKey link) const;

  // Queues a message for `to` on one of the lanes that are cut. False: it is dropped, which on_dropped has
  // told. Messages keep their order on a lane only; all are on one when the other node knows no lanes.
  bool send(NodeId to, Lane lane, std::uint8_t kind, std::string&& body);
  // What a message held was worked off.
  void consumed(const Arrival& arrival);
  // Tells by on_pressure() what has changed since. After sends and writes.
  void look_at_pressure();

  struct View {
    NodeId node = NodeId::none;
    Endpoint address;
    MonoNs since_ns = 0;
    std::int64_t round_trip_ns = 0;
  };
  // The links that are up, by node id.
  std::vector<View> up() const;
  // The nodes that were linked once or heard of, and how they are.
  std::vector<FailureDetector::View> nodes() const { return detector_.nodes(); }
  const Endpoint* address_of(NodeId node) const { return peers_.address_of(node); }
  const LocalNode& local() const { return local_; }
  // What waits for all links, and of it what waits on one lane to be cut into frames.
  std::size_t queued_bytes() const;
  std::size_t queued_bytes(Lane lane) const;
  // What all nodes together still let come on the lane.
  std::uint64_t credit_bytes(Lane lane) const;
  // How often the lane of any link had more to send than was granted, those of links that are gone included.
  std::uint64_t stall_count(Lane lane) const;
  // The nodes for which more than that waits on a lane that is held by no credits.
  std::vector<NodeId> crowded(std::size_t size_bytes) const;
  std::size_t link_count() const { return links_.size(); }

 private:
  struct Link {
    Link(LinkKey k, std::optional<Endpoint> d, const LocalNode& local, const LinkLimits& limits,
         const PeerSession::Nonce& nonce, MonoNs now);
    const LinkKey key;
    const std::optional<Endpoint> dialled;
    PeerSession session;
    LinkOutput output;
    Pressure pressure = Pressure::none;
    bool was_up = false;
    bool over = false;  // its end was told
  };

  LinkKey open(std::optional<Endpoint> dialled, MonoNs now);
  void make_room_for_a_stranger(MonoNs now);
  Link* find(LinkKey key) const;
  Link* link_to(NodeId node) const;
  bool is_up(NodeId node) const;
  void drain(Link& link, MonoNs now);
  void decide(Link& link, MonoNs now);
  std::optional<LinkEnd> verdict(const Link& link, const Link& current, MonoNs now) const;
  void take_over(Link& link, MonoNs now);
  std::optional<LinkEnd> late(const Link& link) const;
  void give_way(Link& link, const Link& current, LinkEnd why, bool proven, MonoNs now);
  void met_twin(const Endpoint& address, MonoNs now);
  void on_end(Link& link, const PeerSession::Event& event, MonoNs now);
  void came_up(Link& link, MonoNs now);
  void tell_nodes(Link& fresh);
  void add_frame(Link& link, FrameType type, std::string_view body);
  void on_heard(const Link& link, const Heard& heard, MonoNs now);
  void answer(Link& link, const Ask& ask, MonoNs now);
  void look_after_nodes(MonoNs now);
  void tell_changes();
  void learn(NodeId node, const Endpoint& address, MonoNs now);
  void end(Link& link, LinkEnd why, MonoNs now);
  void over(Link& link, LinkEnd why, bool by_peer, MonoNs now);
  void end_if_foreign(Link& link, MonoNs now);
  void flush_control(Link& link);
  void tell_pressure(Link& link, Pressure pressure);

  LocalNode local_;
  const Options options_;
  MeshPort& port_;
  Random& random_;
  Peers peers_;
  FailureDetector detector_;
  std::uint64_t last_key_ = 0;
  bool stopped_ = false;
  std::optional<MonoNs> twin_met_ns_;  // of this node itself
  std::map<LinkKey, std::unique_ptr<Link>> links_;
  std::array<std::uint64_t, lane_count> past_stalls_{};  // of links that are gone
  // The link that this node counts on, up or answered.
  std::map<NodeId, LinkKey> current_;
};

}  // namespace tenon::cluster
