#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/plugin_host.h"
#include "observe/log/log.h"
#include "observe/metrics/registry.h"
#include "peer/peer_network.h"
#include "peer/seed_lookup.h"
#include "runtime/files/system_disk.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "runtime/worker_group.h"

namespace tenon::peer::test {

// What the nodes of a test were told, under one lock; wait_until() is how a test waits for it.
class Notes {
 public:
  // Fails the test when `condition` does not hold in a reasonable time. It is looked at with the lock held.
  bool wait_until(const std::function<bool()>& condition);
  void note(const std::function<void()>& change);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// A node that is nothing but its links: real workers, the real transport, a real socket on the loopback.
class TestNode final : public PeerHandler {
 public:
  struct Options {
    std::uint64_t id = 1;
    std::uint64_t incarnation = 1;
    std::string env = "default";
    std::string token = {};
    std::uint16_t port = 0;
    std::vector<Endpoint> seeds = {};
    std::size_t link_queue_bytes_max = 64u << 20;
    std::int64_t silence_ns = 3 * ns_per_s;
    std::shared_ptr<NameSource> names = nullptr;
    std::uint16_t version_max = cluster::protocol_version_max;
    bool works_off = true;  // what it gets, at once; else when work_off() says so
  };
  TestNode(Notes& notes, const Options& setup);
  // Stops, if it still runs.
  ~TestNode() override;

  NodeId id() const { return id_; }
  PeerNetwork& network() { return *network_; }
  const Endpoint& address() const { return network_->address(); }
  runtime::WorkerGroup& group() { return *group_; }
  // Says goodbye and ends.
  void stop();
  // Says goodbye, and waits until that is over; stop() is to follow.
  void say_goodbye();
  // Ends as a process does that is killed.
  void kill();
  // The worker stands still, as in a process that is stopped, until thaw().
  void freeze();
  void thaw();
  // The sum of a metric's series with this label value; empty: of all.
  double metric(std::string_view name, std::string_view label_value = {}) const;

  // What has come so far, and is not worked off.
  void work_off();

  void on_message(NodeId from, std::uint8_t kind, std::string&& body, Receipt&& receipt) override;
  void on_pressure(NodeId node, Pressure pressure) override;
  void on_peer_up(NodeId node, std::uint64_t incarnation, std::string_view abilities) override;
  std::map<NodeId, std::uint64_t> incarnations;
  std::map<NodeId, std::string> abilities;
  void on_peer_down(NodeId node, LinkEnd why) override;
  void on_node_state(const cluster::FailureDetector::Change& change) override;
  void on_node_known(NodeId node, const Endpoint& address) override;
  void on_twin(const Endpoint& address) override;
  void on_dial_failed(NodeId node, bool refused) override;

  // Read in wait_until().
  std::set<NodeId> up;
  std::vector<LinkEnd> downs;
  std::map<NodeId, cluster::NodeState> states;
  std::map<NodeId, std::vector<std::string>> received;
  std::map<NodeId, Endpoint> known;
  std::map<NodeId, Pressure> pressures;
  std::set<Endpoint> twins;
  std::map<NodeId, bool> refusals;  // what the last dial to each has shown

 private:
  void end(bool goodbye);

  Notes& notes_;
  const NodeId id_;
  const bool works_off_;
  std::vector<Receipt> receipts_;
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  runtime::SystemDisk disk_;
  std::unique_ptr<observe::Log> log_;
  std::unique_ptr<observe::MetricRegistry> metrics_;
  std::unique_ptr<runtime::WorkerGroup> group_;
  std::unique_ptr<host::PluginHost> plugins_;
  std::unique_ptr<PeerNetwork> network_;
  std::optional<std::promise<void>> frozen_;
  bool running_ = false;
};

}  // namespace tenon::peer::test
