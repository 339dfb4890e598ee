#include "sim/cluster/mesh_node.h"

#include <algorithm>
#include <utility>

namespace tenon::sim {
namespace {

constexpr std::uint16_t peer_port = 7883;

// As the broker ticks: four times a ping.
std::int64_t tick_ns(const cluster::Mesh::Options& options) {
  return options.limits.ping_ns / 4;
}

std::uint32_t place_at(const cluster::Endpoint& endpoint) {
  return static_cast<std::uint32_t>(std::stoul(endpoint.host));
}

}  // namespace

cluster::Endpoint MeshNode::address_of(std::uint32_t place) {
  return {std::to_string(place), peer_port};
}

MeshNode::MeshNode(World& world, Wires& wires, const NetworkEnd& end, MeshEvents& events, Setup&& setup)
    : world_(world),
      wire_net_(wires),
      end_(end),
      events_(events),
      setup_(std::move(setup)),
      random_(world.random_for("mesh", setup_.place << 20 | setup_.local.incarnation)),
      chance_(world.random_for("nonces", setup_.place << 20 | setup_.local.incarnation)),
      mesh_(setup_.local, setup_.options, *this, chance_) {
  for (const std::uint32_t seed : setup_.seeds)
    if (seed != setup_.place) mesh_.add_seed(address_of(seed), now());
  after(1 + static_cast<std::int64_t>(random_.below(ns_per_ms)), [this] { tick(); });
}

MeshNode::~MeshNode() = default;

// Never goes back, though the rate of the clock changes.
MonoNs MeshNode::now() {
  return last_ns_ = std::max(last_ns_, end_.mono_ns());
}

void MeshNode::after(std::int64_t delay_ns, std::function<void()> what) {
  world_.events().after(delay_ns, [gone = std::weak_ptr<bool>(here_), what = std::move(what)] {
    if (!gone.expired()) what();
  });
}

void MeshNode::run(std::function<void()> what) {
  if (end_.is_paused()) return held_.push_back(std::move(what));
  what();
  flush_later();
}

// Whether the timer or the sockets come first is a matter of chance.
void MeshNode::resume() {
  if (random_.percent(50)) mesh_.tick(now());
  for (const auto& what : std::exchange(held_, {})) what();
  mesh_.tick(now());
  flush_later();
}

void MeshNode::tick() {
  after(tick_ns(setup_.options), [this] { tick(); });
  if (end_.is_paused()) return;
  mesh_.tick(now());
  flush_later();
}

void MeshNode::send(cluster::NodeId to, cluster::Lane lane, std::uint8_t kind, std::string&& body) {
  (void)mesh_.send(to, lane, kind, std::move(body));
  flush_later();
}

void MeshNode::flush_later() {
  if ((dials_.empty() && to_write_.empty()) || std::exchange(flush_wanted_, true)) return;
  after(1000 + static_cast<std::int64_t>(random_.below(20'000)), [this] {
    flush_wanted_ = false;
    run([this] { flush(); });
  });
}

void MeshNode::flush() {
  for (const cluster::Endpoint& endpoint : std::exchange(dials_, {}))
    wire_net_.dial(setup_.place, place_at(endpoint));
  while (!to_write_.empty())
    for (const cluster::LinkKey link : std::exchange(to_write_, {})) flush(link);
}

void MeshNode::flush(cluster::LinkKey link) {
  const auto found = wires_of_.find(link);
  if (found == wires_of_.end()) return;
  const WireKey wire = found->second;
  cluster::LinkOutput* output = mesh_.output(link);
  std::string bytes;
  std::vector<Bytes> spans;
  for (output->gather(mesh_.version(link), spans); !spans.empty();
       output->gather(mesh_.version(link), spans)) {
    std::size_t size = 0;
    for (const Bytes span : spans) {
      bytes += as_text(span);
      size += span.size();
    }
    output->written(size);
  }
  wire_net_.write(setup_.place, wire, std::move(bytes));
  if (!mesh_.is_ended(link)) return;
  wire_net_.close(setup_.place, wire);
  links_of_.erase(wire);
  wires_of_.erase(found);
  mesh_.closed(link, now());
}

void MeshNode::add(cluster::LinkKey link, WireKey wire) {
  wires_of_[link] = wire;
  links_of_[wire] = link;
  // What it says first was said before the wire was known.
  to_write_.insert(link);
}

void MeshNode::on_dialled(std::uint32_t to, WireKey wire) {
  run([this, to, wire] { add(mesh_.dialled(address_of(to), now()), wire); });
}

void MeshNode::on_dial_failed(std::uint32_t to) {
  run([this, to] { mesh_.dial_failed(address_of(to), now()); });
}

void MeshNode::on_accepted(WireKey wire) {
  run([this, wire] { add(mesh_.accepted(now()), wire); });
}

void MeshNode::on_bytes(WireKey wire, const std::string& bytes) {
  run([this, wire, bytes] {
    const auto found = links_of_.find(wire);
    if (found == links_of_.end()) return;
    receiving_ = wire;
    mesh_.received(found->second, as_bytes(bytes), now());
    for (const cluster::Arrival& arrival : std::exchange(arrivals_, {})) mesh_.consumed(arrival);
  });
}

void MeshNode::on_closed(WireKey wire) {
  run([this, wire] {
    const auto found = links_of_.find(wire);
    if (found == links_of_.end()) return;
    const cluster::LinkKey link = found->second;
    links_of_.erase(found);
    wires_of_.erase(link);
    mesh_.closed(link, now());
  });
}

}  // namespace tenon::sim
