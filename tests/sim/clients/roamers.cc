#include "sim/clients/roamers.h"

#include <utility>

namespace tenon::sim {

Roamers::Roamers(ClientWorld& clients, MeshNetwork& network, const Options& options)
    : clients_(clients),
      network_(network),
      options_(options),
      random_(clients.world.random_for("roamers")),
      checker_(clients.world),
      ends_(clients.nodes.size()),
      roamers_(options.count) {
  for (std::uint32_t i = 0; i < options.count; ++i) roamers_[i].client_id = "roamer-" + std::to_string(i);
  BrokerTraffic& traffic = *this;
  network_.set_traffic(traffic);
}

Roamers::~Roamers() = default;

void Roamers::start() {
  for (Roamer& roamer : roamers_) move_later(roamer);
}

void Roamers::move_later(Roamer& roamer) {
  clients_.world.events().after(draw_delay_ns(random_, options_.stay_min_ns, options_.stay_max_ns),
                                [this, &roamer] {
                                  if (clients_.is_closing) return;
                                  move(roamer);
                                  move_later(roamer);
                                });
}

void Roamers::move(Roamer& roamer) {
  const SimNode* node = clients_.any_node(random_);
  if (!node) return;
  if (roamer.number != 0 && ends_[roamer.node] && random_.percent(options_.goodbye_percent)) {
    checker_.on_over(roamer.number);
    ends_[roamer.node]->close(roamer.number);
  }
  roamer.number = ++last_number_;
  roamer.node = node->place();
  clients_.world.trace().note("roamer.connect", {roamer.number, roamer.node}, roamer.client_id);
  checker_.on_connected(roamer.number, roamer.client_id, roamer.node);
  ends_[roamer.node]->connect(roamer.client_id, roamer.number);
}

void Roamers::on_node(std::uint32_t place, bool is_up) {
  if (!is_up) {
    ends_[place].reset();
    return checker_.on_node_down(place);
  }
  SimNode& node = *clients_.nodes[place];
  const auto send = [this, place](kv::NodeId to, std::string&& body) {
    network_.send(place, to, broker::RemoteMessage::claims, std::move(body));
  };
  ConnectionEvents& events = *this;
  ends_[place] = std::make_unique<BrokerEnd>(clients_.world, node, node.machine().clock(), node.id(), send,
                                             events, options_.mistakes);
}

void Roamers::on_peer(std::uint32_t place, kv::NodeId other, bool is_up) {
  if (ends_[place]) ends_[place]->on_peer(other, is_up);
}

void Roamers::on_claims(std::uint32_t place, kv::NodeId from, const std::string& body) {
  if (ends_[place]) ends_[place]->on_claims(from, body);
}

void Roamers::on_live(std::uint64_t number) {
  clients_.world.trace().note("roamer.live", {number});
  checker_.on_live(number);
}

void Roamers::on_taken_over(std::uint64_t number) {
  clients_.world.trace().note("roamer.taken_over", {number});
  checker_.on_taken_over(number);
}

}  // namespace tenon::sim
