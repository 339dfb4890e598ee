#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/mesh.h"
#include "seeded_random.h"

namespace tenon::cluster::test {

// A node that is nothing but its mesh; keeps what it is told.
class FakeNode final : public MeshPort {
 public:
  // `place`: the host in its address.
  FakeNode(std::uint64_t id, std::uint64_t incarnation, std::uint16_t version_max, const std::string& place);

  void dial(const Endpoint& endpoint) override { dials.push_back(endpoint); }
  void look_up(const Endpoint& name) override { lookups.push_back(name); }
  void wants_write(LinkKey link) override { to_write.insert(link); }
  void on_message(NodeId from, std::uint8_t kind, std::string&& body, const Arrival& arrival) override {
    if (takes_in) arrivals.push_back(arrival);
    received[from] += std::to_string(kind) + ":" + body + ";";
  }
  void on_peer_up(const Hello& peer, LinkKey) override {
    const NodeId node = peer.node;
    EXPECT_TRUE(up.insert(node).second) << "up twice";
    ++up_count;
  }
  void on_peer_down(NodeId node, LinkEnd why) override {
    EXPECT_EQ(up.erase(node), 1u) << "down without up";
    downs.push_back(why);
  }
  void on_node_known(NodeId node, const Endpoint& address) override { known[node] = address; }
  void on_node_state(const FailureDetector::Change& change) override { states[change.node] = change.state; }
  void on_dial_ended(NodeId, const Endpoint&) override {}
  void on_refused(NodeId, const Endpoint&, LinkEnd why, bool) override { ++refused[why]; }
  void on_removed(NodeId by) override { removed_by.insert(by); }
  void on_twin(NodeId node, const Endpoint& kept, const Endpoint& other) override {
    twins[node] = {kept, other};
    ++twin_count;
  }
  void on_twin_gone() override { twins.erase(id); }
  void on_pressure(NodeId node, Pressure pressure) override { pressures[node] = pressure; }
  void on_dropped(DropCause cause, std::size_t count) override { dropped[cause] += count; }

  const NodeId id;
  const Endpoint address;
  SeededRandom random;
  Mesh mesh;
  bool takes_in = true;  // what it gets is worked off
  bool frozen = false;   // neither hears nor does anything, but its connections stay
  std::vector<Endpoint> dials;
  std::vector<Endpoint> lookups;
  int lookup_count = 0;
  std::set<LinkKey> to_write;
  std::set<NodeId> up;
  int up_count = 0;
  std::vector<LinkEnd> downs;
  std::map<NodeId, std::string> received;
  std::map<NodeId, Endpoint> known;
  std::map<NodeId, NodeState> states;
  std::map<LinkEnd, int> refused;
  std::set<NodeId> removed_by;
  std::map<NodeId, std::pair<Endpoint, Endpoint>> twins;
  int twin_count = 0;
  std::map<DropCause, std::size_t> dropped;
  std::map<NodeId, Pressure> pressures;
  std::vector<Arrival> arrivals;  // worked off, and not told yet
};

// Connections between fake nodes, whose delays follow from a seed; time passes when a test says so.
class FakeNet {
 public:
  explicit FakeNet(std::uint64_t seed) : numbers_(seed) {}

  FakeNode& add(std::uint64_t id, std::uint64_t incarnation = 1,
                std::uint16_t version_max = protocol_version_max) {
    return add_at("node" + std::to_string(id), id, incarnation, version_max);
  }
  FakeNode& add_at(const std::string& place, std::uint64_t id, std::uint64_t incarnation = 1,
                   std::uint16_t version_max = protocol_version_max) {
    nodes_.push_back(std::make_unique<FakeNode>(id, incarnation, version_max, place));
    return *nodes_.back();
  }
  // The process ends: its connections are closed by its system.
  void kill(FakeNode& node) {
    for (Wire& wire : wires_)
      for (const int side : {0, 1})
        if (wire.ends[side].node == &node) wire.ends[side].node = nullptr;
    std::erase_if(nodes_, [&](const auto& one) { return one.get() == &node; });
  }
  void run_for(std::int64_t ns) {
    for (const MonoNs end = now + ns; now < end; now += step_ns) step();
  }
  // Connections that are open at both ends.
  std::size_t connection_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(wires_, [](const Wire& wire) {
      return wire.ends[0].node != nullptr && wire.ends[1].node != nullptr;
    }));
  }
  // Addresses that lead to another node than they say: a proxy in front of the cluster.
  std::map<Endpoint, Endpoint> detours;
  // What the names of seeds are known to mean.
  std::map<Endpoint, std::set<Endpoint>> names;
  // Nothing passes from the first node to the second.
  std::set<std::pair<NodeId, NodeId>> cuts;
  void cut(const FakeNode& a, const FakeNode& b) { cuts.insert({{a.id, b.id}, {b.id, a.id}}); }

  MonoNs now = ns_per_s;

 private:
  static constexpr std::int64_t step_ns = 10 * ns_per_ms;
  struct End {
    FakeNode* node = nullptr;  // null: closed
    LinkKey key{};
    std::string in;
  };
  struct Wire {
    End ends[2];
  };

  FakeNode* node_at(Endpoint endpoint) {
    if (const auto detour = detours.find(endpoint); detour != detours.end()) endpoint = detour->second;
    for (const auto& node : nodes_)
      if (node->address == endpoint) return node.get();
    return nullptr;
  }
  void step() {
    for (const auto& node : nodes_) {
      if (node->frozen) continue;
      if (now % (100 * ns_per_ms) == 0) node->mesh.tick(now);
      for (const Endpoint& name : std::exchange(node->lookups, {})) {
        ++node->lookup_count;
        node->mesh.looked_up(name, names[name], now);
      }
      dial(*node);
    }
    for (Wire& wire : wires_) {
      carry(wire, 0);
      carry(wire, 1);
    }
    for (const auto& node : nodes_) {
      for (const Arrival& arrival : std::exchange(node->arrivals, {})) node->mesh.consumed(arrival);
      if (node->frozen) continue;
      write(*node);
      node->mesh.look_at_pressure();
    }
    std::erase_if(wires_, [](const Wire& wire) { return !wire.ends[0].node && !wire.ends[1].node; });
  }
  void dial(FakeNode& node) {
    std::vector<Endpoint> waiting;
    for (const Endpoint& endpoint : std::exchange(node.dials, {})) {
      if (!numbers_.percent(50)) {
        waiting.push_back(endpoint);
        continue;
      }
      FakeNode* other = node_at(endpoint);
      if (!other || other->frozen || cuts.contains({node.id, other->id}) ||
          cuts.contains({other->id, node.id})) {
        node.mesh.dial_failed(endpoint, now);
        continue;
      }
      wires_.push_back(
          {{{&node, node.mesh.dialled(endpoint, now), {}}, {other, other->mesh.accepted(now), {}}}});
    }
    node.dials.insert(node.dials.end(), waiting.begin(), waiting.end());
  }
  // To this end: some of what is under way, or that the other end is closed.
  void carry(Wire& wire, int side) {
    End& end = wire.ends[side];
    if (!end.node || end.node->frozen || !numbers_.percent(60)) return;
    const FakeNode* from = wire.ends[1 - side].node;
    if (from && cuts.contains({from->id, end.node->id})) return;
    if (end.in.empty()) {
      if (wire.ends[1 - side].node) return;
      std::exchange(end.node, nullptr)->mesh.closed(end.key, now);
      return;
    }
    const std::size_t size = 1 + numbers_.below(end.in.size());
    const std::string bytes = end.in.substr(0, size);
    end.in.erase(0, size);
    end.node->mesh.received(end.key, as_bytes(bytes), now);
  }
  void write(FakeNode& node) {
    for (Wire& wire : wires_)
      for (const int side : {0, 1})
        if (wire.ends[side].node == &node) write(node, wire, side);
  }
  void write(FakeNode& node, Wire& wire, int side) {
    End& end = wire.ends[side];
    LinkOutput* output = node.mesh.output(end.key);
    ASSERT_NE(output, nullptr);
    std::vector<Bytes> spans;
    for (output->gather(node.mesh.version(end.key), spans); !spans.empty();
         output->gather(node.mesh.version(end.key), spans)) {
      std::size_t size = 0;
      for (const Bytes span : spans) {
        wire.ends[1 - side].in += as_text(span);
        size += span.size();
      }
      output->written(size);
    }
    if (!node.mesh.is_ended(end.key)) return;
    end.node = nullptr;
    node.mesh.closed(end.key, now);
  }

  tenon::test::SimRandom numbers_;
  std::vector<std::unique_ptr<FakeNode>> nodes_;
  std::deque<Wire> wires_;
};

inline LocalNode local_of(std::uint64_t id, std::uint64_t incarnation, std::uint16_t version_max,
                          const std::string& place) {
  LocalNode local;
  local.node = NodeId{id};
  local.incarnation = incarnation;
  local.env = "default";
  local.version_max = version_max;
  local.address = {place, 7883};
  return local;
}

inline FakeNode::FakeNode(std::uint64_t number, std::uint64_t incarnation, std::uint16_t version_max,
                          const std::string& place)
    : id(NodeId{number}),
      address{place, 7883},
      random(std::hash<std::string>()(place) + number * 1000 + incarnation),
      mesh(local_of(number, incarnation, version_max, place), {}, *this, random) {}

}  // namespace tenon::cluster::test
