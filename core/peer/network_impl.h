#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cluster/mesh.h"
#include "peer/credit_returns.h"
#include "peer/outbox.h"
#include "peer/peer_metrics.h"
#include "peer/peer_network.h"
#include "peer/seed_lookup.h"
#include "peer/transport_port.h"
#include "runtime/worker.h"

namespace tenon::peer {

// The mesh on its worker: what a turn has brought leaves at its end, one write per link.
struct PeerNetwork::Impl final : public std::enable_shared_from_this<PeerNetwork::Impl>,
                                 public cluster::MeshPort,
                                 public ConnectionOwner,
                                 public Outbox::Taker,
                                 public CreditReturns::Taker {
 public:
  Impl(PeerOptions options, PeerHandler& handler, const PeerWorld& world, const PeerMetrics& metrics);
  ~Impl();

  Status open();
  Status start();
  void say_goodbye();
  bool has_said_goodbye() const { return said_goodbye_.load(); }
  void stop();
  void abandon();

  void send(Outbox::Item&& message);
  // Runs on the worker, unless the network is gone or stopped by then. Any thread.
  template <class Fn>
  void post(Fn fn);
  void set_peer_cluster_id(NodeId node, std::uint64_t cluster_id) {
    mesh_->set_peer_cluster_id(node, cluster_id, now());
  }
  void set_cluster_id(std::uint64_t cluster_id) { mesh_->set_cluster_id(cluster_id, now()); }
  void set_removed(const std::set<NodeId>& nodes) { mesh_->set_removed(nodes, now()); }
  void add_node(NodeId node, const Endpoint& address) { mesh_->add_node(node, address, now()); }

  const Endpoint& address() const { return address_; }
  std::uint16_t port() const { return transport_.port(); }
  std::vector<PeerView> peers() const;
  std::vector<NodeView> nodes() const;
  bool congested() const { return is_behind() || any_crowded_.load(std::memory_order_relaxed); }
  bool congested(NodeId to) const { return is_behind() || is_crowded(to); }

 private:
  class Conn;

  // cluster::MeshPort
  void dial(const Endpoint& endpoint) override;
  void look_up(const Endpoint& name) override;
  void wants_write(cluster::LinkKey link) override;
  void on_message(NodeId from, std::uint8_t kind, std::string&& body,
                  const cluster::Arrival& arrival) override;
  void on_peer_up(const cluster::Hello& peer, cluster::LinkKey link) override;
  void on_peer_down(NodeId node, LinkEnd why) override;
  void on_node_known(NodeId node, const Endpoint& address) override;
  void on_node_state(const cluster::FailureDetector::Change& change) override;
  void on_dial_ended(NodeId node, const Endpoint& dialled) override;
  void on_refused(NodeId node, const Endpoint& address, LinkEnd why, bool by_peer) override;
  void on_removed(NodeId by) override;
  void on_twin(NodeId node, const Endpoint& kept, const Endpoint& other) override;
  void on_twin_gone() override { handler_.on_twin_gone(); }
  void on_pressure(NodeId node, Pressure pressure) override;
  void on_dropped(cluster::DropCause cause, std::size_t message_count) override;

  // ConnectionOwner
  Connection* on_open(tenon_conn* conn, const Endpoint* dialled, std::string_view certificate) override;
  void on_dial_failed(const Endpoint& endpoint, tenon_status why) override;
  void on_refused(const Endpoint* dialled, std::string_view from, tenon_status why,
                  std::string_view fault) override;

  // Outbox::Taker
  void take(std::vector<Outbox::Item>&& items) override;
  // CreditReturns::Taker
  void take_back(const std::vector<cluster::Arrival>& arrivals) override;

  void on_received(Conn& conn, std::size_t size_bytes);
  void on_connection_closed(Conn& conn, std::string_view fault);
  void note_refused(NodeId node, std::string_view address, LinkEnd why, std::string_view by,
                    std::string_view detail);
  bool cease();
  void close_all(std::uint32_t flags);
  bool has_more_to_say(const Conn& conn) const;
  static void on_turn_end(void* self);
  static void on_tick(void* self);
  static void on_goodbye_over(void* self);
  void flush();
  void start_lookups();
  void look_at_queues();
  void flush(Conn& conn);
  void write(Conn& conn);
  void close(Conn& conn, std::uint32_t flags);
  bool is_behind() const { return outbox_->queued_bytes() > options_.link_queue_bytes_max / 2; }
  bool is_crowded(NodeId node) const;
  void show_peers();
  void show_lanes();
  MonoNs now() const { return world_.worker.now_ns(); }
  std::uint32_t worker() const { return world_.worker.index(); }

  const PeerOptions options_;
  PeerHandler& handler_;
  const PeerWorld world_;
  const PeerMetrics metrics_;
  const std::shared_ptr<SeedLookups> seed_lookups_;
  TransportPort transport_;
  Endpoint address_;
  std::unique_ptr<cluster::Mesh> mesh_;  // from open() on
  std::shared_ptr<Outbox> outbox_;
  std::shared_ptr<CreditReturns> returns_;
  std::map<cluster::LinkKey, std::unique_ptr<Conn>> conns_;
  std::vector<std::uint8_t> read_buffer_;
  std::vector<Endpoint> dials_;             // asked for in this turn
  std::vector<Endpoint> lookups_;           // likewise
  std::vector<cluster::LinkKey> to_write_;  // in this turn
  std::vector<Bytes> spans_;
  std::vector<tenon_bytes> abi_spans_;
  std::string_view fault_;  // what a filter found wrong, while the mesh hears of the end
  std::optional<TimerToken> timer_;
  std::optional<TimerToken> goodbye_timer_;  // while goodbyes are on their way
  bool running_ = false;
  std::atomic<bool> said_goodbye_ = false;
  std::atomic<bool> any_crowded_ = false;
  std::array<std::uint64_t, cluster::lane_count> shown_stalls_{};

  mutable std::mutex shown_mutex_;  // guards what follows
  std::vector<PeerView> shown_;
  std::vector<NodeView> shown_nodes_;
  std::vector<NodeId> crowded_;  // any_crowded_: there are some
};

template <class Fn>
void PeerNetwork::Impl::post(Fn fn) {
  world_.worker.post(make_task([weak = weak_from_this(), fn = std::move(fn)] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (self && self->running_) fn(*self);
  }));
}

}  // namespace tenon::peer
