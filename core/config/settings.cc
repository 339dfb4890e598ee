#include "config/settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "config/config.h"
#include "config/json/json_writer.h"
#include "config/json/value.h"
#include "config/lookup.h"
#include "config/sources/merge.h"
#include "config/table/path.h"

namespace tenon::config {
namespace {

// Reads one Config. The integers that the table bounds are narrowed without a check: their bounds fit.
class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}

  Settings read() const {
    Settings settings;
    settings.node = {text("node.data_dir"), integer<std::uint32_t>("node.workers"), text("node.zone")};
    for (const std::string& name : config_.names("node.attributes"))
      settings.node.attributes[name] = text(join_path("node.attributes", name));
    settings.plugins = read_plugins();
    settings.auth = read_auth();
    settings.observers = read_observers();
    settings.interceptors = read_interceptors();
    settings.listeners = read_listeners(settings.auth);
    settings.engines = read_engines();
    for (const char* store : {"dist", "inbox", "meta", "retain"})
      settings.stores.push_back(read_store(store));
    settings.cluster = read_cluster();
    settings.services = read_services();
    settings.api = {text("api.bind"),
                    integer<std::uint16_t>("api.port"),
                    in_data_dir(text("api.unix")),
                    text("api.console"),
                    read_tokens(),
                    config_.get_strings("api.stack"),
                    integer<std::uint32_t>("api.request_rate_max")};
    settings.log = read_log();
    settings.mqtt = read_mqtt();
    settings.overload = read_overload();
    settings.tenants = read_tenants();
    settings.shutdown_timeout_s = integer<std::uint32_t>("shutdown.timeout_s");
    settings.publish_timeout_s = integer<std::uint32_t>("publish.timeout_s");
    return settings;
  }

 private:
  std::string text(const std::string& path) const { return std::string(config_.get_string(path)); }

  std::string text_or(const std::string& path, const std::string& otherwise) const {
    return config_.has(path) ? text(path) : otherwise;
  }

  template <class Integer>
  Integer integer(const std::string& path) const {
    return static_cast<Integer>(config_.get_int(path));
  }

  bool boolean(const std::string& path) const { return config_.get_bool(path); }

  SharedStrategy strategy(const std::string& path) const {
    // In the order of SharedStrategy.
    constexpr std::array<std::string_view, 6> names = {"round_robin", "random",     "sticky",
                                                       "hash_client", "hash_topic", "local_first"};
    const auto name = std::ranges::find(names, config_.get_string(path));
    TENON_BUG(name != names.end(), "shared_strategy has a choice that SharedStrategy lacks");
    return static_cast<SharedStrategy>(name - names.begin());
  }

  // Empty stays empty.
  std::string in_data_dir(const std::string& path) const {
    if (path.empty()) return path;
    return (std::filesystem::path(config_.get_string("node.data_dir")) / path).string();
  }

  // The options of a plugin with those of the place of use over them.
  Value merged_options(const std::string& plugin, const std::string& path) const {
    Value merged = Value::make_map({});
    for (const std::string& source : {"plugins." + plugin + ".options", path})
      if (const Value* over = find_value(config_.tree(), source)) merge_options(merged, *over);
    return merged;
  }
  std::string options(const std::string& plugin, const std::string& path) const {
    return to_json(merged_options(plugin, path));
  }

  PluginsSettings read_plugins() const {
    PluginsSettings plugins;
    plugins.path = config_.get_strings("plugins.path");
    for (const std::int64_t uid : config_.get_ints("plugins.trusted_uids"))
      plugins.trusted_uids.push_back(static_cast<std::uint32_t>(uid));
    for (const std::string& name : config_.names("plugins")) {
      const std::string entry = join_path("plugins", name);
      plugins.entries.push_back(
          {name, text_or(entry + ".file", ""), config_.json(entry + ".options"), config_.origin(entry)});
    }
    return plugins;
  }

  AuthSettings read_auth() const {
    AuthSettings auth;
    const std::string_view anonymous = config_.get_string("auth.anonymous");
    auth.anonymous = anonymous == "never"    ? Anonymous::never
                     : anonymous == "always" ? Anonymous::always
                                             : Anonymous::loopback;
    auth.client_id_owner =
        config_.get_string("auth.client_id_owner") == "off" ? ClientIdOwner::off : ClientIdOwner::strict;
    auth.timeout_ms = integer<std::uint32_t>("auth.timeout_ms");
    for (const std::string& name : config_.names_in_order("auth.chain")) {
      const std::string entry = join_path("auth.chain", name);
      const bool next = config_.get_string(entry + ".on_error") == "next";
      auth.chain.push_back({name, options(name, entry + ".options"),
                            next ? OnAuthError::next : OnAuthError::deny, config_.origin(entry)});
    }
    return auth;
  }

  std::vector<ObserverSettings> read_observers() const {
    std::vector<ObserverSettings> observers;
    for (const std::string& name : config_.names("events")) {
      const std::string entry = join_path("events", name);
      if (!boolean(entry + ".enable")) continue;
      observers.push_back({name, options(name, entry + ".options"),
                           integer<std::uint64_t>(entry + ".queue_bytes_max"), config_.origin(entry)});
    }
    return observers;
  }

  std::vector<InterceptorSettings> read_interceptors() const {
    std::vector<InterceptorSettings> interceptors;
    for (const std::string& name : config_.names_in_order("intercept")) {
      const std::string entry = join_path("intercept", name);
      const bool allow = config_.get_string(entry + ".on_error") == "allow";
      interceptors.push_back(
          {name, options(name, entry + ".options"), integer<std::uint32_t>(entry + ".timeout_ms"),
           allow ? OnInterceptError::allow : OnInterceptError::refuse, config_.origin(entry)});
    }
    return interceptors;
  }

  std::vector<ListenerSettings> read_listeners(const AuthSettings& auth) const {
    std::vector<ListenerSettings> listeners;
    for (const std::string& name : config_.names("listeners")) {
      const std::string entry = join_path("listeners", name);
      if (!boolean(entry + ".enable")) continue;
      ListenerSettings listener;
      listener.name = name;
      listener.bind = read_bind(entry);
      listener.stack = config_.get_strings(entry + ".stack");
      if (config_.has(entry + ".auth"))
        listener.auth = config_.get_strings(entry + ".auth");
      else
        for (const AuthChainSettings& link : auth.chain) listener.auth.push_back(link.name);
      listener.tenant = text(entry + ".tenant");
      listener.advertise = text(entry + ".advertise");
      listener.trusted_proxies = config_.get_strings(entry + ".trusted_proxies");
      listener.shared_strategy = strategy(config_.has(entry + ".shared_strategy") ? entry + ".shared_strategy"
                                                                                  : "mqtt.shared_strategy");
      listener.origin = config_.origin(entry);
      listener.connections_max = integer<std::uint64_t>(entry + ".connections_max");
      listener.connections_per_address_max = integer<std::uint64_t>(entry + ".connections_per_address_max");
      listener.connection_rate_max = integer<std::uint64_t>(entry + ".connection_rate_max");
      listener.client_message_rate_max = integer<std::uint64_t>(entry + ".client_message_rate_max");
      listener.client_byte_rate_max = integer<std::uint64_t>(entry + ".client_byte_rate_max");
      listeners.push_back(std::move(listener));
    }
    return listeners;
  }

  BindSettings read_bind(const std::string& entry) const {
    constexpr std::string_view scheme = "unix:";
    BindSettings bind;
    const std::string where = text(entry + ".bind");
    if (where.starts_with(scheme)) {
      bind.kind = BindSettings::Kind::unix_socket;
      bind.path = where.substr(scheme.size());
    } else {
      bind.host = where;
      bind.port = integer<std::uint16_t>(entry + ".port");
    }
    return bind;
  }

  std::vector<EngineSettings> read_engines() const {
    std::vector<EngineSettings> engines;
    for (const std::string& name : config_.names("engines")) {
      const std::string entry = join_path("engines", name);
      const std::string plugin = text(entry + ".plugin");
      engines.push_back({name, plugin, in_data_dir(text_or(entry + ".path", name)),
                         options(plugin, entry + ".options"), config_.origin(entry)});
    }
    return engines;
  }

  StoreSettings read_store(const std::string& name) const {
    const std::string path = join_path("stores", name);
    StoreSettings store;
    store.name = name;
    store.state = text_or(path + ".state", "");
    store.log = text_or(path + ".log", "");
    store.voters = integer<std::uint32_t>(path + ".voters");
    store.learners = integer<std::int32_t>(path + ".learners");
    store.ack = config_.get_string(path + ".ack") == "all" ? StoreAck::all : StoreAck::quorum;
    store.initial_ranges = integer<std::uint32_t>(path + ".initial_ranges");
    for (const std::string& balancer : config_.names(path + ".balancers"))
      store.balancers.push_back(read_balancer(balancer, join_path(path + ".balancers", balancer)));
    std::ranges::stable_sort(store.balancers, {}, &BalancerSettings::order);
    return store;
  }

  BalancerSettings read_balancer(const std::string& name, const std::string& entry) const {
    BalancerSettings balancer{name, options(name, entry + ".options"), config_.origin(entry)};
    balancer.is_enabled = boolean(entry + ".enable");
    balancer.order = integer<std::uint32_t>(entry + ".order");
    for (const char* key : {"enable", "order"}) balancer.origins[key] = config_.origin(join_path(entry, key));
    for (const Member& member : merged_options(name, entry + ".options").members)
      balancer.origins["options." + member.key] = member.value.origin.file_line();
    return balancer;
  }

  ClusterSettings read_cluster() const {
    ClusterSettings cluster;
    cluster.env = text("cluster.env");
    cluster.bind = text("cluster.bind");
    cluster.port = integer<std::uint16_t>("cluster.port");
    cluster.advertise = text("cluster.advertise");
    cluster.seeds = config_.get_strings("cluster.seeds");
    cluster.domain = text("cluster.domain");
    cluster.groups = config_.get_strings("cluster.groups");
    cluster.expect = integer<std::uint32_t>("cluster.expect");
    cluster.node_gone_s = integer<std::uint32_t>("cluster.node_gone_s");
    cluster.cut_off_s = integer<std::uint32_t>("cluster.cut_off_s");
    cluster.token = text("cluster.token");
    cluster.tls_json = config_.json("cluster.tls");
    // Nodes prove to each other who they are, in both directions.
    const Value* tls = find_value(config_.tree(), "cluster.tls");
    if (tls && !tls->members.empty() && !tls->find("client_certificate"))
      cluster.tls_json.insert(1, R"("client_certificate":"required",)");
    return cluster;
  }

  ServicesSettings read_services() const {
    const auto enabled = [this](const std::string& service) {
      return boolean("services." + service + ".enable");
    };
    ServicesSettings services;
    services.mqtt = enabled("mqtt");
    services.dist_worker = enabled("dist.worker");
    services.inbox_store = enabled("inbox.store");
    services.retain_store = enabled("retain.store");
    services.meta_store = enabled("meta.store");
    services.api = enabled("api");
    return services;
  }

  std::vector<ApiTokenSettings> read_tokens() const {
    std::vector<ApiTokenSettings> tokens;
    for (const std::string& name : config_.names("api.tokens")) {
      const std::string entry = join_path("api.tokens", name);
      if (!boolean(entry + ".enable")) continue;
      const std::string_view role = config_.get_string(entry + ".role");
      tokens.push_back({name,
                        role == "admin"      ? ApiRole::admin
                        : role == "operator" ? ApiRole::operate
                                             : ApiRole::viewer,
                        in_data_dir(text(entry + ".file")), config_.origin(entry)});
    }
    return tokens;
  }

  LogSettings read_log() const {
    // In the order of LogLevel.
    constexpr std::array<std::string_view, 6> levels = {"trace", "debug", "info", "warn", "error", "off"};
    const auto level = std::ranges::find(levels, config_.get_string("log.level"));
    TENON_BUG(level != levels.end(), "log.level has a choice that LogLevel lacks");
    LogSettings log;
    log.level = static_cast<LogLevel>(level - levels.begin());
    log.format = config_.get_string("log.format") == "json" ? LogFormat::json : LogFormat::text;
    log.file = in_data_dir(text("log.file"));
    log.file_bytes_max = integer<std::uint64_t>("log.file_bytes_max");
    log.file_count = integer<std::uint32_t>("log.file_count");
    return log;
  }

  std::vector<TenantSettings> read_tenants() const {
    std::vector<TenantSettings> tenants;
    for (const std::string& name : config_.names("tenants")) {
      const auto limit = [&](const char* key) {
        return integer<std::uint64_t>(join_path("tenants", name) + "." + key);
      };
      tenants.push_back({name, limit("connections_max"), limit("message_rate_max"), limit("byte_rate_max"),
                         limit("subscriptions_max"), limit("retained_count_max"), limit("retained_bytes_max"),
                         limit("queue_bytes_max")});
    }
    return tenants;
  }

  OverloadSettings read_overload() const {
    OverloadSettings overload;
    overload.memory_high_bytes = integer<std::uint64_t>("overload.memory_high_bytes");
    overload.flapping_connects_max = integer<std::uint32_t>("overload.flapping_connects_max");
    overload.flapping_window_s = integer<std::uint32_t>("overload.flapping_window_s");
    overload.flapping_ban_s = integer<std::uint32_t>("overload.flapping_ban_s");
    return overload;
  }

  MqttLimits read_mqtt() const {
    MqttLimits mqtt;
    mqtt.packet_bytes_max = integer<std::uint32_t>("mqtt.packet_bytes_max");
    mqtt.connect_bytes_max = integer<std::uint32_t>("mqtt.connect_bytes_max");
    mqtt.connect_timeout_s = integer<std::uint32_t>("mqtt.connect_timeout_s");
    mqtt.keepalive_s_max = integer<std::uint16_t>("mqtt.keepalive_s_max");
    mqtt.keepalive_s_min = integer<std::uint16_t>("mqtt.keepalive_s_min");
    mqtt.receive_maximum = integer<std::uint16_t>("mqtt.receive_maximum");
    mqtt.inflight_max = integer<std::uint16_t>("mqtt.inflight_max");
    mqtt.topic_alias_max = integer<std::uint16_t>("mqtt.topic_alias_max");
    mqtt.topic_alias_out_max = integer<std::uint16_t>("mqtt.topic_alias_out_max");
    mqtt.response_information = config_.get_string("mqtt.response_information");
    mqtt.topic_levels_max = integer<std::uint16_t>("mqtt.topic_levels_max");
    mqtt.topic_bytes_max = integer<std::uint16_t>("mqtt.topic_bytes_max");
    mqtt.wildcard_levels_max = integer<std::uint16_t>("mqtt.wildcard_levels_max");
    mqtt.session_expiry_s_max = integer<std::uint32_t>("mqtt.session_expiry_s_max");
    mqtt.session_queue_count_max = integer<std::uint32_t>("mqtt.session_queue_count_max");
    mqtt.session_queue_bytes_max = integer<std::uint64_t>("mqtt.session_queue_bytes_max");
    mqtt.session_queue_drops_oldest = config_.get_string("mqtt.session_queue_overflow") == "drop_oldest";
    mqtt.slow_client_timeout_s = integer<std::uint32_t>("mqtt.slow_client_timeout_s");
    mqtt.retained_count_max = integer<std::uint64_t>("mqtt.retained_count_max");
    mqtt.retained_bytes_max = integer<std::uint64_t>("mqtt.retained_bytes_max");
    mqtt.sys_interval_s = integer<std::uint32_t>("mqtt.sys_interval_s");
    mqtt.shared_strategy = strategy("mqtt.shared_strategy");
    mqtt.payload_format_check = boolean("mqtt.payload_format_check");
    mqtt.qos_max = integer<std::uint8_t>("mqtt.qos_max");
    mqtt.client_id_bytes_max = integer<std::uint16_t>("mqtt.client_id_bytes_max");
    mqtt.subscriptions_per_session_max = integer<std::uint32_t>("mqtt.subscriptions_per_session_max");
    mqtt.user_properties_max = integer<std::uint32_t>("mqtt.user_properties_max");
    mqtt.link_output_bytes_max = integer<std::uint32_t>("mqtt.link_output_bytes_max");
    const std::vector<std::string> versions = config_.get_strings("mqtt.versions");
    const auto accepts = [&](const char* version) {
      return std::ranges::find(versions, version) != versions.end();
    };
    mqtt.version_3_1 = accepts("3.1");
    mqtt.version_3_1_1 = accepts("3.1.1");
    mqtt.version_5_0 = accepts("5.0");
    return mqtt;
  }

  const Config& config_;
};

}  // namespace

const PluginSettings* PluginsSettings::find(const std::string& name) const {
  const auto it = std::ranges::find(entries, name, &PluginSettings::name);
  return it == entries.end() ? nullptr : &*it;
}

std::string BindSettings::to_string() const {
  if (kind == Kind::unix_socket) return "unix:" + path;
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Settings read_settings(const Config& config) {
  return Reader(config).read();
}

}  // namespace tenon::config
