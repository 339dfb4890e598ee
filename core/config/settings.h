#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::config {

class Config;

// The configuration as plain structs, one per topic: what the rest of the broker consumes. Names are those of
// the keys, defaults are filled in, relative paths resolved, disabled entries left out, options of plugins
// handed on as JSON text. docs/reference/config.md says what each key means.
//
// Plain values: copy them, keep them, read them from any thread.

struct NodeSettings {
  std::string data_dir;
  std::uint32_t workers = 0;  // 0: one per processor
  std::string zone;           // empty: none stated
};

// One entry of `plugins`.
struct PluginSettings {
  std::string name;
  std::string file;          // empty: "<kind>-<name>.so" in `path`; else absolute, or a name inside `path`
  std::string options_json;  // an object
  std::string origin;        // "file:line", for messages
};

struct PluginsSettings {
  std::vector<std::string> path;            // directories, searched in order
  std::vector<std::uint32_t> trusted_uids;  // owners of plugin files besides root and the broker's own user
  std::vector<PluginSettings> entries;      // by name

  // Null when there is none.
  const PluginSettings* find(const std::string& name) const;
};

// Where a listener or the API binds.
struct BindSettings {
  enum class Kind : std::uint8_t { inet, unix_socket };
  Kind kind = Kind::inet;
  std::string host;        // inet: IPv4 or IPv6 address without brackets, or a host name
  std::uint16_t port = 0;  // inet; 0 lets the system choose
  std::string path;        // unix_socket: absolute

  // "127.0.0.1:1883", "[::1]:1883", "unix:/run/tenon/mqtt.sock"
  std::string to_string() const;
};

// One enabled entry of `listeners`.
struct ListenerSettings {
  std::string name;
  BindSettings bind;
  std::vector<std::string> stack;  // plugin names, the transport first; each has an entry in `plugins`
  std::vector<std::string> auth;   // names of AuthSettings::chain, in the order in which they are asked
  std::string tenant;
  std::string origin;
};

enum class Anonymous : std::uint8_t { never, loopback, always };
enum class ClientIdOwner : std::uint8_t { strict, off };
enum class OnAuthError : std::uint8_t { deny, next };

// One enabled entry of `auth.chain`; its name is also the name of its plugin.
struct AuthChainSettings {
  std::string name;
  std::string options_json;  // plugins.<name>.options with the entry's own options over them
  OnAuthError on_error = OnAuthError::deny;
  std::string origin;
};

struct AuthSettings {
  Anonymous anonymous = Anonymous::loopback;
  ClientIdOwner client_id_owner = ClientIdOwner::strict;
  std::uint32_t timeout_ms = 0;
  std::vector<AuthChainSettings> chain;  // by `order`, then by name
};

// One entry of `engines`.
struct EngineSettings {
  std::string name;
  std::string plugin;
  std::string path;          // a relative one is resolved inside node.data_dir
  std::string options_json;  // plugins.<plugin>.options with the engine's own options over them
  std::string origin;
};

enum class StoreAck : std::uint8_t { quorum, all };

// One enabled entry of `stores.<store>.balancers`.
struct BalancerSettings {
  std::string name;          // also that of its plugin
  std::string options_json;  // plugins.<name>.options with the entry's own options over them
  std::string origin;
};

struct StoreSettings {
  std::string name;   // "dist", "inbox", "retain" or "meta"
  std::string state;  // name of an engine; empty: none configured
  std::string log;    // name of an engine; empty: none configured
  std::uint32_t voters = 0;
  std::int32_t learners = 0;  // -1: all other nodes
  StoreAck ack = StoreAck::quorum;
  std::uint32_t initial_ranges = 0;
  std::vector<BalancerSettings> balancers;  // by `order`, then by name
};

struct ClusterSettings {
  std::string env;
  std::string bind;  // empty: a local address is chosen
  std::uint16_t port = 0;
  std::string advertise;  // empty: the bound address
  std::vector<std::string> seeds;
  std::string domain;
  std::uint32_t expect = 0;
  std::uint32_t node_gone_s = 0;
  std::string token;     // secret: never print it
  std::string tls_json;  // "{}" when plain
};

// Which services this node runs.
struct ServicesSettings {
  bool mqtt = true;
  bool dist_server = true;
  bool dist_worker = true;
  bool inbox_server = true;
  bool inbox_store = true;
  bool retain_server = true;
  bool retain_store = true;
  bool dict_server = true;
  bool meta_store = true;
  bool api = true;
};

enum class ApiRole : std::uint8_t { viewer, operate, admin };

// One enabled entry of `api.tokens`.
struct ApiTokenSettings {
  std::string name;
  ApiRole role = ApiRole::viewer;
  std::string file;  // as ApiSettings::unix_path
  std::string origin;
};

struct ApiSettings {
  std::string bind;
  std::uint16_t port = 0;
  std::string unix_path;  // absolute, or relative to the working directory as node.data_dir is; empty: none
  std::vector<ApiTokenSettings> tokens;  // by name
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;  // empty: standard error
};

// Limits of the protocol, `mqtt.*`. All of them hold for each link or session by itself unless the name says
// otherwise.
struct MqttLimits {
  std::uint32_t packet_bytes_max = 0;
  std::uint32_t connect_bytes_max = 0;  // of a CONNECT, before the client is known
  std::uint32_t connect_timeout_s = 0;
  std::uint16_t keepalive_s_max = 0;  // 65535: no cap, and 0 (off) is allowed to clients
  std::uint16_t receive_maximum = 0;
  std::uint16_t inflight_max = 0;
  std::uint16_t topic_alias_max = 0;
  std::uint16_t topic_levels_max = 0;
  std::uint16_t topic_bytes_max = 0;
  std::uint32_t session_expiry_s_max = 0;  // 4294967295: sessions may live for ever
  std::uint32_t session_queue_count_max = 0;
  std::uint64_t session_queue_bytes_max = 0;
  bool session_queue_drops_oldest = false;
  std::uint64_t retained_count_max = 0;  // in the whole broker
  std::uint8_t qos_max = 2;
  std::uint16_t client_id_bytes_max = 0;
  std::uint32_t subscriptions_per_session_max = 0;
  std::uint32_t user_properties_max = 0;  // in one packet
  std::uint32_t link_output_bytes_max = 0;
  bool version_3_1 = true;
  bool version_3_1_1 = true;
  bool version_5_0 = true;
};

struct Settings {
  NodeSettings node;
  PluginsSettings plugins;
  std::vector<ListenerSettings> listeners;  // by name
  AuthSettings auth;
  std::vector<EngineSettings> engines;  // by name
  std::vector<StoreSettings> stores;    // dist, inbox, meta, retain
  ClusterSettings cluster;
  ServicesSettings services;
  ApiSettings api;
  LogSettings log;
  MqttLimits mqtt;
  std::uint32_t shutdown_timeout_s = 0;
  std::uint32_t publish_timeout_s = 0;
};

// Never fails: load() has checked everything that this relies on.
Settings read_settings(const Config& config);

}  // namespace tenon::config
