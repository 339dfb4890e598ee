#include "node/plugins/plugin_plan.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "node/peers/peer_plan.h"

namespace tenon::node {

namespace {

host::PluginSpec spec_of(const config::Settings& settings, const std::string& name, host::Kind kind) {
  host::PluginSpec spec;
  spec.instance = name;
  spec.kind = kind;
  spec.plugin = name;
  if (const auto* entry = settings.plugins.find(name)) {
    spec.file = entry->file;
    spec.options_json = entry->options_json;
    spec.origin = entry->origin;
  }
  spec.data_dir = settings.node.data_dir + "/plugins/" + name;
  return spec;
}

bool has_api_port(const config::Settings& settings) {
  return settings.services.api && settings.api.port != 0;
}

std::set<std::string> wanted_transports(const config::Settings& settings) {
  std::set<std::string> names;
  for (const auto& listener : settings.listeners) names.insert(listener.stack.front());
  if (settings.services.api && !settings.api.unix_path.empty()) names.emplace(api_transport);
  if (has_api_port(settings)) names.insert(settings.api.stack.front());
  if (wants_peers(settings.cluster)) names.emplace(peer_transport);
  return names;
}

Result<std::set<std::string>> wanted_filters(const config::Settings& settings,
                                             const std::set<std::string>& transports) {
  std::set<std::string> names;
  const auto add = [&](const std::vector<std::string>& stack, const std::string& key) -> Status {
    std::set<std::string> of_this;
    for (auto filter = stack.begin() + 1; filter != stack.end(); ++filter) {
      const std::string where = key + ": \"" + *filter;
      if (transports.contains(*filter))
        return Error{Errc::invalid, where + "\" is a transport; it can only stand first"};
      if (!of_this.insert(*filter).second) return Error{Errc::invalid, where + "\" stands there twice"};
    }
    names.merge(of_this);
    return {};
  };
  for (const auto& listener : settings.listeners)
    if (Status added = add(listener.stack, listener.origin + ": listeners." + listener.name + ".stack");
        !added)
      return added.error();
  if (has_api_port(settings))
    if (Status added = add(settings.api.stack, "api.stack"); !added) return added.error();
  return names;
}

bool is_file(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// A journal lies in a log plugin or in a storage plugin: whichever there is a file of, as its name says.
host::Kind kind_of_journal(const config::Settings& settings, const std::string& engine) {
  const auto found = std::find_if(settings.engines.begin(), settings.engines.end(),
                                  [&](const auto& one) { return one.name == engine; });
  if (found == settings.engines.end()) return host::Kind::log;
  const auto file_of = [&](host::Kind kind) {
    return std::string(host::to_string(kind)) + "-" + found->plugin + ".so";
  };
  const auto* entry = settings.plugins.find(found->plugin);
  if (entry && !entry->file.empty()) {
    const std::string name = entry->file.substr(entry->file.rfind('/') + 1);
    return name.starts_with(std::string(host::to_string(host::Kind::storage)) + "-") ? host::Kind::storage
                                                                                     : host::Kind::log;
  }
  for (const std::string& dir : settings.plugins.path)
    for (const host::Kind kind : {host::Kind::log, host::Kind::storage})
      if (is_file(dir + "/" + file_of(kind))) return kind;
  return host::Kind::log;
}

// What the engines that stores name are used for.
Result<std::map<std::string, host::Kind>> wanted_engines(const config::Settings& settings) {
  std::map<std::string, host::Kind> kinds;
  for (const auto& store : settings.stores) {
    const std::string key = "stores." + store.name;
    if (store.state.empty() || store.log.empty())
      return Error{Errc::invalid,
                   key + (store.state.empty() ? ".state" : ".log") +
                       ": names no engine; each store needs one for its state and one for the journal, "
                       "as in the shipped 50-storage.json"};
    if (store.log != settings.stores.front().log)
      return Error{Errc::unsupported, key + ".log: all stores share one journal in this version"};
    kinds[store.state] = host::Kind::storage;
  }
  // The engine of a state holds the journal, too, when it is named for both.
  const std::string& log = settings.stores.front().log;
  if (!kinds.contains(log)) kinds.emplace(log, kind_of_journal(settings, log));
  return kinds;
}

}  // namespace

std::string engine_instance(const std::string& engine) {
  return "engine." + engine;
}

std::string balancer_instance(const std::string& store, const std::string& name) {
  return "balancer." + store + "." + name;
}

Result<std::vector<host::PluginSpec>> plan_plugins(const config::Settings& settings) {
  std::vector<host::PluginSpec> specs;
  const auto transports = wanted_transports(settings);
  for (const auto& name : transports) specs.push_back(spec_of(settings, name, host::Kind::transport));
  const auto filters = wanted_filters(settings, transports);
  if (!filters.ok()) return filters.error();
  for (const auto& name : *filters) specs.push_back(spec_of(settings, name, host::Kind::filter));
  if (wants_peer_filter(settings.cluster)) {
    host::PluginSpec spec = spec_of(settings, std::string(peer_filter_plugin), host::Kind::filter);
    spec.instance = peer_filter;
    spec.options_json = settings.cluster.tls_json;
    spec.data_dir += ".cluster";
    spec.origin = "cluster.tls";
    specs.push_back(std::move(spec));
  }
  for (const auto& link : settings.auth.chain) {
    host::PluginSpec spec = spec_of(settings, link.name, host::Kind::auth);
    spec.options_json = link.options_json;
    spec.origin = link.origin;
    specs.push_back(std::move(spec));
  }
  for (const auto& observer : settings.observers) {
    host::PluginSpec spec = spec_of(settings, observer.name, host::Kind::events);
    spec.options_json = observer.options_json;
    spec.origin = observer.origin;
    specs.push_back(std::move(spec));
  }
  for (const auto& interceptor : settings.interceptors) {
    host::PluginSpec spec = spec_of(settings, interceptor.name, host::Kind::intercept);
    spec.options_json = interceptor.options_json;
    spec.origin = interceptor.origin;
    specs.push_back(std::move(spec));
  }
  const auto engines = wanted_engines(settings);
  if (!engines.ok()) return engines.error();
  for (const auto& engine : settings.engines) {
    const auto wanted = engines->find(engine.name);
    if (wanted == engines->end()) continue;
    host::PluginSpec spec = spec_of(settings, engine.plugin, wanted->second);
    spec.instance = engine_instance(engine.name);
    spec.options_json = engine.options_json;
    spec.data_dir = engine.path;
    spec.origin = engine.origin;
    specs.push_back(std::move(spec));
  }
  specs.push_back(spec_of(settings, std::string(replication_instance), host::Kind::replication));
  for (const auto& store : settings.stores) {
    for (const auto& balancer : store.balancers) {
      if (!balancer.is_enabled) continue;
      host::PluginSpec spec = spec_of(settings, balancer.name, host::Kind::balancer);
      spec.instance = balancer_instance(store.name, balancer.name);
      spec.options_json = balancer.options_json;
      spec.data_dir.clear();
      spec.origin = balancer.origin;
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

}  // namespace tenon::node
