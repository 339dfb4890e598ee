#include "peer/peer_network.h"

#include <utility>

#include "cluster/wire/control.h"
#include "peer/network_impl.h"

namespace tenon::peer {

Result<std::unique_ptr<PeerNetwork>> PeerNetwork::create(PeerOptions options, PeerHandler& handler,
                                                         const PeerWorld& world) {
  constexpr std::size_t text_bytes_max = cluster::Hello::text_bytes_max;
  if (options.env.size() > text_bytes_max) return Error{Errc::invalid, "cluster.env: at most 255 bytes"};
  if (options.advertise.host.size() > text_bytes_max || options.bind.size() > text_bytes_max)
    return Error{Errc::invalid, "cluster.advertise, cluster.bind: at most 255 bytes"};
  const auto metrics = PeerMetrics::declare(world.metrics);
  if (!metrics.ok()) return metrics.error();
  return std::unique_ptr<PeerNetwork>(
      new PeerNetwork(std::make_shared<Impl>(std::move(options), handler, world, *metrics)));
}

PeerNetwork::PeerNetwork(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerNetwork::~PeerNetwork() = default;

Status PeerNetwork::open() {
  return impl_->open();
}
Status PeerNetwork::start() {
  return impl_->start();
}
void PeerNetwork::say_goodbye() {
  impl_->say_goodbye();
}

bool PeerNetwork::has_said_goodbye() const {
  return impl_->has_said_goodbye();
}

void PeerNetwork::stop() {
  impl_->stop();
}

void PeerNetwork::abandon() {
  impl_->abandon();
}

void PeerNetwork::send(NodeId to, Lane lane, std::uint8_t kind, std::string&& body) {
  impl_->send({to, lane, kind, std::move(body)});
}

bool PeerNetwork::congested() const {
  return impl_->congested();
}

bool PeerNetwork::congested(NodeId to) const {
  return impl_->congested(to);
}

void PeerNetwork::set_peer_cluster_id(NodeId node, std::uint64_t cluster_id) {
  impl_->post([node, cluster_id](Impl& impl) { impl.set_peer_cluster_id(node, cluster_id); });
}

void PeerNetwork::set_cluster_id(std::uint64_t cluster_id) {
  impl_->post([cluster_id](Impl& impl) { impl.set_cluster_id(cluster_id); });
}

void PeerNetwork::set_removed(std::set<NodeId> nodes) {
  impl_->post([nodes = std::move(nodes)](Impl& impl) { impl.set_removed(nodes); });
}

void PeerNetwork::add_node(NodeId node, Endpoint address) {
  impl_->post([node, address = std::move(address)](Impl& impl) { impl.add_node(node, address); });
}

const Endpoint& PeerNetwork::address() const {
  return impl_->address();
}
std::uint16_t PeerNetwork::port() const {
  return impl_->port();
}
std::vector<NodeView> PeerNetwork::nodes() const {
  return impl_->nodes();
}
std::vector<PeerView> PeerNetwork::peers() const {
  return impl_->peers();
}

}  // namespace tenon::peer
