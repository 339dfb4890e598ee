#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon::admin {

// One listening address.
struct ListenerStatus {
  std::string name;
  std::string transport;   // the plugin's name
  std::string address;     // "127.0.0.1", "::1", "unix:/path"
  std::uint16_t port = 0;  // the port in use; 0 with unix:
  std::uint64_t connections = 0;
};

// One plugin instance.
struct PluginStatus {
  std::string name;  // of the instance
  std::string kind;  // "transport", "storage", "auth", ...
  std::string version;
  std::uint32_t level = 0;    // of the ABI that it was built for
  std::string state;          // "active", "failed", "stopped", ...
  std::string health;         // "ok", "degraded", "failed"
  std::string health_reason;  // one sentence; empty with "ok"
  std::vector<std::pair<std::string, std::uint64_t>> counters;
};

// Another node, as this one sees it.
struct PeerStatus {
  std::string node;
  std::string address;       // where it is dialled; empty: forgotten
  std::string state;         // "alive", "suspect", "gone", "left"
  std::int64_t since_s = 0;  // it is in that state
  bool linked = false;       // a link to it is up
  std::string witness;       // who hears it, where this node does not; empty: nobody, or this node itself
};

// What the node is and does right now. Counts are of this node.
struct NodeStatus {
  std::string version;
  std::string node_id;
  std::int64_t pid = 0;
  std::int64_t uptime_s = 0;
  std::uint32_t workers = 0;
  std::vector<ListenerStatus> listeners;
  std::vector<PluginStatus> plugins;
  std::vector<PeerStatus> peers;  // by node
  std::uint64_t connections = 0;  // links of clients
  std::uint64_t sessions = 0;     // connected or not
  std::uint64_t subscriptions = 0;
  std::uint64_t retained_messages = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_dropped = 0;
};

// Where the status action gets its data: the broker implements it.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  // Any thread; quick, because it is called on a worker: it reads counters and waits for nobody.
  virtual NodeStatus node_status() const = 0;
};

}  // namespace tenon::admin
