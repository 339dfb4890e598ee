#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/receipt.h"
#include "broker/client_directory.h"
#include "broker/operate/node_asks.h"
#include "broker/remote/claim_desk.h"
#include "broker/remote/node_slots.h"
#include "broker/remote/own_routes.h"
#include "broker/remote/peer_routes.h"
#include "broker/remote/remote_port.h"

namespace tenon::broker {

class Shard;

// The brokers of other nodes, as this one sees them: what they want of it, what it wants of them, and their
// messages on the way to its workers. Messages of sessions without inbox, and those with QoS 0, cross nodes
// by it, and touch no range.
class RemoteNodes {
 public:
  // Both outlive this.
  RemoteNodes(Subscriptions& subscriptions, const ClientDirectory& clients)
      : claims_(clients), wanted_(subscriptions, slots_, members_) {}

  // Before the workers run; never called: this node is alone. All outlive this.
  void connect(std::span<const std::unique_ptr<Shard>> shards, RemotePort& port);

  OwnRoutes& own() { return own_; }
  ClaimClock& claim_clock() { return claims_.clock(); }
  NodeAsks& asks() { return asks_; }
  // Before the workers run, behind connect().
  void start_asks(kv::NodeId self, std::uint64_t start_number, NodeAsks::Answerer answerer) {
    asks_.start(self, start_number, std::move(answerer), port_);
  }
  const NodeSlots& slots() const { return slots_; }
  const MembersElsewhere& members() const { return members_; }
  // As RemotePort. Any thread.
  bool congested() const { return port_ && port_->congested(); }
  std::size_t route_count() const { return wanted_.count(); }

  // Each second; times never go back. Any thread.
  void tick(MonoNs now_ns);

  // All on the thread of the links to other nodes.
  void on_peer_up(kv::NodeId node);
  void on_peer_down(kv::NodeId node);
  // `receipt` is kept until the message is worked off.
  void on_message(kv::NodeId from, RemoteMessage kind, std::string&& body, Receipt&& receipt);
  void on_pressure(kv::NodeId node, Pressure pressure) { slots_.set_pressure(node, pressure); }

 private:
  void on_routes(kv::NodeId from, std::string_view body);
  void on_deliveries(std::string&& body, Receipt&& receipt);
  void on_wills(RemoteMessage kind, std::string&& body);
  void on_claims(kv::NodeId from, std::string_view body);
  void tell_missed_claims();

  ClaimDesk claims_;
  NodeSlots slots_;
  MembersElsewhere members_;
  OwnRoutes own_;
  PeerRoutes wanted_;
  NodeAsks asks_;
  std::span<const std::unique_ptr<Shard>> shards_;
  RemotePort* port_ = nullptr;
};

}  // namespace tenon::broker
