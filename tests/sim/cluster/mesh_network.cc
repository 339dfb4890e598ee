#include "sim/cluster/mesh_network.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "node/peers/peer_lanes.h"

namespace tenon::sim {
namespace {

constexpr std::int64_t to_other_thread_ns = 1000;
constexpr std::uint64_t cluster_id = 1;

}  // namespace

MeshNetwork::MeshNetwork(World& world, const Wires::Options& wires, const cluster::Mesh::Options& mesh,
                         const std::vector<kv::NodeId>& ids, MembershipChecker& checker)
    : world_(world), mesh_options_(mesh), ids_(ids), checker_(checker), wires_(world, wires) {}

MeshNetwork::~MeshNetwork() = default;

void MeshNetwork::add(NetworkEnd& end) {
  nodes_.emplace_back().end = &end;
  for (Node& node : nodes_) {
    node.links.assign(nodes_.size(), false);
    node.link_ends.assign(nodes_.size(), 0);
  }
  wires_.add_place();
  checker_.add_node(end);
}

void MeshNetwork::on_node_up(std::uint32_t place) {
  Node& node = nodes_[place];
  MeshNode::Setup setup;
  setup.place = place;
  setup.local.node = cluster::NodeId{static_cast<std::uint64_t>(ids_[place])};
  setup.local.incarnation = ++node.life;
  setup.local.cluster_id = cluster_id;
  setup.local.env = "sim";
  setup.local.address = MeshNode::address_of(place);
  setup.options = mesh_options_;
  std::set<std::uint32_t> seeds = node.known;
  seeds.insert({0, 1});
  setup.seeds.assign(seeds.begin(), seeds.end());
  MeshEvents& events = *this;
  node.mesh = std::make_unique<MeshNode>(world_, wires_, *node.end, events, std::move(setup));
  wires_.attach(place, node.mesh->wire_owner());
  checker_.on_node_up(place, node.life);
  if (traffic_) traffic_->on_node(place, true);
}

void MeshNetwork::on_node_resumed(std::uint32_t place) {
  if (!nodes_[place].mesh) return;
  checker_.on_node_resumed(place);
  nodes_[place].mesh->resume();
}

void MeshNetwork::on_node_down(std::uint32_t place, NodeEnd how) {
  Node& node = nodes_[place];
  if (!node.mesh) return;
  wires_.detach(place, how);
  node.mesh.reset();
  for (std::uint32_t other = 0; other < nodes_.size(); ++other) link_ended(node, other);
  checker_.on_node_down(place);
  if (traffic_) traffic_->on_node(place, false);
}

void MeshNetwork::send(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string&& body) {
  if (nodes_[from].mesh)
    nodes_[from].mesh->send(cluster::NodeId{static_cast<std::uint64_t>(ids_[to])}, node::lane_of(kind),
                            static_cast<std::uint8_t>(kind), std::move(body));
}

void MeshNetwork::send(std::uint32_t from, kv::NodeId to, broker::RemoteMessage kind, std::string&& body) {
  if (nodes_[from].mesh)
    nodes_[from].mesh->send(cluster::NodeId{static_cast<std::uint64_t>(to)}, node::lane_of(kind),
                            static_cast<std::uint8_t>(kind), std::move(body));
}

void MeshNetwork::block(std::uint32_t from, std::uint32_t to) {
  wires_.block(from, to);
  checker_.on_way(from, to, false);
}

void MeshNetwork::unblock(std::uint32_t from, std::uint32_t to) {
  wires_.unblock(from, to);
  if (wires_.is_free(from, to)) checker_.on_way(from, to, true);
}

void MeshNetwork::break_link(std::uint32_t a, std::uint32_t b) {
  wires_.reset(a, b);
  checker_.on_reset(a, b);
}

void MeshNetwork::heal() {
  wires_.heal();
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to) checker_.on_way(from, to, true);
}

bool MeshNetwork::is_linked(std::uint32_t a, std::uint32_t b) const {
  return nodes_[a].links[b] && nodes_[b].links[a];
}

std::uint64_t MeshNetwork::generation(std::uint32_t a, std::uint32_t b) const {
  return nodes_[a].link_ends[b] + nodes_[b].link_ends[a];
}

std::uint32_t MeshNetwork::place_of(cluster::NodeId node) const {
  const auto found = std::find(ids_.begin(), ids_.end(), kv::NodeId{static_cast<std::uint64_t>(node)});
  TENON_BUG(found != ids_.end(), "there is no such node");
  return static_cast<std::uint32_t>(found - ids_.begin());
}

void MeshNetwork::link_ended(Node& node, std::uint32_t other) {
  if (!node.links[other]) return;
  node.links[other] = false;
  ++node.link_ends[other];
}

void MeshNetwork::tell(std::uint32_t at, std::function<void(NetworkEnd&)> what) {
  world_.events().after(to_other_thread_ns, [this, at, life = nodes_[at].life, what = std::move(what)] {
    const Node& node = nodes_[at];
    if (node.mesh && node.life == life) what(*node.end);
  });
}

void MeshNetwork::on_peer_up(std::uint32_t at, const cluster::Hello& peer, WireKey wire) {
  const std::uint32_t other = place_of(peer.node);
  nodes_[at].known.insert(other);
  checker_.on_peer_up(at, other, peer.incarnation, wires_.life_at_other_end(wire, at));
  world_.trace().note("link.up", {at, other, peer.incarnation});
  tell(at, [this, at, other, incarnation = peer.incarnation](NetworkEnd& end) {
    nodes_[at].links[other] = true;
    end.on_link(other, true, incarnation);
    if (traffic_) traffic_->on_peer(at, ids_[other], true);
  });
}

void MeshNetwork::on_peer_down(std::uint32_t at, cluster::NodeId node, cluster::LinkEnd why) {
  const std::uint32_t other = place_of(node);
  checker_.on_peer_down(at, other);
  world_.trace().note("link.down", {at, other}, to_string(why));
  tell(at, [this, at, other](NetworkEnd& end) {
    link_ended(nodes_[at], other);
    end.on_link(other, false, 0);
    if (traffic_) traffic_->on_peer(at, ids_[other], false);
  });
}

void MeshNetwork::on_node_state(std::uint32_t at, const cluster::FailureDetector::Change& change) {
  const std::uint32_t other = place_of(change.node);
  world_.trace().note("node.state", {at, other, change.incarnation}, to_string(change.state));
  checker_.on_state(at, other, change);
}

void MeshNetwork::on_message(std::uint32_t at, cluster::NodeId from, WireKey wire, std::uint8_t kind,
                             std::string&& body) {
  const std::uint32_t other = place_of(from);
  ++delivered_count_;
  world_.trace().note("message", {other, at, kind, digest_of(body)});
  checker_.on_message(at, other, wires_.life_at_other_end(wire, at));
  tell(at, [this, at, other, kind, body = std::move(body)](NetworkEnd& end) {
    if (kind < broker::first_remote_message)
      end.on_message(other, static_cast<store::PeerMessage>(kind), body);
    else if (traffic_)
      traffic_->on_claims(at, ids_[other], body);
  });
}

}  // namespace tenon::sim
