#pragma once

#include <cstdint>
#include <map>
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
  std::map<std::string, std::string> attributes = {};
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

  friend bool operator==(const BindSettings&, const BindSettings&) = default;
};

// How messages of shared subscriptions are spread, in the words of routing::Spread.
enum class SharedStrategy : std::uint8_t {
  round_robin,
  random,
  sticky,
  hash_client,
  hash_topic,
  local_first
};

// One enabled entry of `listeners`.
struct ListenerSettings {
  std::string name;
  BindSettings bind;
  std::vector<std::string> stack;  // plugin names, the transport first; each has an entry in `plugins`
  std::vector<std::string> auth;   // names of AuthSettings::chain, in the order in which they are asked
  std::string tenant;
  std::string advertise;  // "host" or "host:port"; empty: not stated
  std::vector<std::string> trusted_proxies;
  SharedStrategy shared_strategy = SharedStrategy::round_robin;
  std::string origin;
  // 0: no limit.
  std::uint64_t connections_max = 0;
  std::uint64_t connections_per_address_max = 0;
  std::uint64_t connection_rate_max = 0;
  std::uint64_t client_message_rate_max = 0;
  std::uint64_t client_byte_rate_max = 0;

  // But for where it is written.
  bool is_same_as(const ListenerSettings& other) const {
    ListenerSettings mine = *this;
    mine.origin = other.origin;
    return mine == other;
  }
  friend bool operator==(const ListenerSettings&, const ListenerSettings&) = default;
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

  friend bool operator==(const AuthChainSettings&, const AuthChainSettings&) = default;
};

struct AuthSettings {
  Anonymous anonymous = Anonymous::loopback;
  ClientIdOwner client_id_owner = ClientIdOwner::strict;
  std::uint32_t timeout_ms = 0;
  std::vector<AuthChainSettings> chain;  // by `order`, then by name

  friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

// One enabled entry of `events`; its name is also the name of its plugin.
struct ObserverSettings {
  std::string name;
  std::string options_json;  // plugins.<name>.options with the entry's own options over them
  std::uint64_t queue_bytes_max = 0;
  std::string origin;
};

enum class OnInterceptError : std::uint8_t { refuse, allow };

// One enabled entry of `intercept`; its name is also the name of its plugin.
struct InterceptorSettings {
  std::string name;
  std::string options_json;  // plugins.<name>.options with the entry's own options over them
  std::uint32_t timeout_ms = 0;
  OnInterceptError on_error = OnInterceptError::refuse;
  std::string origin;
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

// One entry of `stores.<store>.balancers`.
struct BalancerSettings {
  std::string name;          // also that of its plugin
  std::string options_json;  // plugins.<name>.options with the entry's own options over them
  std::string origin;
  bool is_enabled = true;
  std::uint32_t order = 50;
  // Where each value is said: of "enable", "order", and "options.<key>" for each option.
  std::map<std::string, std::string> origins = {};
};

struct StoreSettings {
  std::string name;   // "dist", "inbox", "retain" or "meta"
  std::string state;  // name of an engine; empty: none configured
  std::string log;    // name of an engine; empty: none configured
  std::uint32_t voters = 0;
  std::int32_t learners = 0;  // -1: all other nodes
  StoreAck ack = StoreAck::quorum;
  std::uint32_t initial_ranges = 0;
  std::vector<BalancerSettings> balancers;  // by `order`, then by name; those that are not enabled, too
};

struct ClusterSettings {
  std::string env;
  std::string bind;  // empty: a local address is chosen
  std::uint16_t port = 0;
  std::string advertise;  // empty: the bound address
  std::vector<std::string> seeds;
  std::string domain;
  std::vector<std::string> groups;
  std::uint32_t expect = 0;
  std::uint32_t node_gone_s = 0;
  std::uint32_t cut_off_s = 0;
  std::string token;     // secret: never print it
  std::string tls_json;  // options of the filter that encrypts; "{}" when plain
};

// Which services this node runs.
struct ServicesSettings {
  bool mqtt = true;
  bool dist_worker = true;
  bool inbox_store = true;
  bool retain_store = true;
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
  std::string console;    // the directory of its pages; empty: none
  std::vector<ApiTokenSettings> tokens;  // by name
  std::vector<std::string> stack = {};   // of the port: a transport, then filters
  std::uint32_t request_rate_max = 0;    // 0: none
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;  // empty: standard error
  std::uint64_t file_bytes_max = 0;
  std::uint32_t file_count = 0;
};

// Limits of the protocol, `mqtt.*`. All of them hold for each link or session by itself unless the name says
// otherwise.
struct MqttLimits {
  std::uint32_t packet_bytes_max = 0;
  std::uint32_t connect_bytes_max = 0;  // of a CONNECT, before the client is known
  std::uint32_t connect_timeout_s = 0;
  std::uint16_t keepalive_s_max = 0;  // 65535: no cap, and 0 (off) is allowed to clients
  std::uint16_t keepalive_s_min = 0;
  std::uint16_t receive_maximum = 0;
  std::uint16_t inflight_max = 0;
  std::uint16_t topic_alias_max = 0;
  std::uint16_t topic_alias_out_max = 0;
  std::string response_information;  // empty: clients are told none
  std::uint16_t topic_levels_max = 0;
  std::uint16_t topic_bytes_max = 0;
  std::uint16_t wildcard_levels_max = 0;
  std::uint32_t session_expiry_s_max = 0;  // 4294967295: sessions may live for ever
  std::uint32_t session_queue_count_max = 0;
  std::uint64_t session_queue_bytes_max = 0;
  bool session_queue_drops_oldest = false;
  std::uint32_t slow_client_timeout_s = 0;  // 0: never
  std::uint64_t retained_count_max = 0;     // in the whole broker
  std::uint64_t retained_bytes_max = 0;
  SharedStrategy shared_strategy = SharedStrategy::round_robin;
  std::uint32_t sys_interval_s = 0;  // 0: off
  std::uint8_t qos_max = 2;
  bool payload_format_check = false;
  std::uint16_t client_id_bytes_max = 0;
  std::uint32_t subscriptions_per_session_max = 0;
  std::uint32_t user_properties_max = 0;  // in one packet
  std::uint32_t link_output_bytes_max = 0;
  bool version_3_1 = true;
  bool version_3_1_1 = true;
  bool version_5_0 = true;

  friend bool operator==(const MqttLimits&, const MqttLimits&) = default;
};

// One entry of `tenants`; 0: no limit.
struct TenantSettings {
  std::string name;
  std::uint64_t connections_max = 0;
  std::uint64_t message_rate_max = 0;
  std::uint64_t byte_rate_max = 0;
  std::uint64_t subscriptions_max = 0;
  std::uint64_t retained_count_max = 0;
  std::uint64_t retained_bytes_max = 0;
  std::uint64_t queue_bytes_max = 0;

  friend bool operator==(const TenantSettings&, const TenantSettings&) = default;
};

struct OverloadSettings {
  std::uint64_t memory_high_bytes = 0;  // 0: by what the process may have
  std::uint32_t flapping_connects_max = 0;
  std::uint32_t flapping_window_s = 0;
  std::uint32_t flapping_ban_s = 0;
};

struct Settings {
  NodeSettings node;
  PluginsSettings plugins;
  std::vector<ListenerSettings> listeners;  // by name
  AuthSettings auth;
  std::vector<ObserverSettings> observers;        // by name
  std::vector<InterceptorSettings> interceptors;  // by `order`, then by name
  std::vector<EngineSettings> engines;            // by name
  std::vector<StoreSettings> stores;              // dist, inbox, meta, retain
  ClusterSettings cluster;
  ServicesSettings services;
  ApiSettings api;
  LogSettings log;
  MqttLimits mqtt;
  OverloadSettings overload;
  std::vector<TenantSettings> tenants;  // by name
  std::uint32_t shutdown_timeout_s = 0;
  std::uint32_t publish_timeout_s = 0;
};

// Never fails: load() has checked everything that this relies on.
Settings read_settings(const Config& config);

}  // namespace tenon::config
