#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "broker/client_directory.h"
#include "broker/remote/claim_desk.h"
#include "sim/cluster/mesh_network.h"
#include "sim/world/node_clock.h"
#include "sim/world/world.h"

namespace tenon::sim {

// What becomes of clients' connections at a node, by their numbers.
class ConnectionEvents {
 public:
  // The client is in.
  virtual void on_live(std::uint64_t number) = 0;
  // The connection was ended for another one of the same client id; before it was in, or behind that.
  virtual void on_taken_over(std::uint64_t number) = 0;

 protected:
  ~ConnectionEvents() = default;
};

// Connections without a session of their own, at one node in one life: who has a client id there, and what is
// said of it to other nodes, by the broker's own machines. What broker::Link and broker::Shard do with them
// on real threads happens here in simulated time.
class BrokerEnd {
 public:
  struct Mistakes {
    bool keeps_older = false;      // which should give way to newer ones elsewhere
    bool tells_no_missed = false;  // claims to nodes with which a link comes up
  };
  using Send = std::function<void(kv::NodeId to, std::string&& body)>;
  // All outlive it.
  BrokerEnd(World& world, const NetworkEnd& end, const NodeClock& clock, kv::NodeId self, Send send,
            ConnectionEvents& events, const Mistakes& mistakes);

  // `number` was never used before.
  void connect(const std::string& client_id, std::uint64_t number);
  // The client says goodbye.
  void close(std::uint64_t number);
  bool is_live(std::uint64_t number) const;

  void on_peer(kv::NodeId node, bool is_up);
  void on_claims(kv::NodeId from, const std::string& body);

 private:
  struct Connection {
    std::string client_id;
    bool is_live = false;
  };
  void after(std::int64_t delay_ns, std::function<void()> what);
  void run(std::function<void()> what);
  void look_at_held();
  void tick();
  void go_live(std::uint64_t number);
  // To the worker of the connection, which ends it.
  void take_over_later(const broker::ConnectionAddress& who);
  void take_over(std::uint64_t number);
  void release(std::uint64_t number);

  World& world_;
  const NetworkEnd& end_;
  const NodeClock& clock_;
  const Send send_;
  ConnectionEvents& events_;
  const Mistakes mistakes_;
  const std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  broker::ClientDirectory clients_{1};
  broker::ClaimDesk claims_{clients_};
  std::set<kv::NodeId> peers_;
  std::map<std::uint64_t, Connection> connections_;
  std::deque<std::function<void()>> held_;  // while paused
};

}  // namespace tenon::sim
