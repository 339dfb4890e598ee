// What membership costs a node that does nothing else, by the number of nodes: bytes and frames that it
// sends, its CPU, and memory for each of its links. Real meshes over connections of memory; no time passes
// but their own.
//
//     mesh_bench [NODES...]     (3 10 30 64 100)

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/mesh.h"
#include "unit/cluster/seeded_random.h"

namespace tenon::cluster {
namespace {

constexpr std::int64_t tick_ns = 100 * ns_per_ms;
constexpr std::int64_t settle_ns = 60 * ns_per_s;
constexpr std::int64_t measured_ns = 10 * ns_per_s;

LocalNode local_of(std::size_t number) {
  LocalNode local;
  local.node = NodeId{number + 1};
  local.incarnation = 1;
  local.env = "default";
  local.address = {std::to_string(number), 7883};
  return local;
}

// Notes what its mesh wishes, for the network to do.
class Node final : public MeshPort {
 public:
  explicit Node(std::size_t number) : random_(number), mesh(local_of(number), {}, *this, random_) {}

  void dial(const Endpoint& endpoint) override { dials.push_back(endpoint); }
  void look_up(const Endpoint&) override {}
  void wants_write(LinkKey link) override { to_write.insert(link); }
  void on_message(NodeId, std::uint8_t, std::string&&, const Arrival&) override {}
  void on_peer_up(const Hello&, LinkKey) override { ++up_count; }
  void on_peer_down(NodeId, LinkEnd) override { --up_count; }
  void on_node_known(NodeId, const Endpoint&) override {}
  void on_node_state(const FailureDetector::Change&) override {}
  void on_dial_ended(NodeId, const Endpoint&) override {}
  void on_refused(NodeId, const Endpoint&, LinkEnd, bool) override {}
  void on_removed(NodeId) override {}
  void on_twin(NodeId, const Endpoint&, const Endpoint&) override {}
  void on_twin_gone() override {}
  void on_pressure(NodeId, Pressure) override {}
  void on_dropped(DropCause, std::size_t) override {}

 private:
  test::SeededRandom random_;

 public:
  Mesh mesh;
  std::vector<Endpoint> dials;
  std::set<LinkKey> to_write;
  std::size_t up_count = 0;
};

// Connections without delay and without end of room.
class Net {
 public:
  explicit Net(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) nodes_.push_back(std::make_unique<Node>(i));
    for (const auto& node : nodes_) node->mesh.add_seed(nodes_[0]->mesh.local().address, now_);
  }

  void run_for(std::int64_t ns) {
    for (const MonoNs end = now_ + ns; now_ < end; now_ += tick_ns) {
      for (const auto& node : nodes_) node->mesh.tick(now_);
      while (move()) {
      }
    }
  }
  bool is_whole() const {
    for (const auto& node : nodes_)
      if (node->up_count != nodes_.size() - 1) return false;
    return true;
  }
  std::uint64_t sent_bytes = 0;
  std::uint64_t write_count = 0;

 private:
  using Side = std::pair<std::size_t, LinkKey>;

  // Everything that is wished at this moment; false: nothing was.
  bool move() {
    bool moved = false;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (const Endpoint& to : std::exchange(nodes_[i]->dials, {})) connect(i, to);
      for (const LinkKey link : std::exchange(nodes_[i]->to_write, {})) {
        write({i, link});
        moved = true;
      }
    }
    return moved;
  }
  void connect(std::size_t from, const Endpoint& endpoint) {
    const std::size_t to = std::stoul(endpoint.host);
    const Side a{from, nodes_[from]->mesh.dialled(endpoint, now_)};
    const Side b{to, nodes_[to]->mesh.accepted(now_)};
    other_[a] = b;
    other_[b] = a;
  }
  void write(const Side& side) {
    Mesh& mesh = nodes_[side.first]->mesh;
    LinkOutput* output = mesh.output(side.second);
    const auto other = other_.find(side);
    if (output == nullptr || other == other_.end()) return;
    const Side to = other->second;
    std::string bytes;
    std::vector<Bytes> spans;
    output->gather(mesh.version(side.second), spans);
    for (const Bytes span : spans) bytes.append(reinterpret_cast<const char*>(span.data()), span.size());
    output->written(bytes.size());
    sent_bytes += bytes.size();
    write_count += bytes.empty() ? 0 : 1;
    if (!bytes.empty()) nodes_[to.first]->mesh.received(to.second, as_bytes(bytes), now_);
    if (!mesh.is_ended(side.second)) return;
    other_.erase(side);
    other_.erase(to);
    mesh.closed(side.second, now_);
    nodes_[to.first]->mesh.closed(to.second, now_);
  }

  MonoNs now_ = ns_per_s;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<Side, Side> other_;
};

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void measure(std::size_t count) {
  const std::size_t empty_bytes = heap_in_use();
  Net net(count);
  net.run_for(settle_ns);
  const std::size_t held_bytes = heap_in_use() - empty_bytes;
  if (!net.is_whole()) {
    std::printf("%6zu  not all are linked after %lld s\n", count,
                static_cast<long long>(settle_ns / ns_per_s));
    return;
  }
  net.sent_bytes = net.write_count = 0;
  const std::clock_t began = std::clock();
  net.run_for(measured_ns);
  const double took_us = static_cast<double>(std::clock() - began) * 1e6 / CLOCKS_PER_SEC;
  const double node_seconds = static_cast<double>(count) * static_cast<double>(measured_ns / ns_per_s);
  const double ends = static_cast<double>(count * (count - 1));
  std::printf("%6zu %9zu %9.0f %9.1f %11.0f %11.0f\n", count, count - 1,
              static_cast<double>(net.sent_bytes) / node_seconds,
              static_cast<double>(net.write_count) / node_seconds, took_us / node_seconds,
              static_cast<double>(held_bytes) / ends);
  std::fflush(stdout);
}

}  // namespace
}  // namespace tenon::cluster

int main(int argc, char** argv) {
  std::vector<std::size_t> counts;
  for (int i = 1; i < argc; ++i) counts.push_back(std::strtoul(argv[i], nullptr, 10));
  if (counts.empty()) counts = {3, 10, 30, 64, 100};
  std::printf("%6s %9s %9s %9s %11s %11s\n", "nodes", "links", "bytes/s", "writes/s", "us of CPU/s",
              "bytes/link");
  for (const std::size_t count : counts) tenon::cluster::measure(count);
  return 0;
}
