#include "node/balance/balancer_set.h"

#include <algorithm>
#include <tuple>

#include "node/plugins/plugin_plan.h"

namespace tenon::node {

namespace {

// Strategies that have been active are told that it is over before they go.
void end(host::PluginHost* host) {
  host->deactivate();
  delete host;
}

const ReadRule* find(const std::vector<ReadRule>& rules, kv::StoreId store, std::string_view balancer) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const ReadRule& read) {
    return read.rule.store == store && read.rule.balancer == balancer;
  });
  return found == rules.end() ? nullptr : &*found;
}

// What conf.d says nothing of.
config::BalancerSettings unknown(const std::string& name) {
  config::BalancerSettings conf;
  conf.name = name;
  conf.options_json = "{}";
  conf.is_enabled = false;
  return conf;
}

}  // namespace

BalancerSet::BalancerSet(const config::Settings& settings, host::PluginHost& plugins,
                         const host::HostServices& services, Use use, ForgetHealth forget_health)
    : stores_(settings.stores),
      conf_plugins_(settings.plugins),
      plugins_(plugins),
      services_(services),
      use_(std::move(use)),
      forget_health_(std::move(forget_health)) {}

BalancerSet::~BalancerSet() = default;

void BalancerSet::conf_changed(const config::Settings& settings, const std::vector<std::string>& refused) {
  const auto has_taken = [&](const std::string& instance) {
    return std::find(refused.begin(), refused.end(), instance) == refused.end();
  };
  for (auto& store : stores_) {
    const auto fresh = std::find_if(settings.stores.begin(), settings.stores.end(),
                                    [&](const auto& one) { return one.name == store.name; });
    for (auto& balancer : store.balancers)
      for (const auto& changed : fresh->balancers)
        if (changed.name == balancer.name && has_taken(balancer_instance(store.name, balancer.name))) {
          balancer.options_json = changed.options_json;
          std::erase_if(balancer.origins, [](const auto& one) { return one.first.starts_with("options."); });
          balancer.origins.insert(changed.origins.begin(), changed.origins.end());
        }
  }
  for (auto& plugin : conf_plugins_.entries)
    if (const auto* changed = settings.plugins.find(plugin.name)) plugin.options_json = changed->options_json;
}

Result<config::BalancerSettings> BalancerSet::in_conf(std::string_view store,
                                                      std::string_view balancer) const {
  const auto of_store =
      std::find_if(stores_.begin(), stores_.end(), [&](const auto& one) { return one.name == store; });
  if (of_store == stores_.end())
    return Error{Errc::not_found, "there is no store \"" + std::string(store) + "\""};
  for (const auto& entry : of_store->balancers)
    if (entry.name == balancer) return entry;
  const std::string name(balancer);
  const auto* plugin = conf_plugins_.find(name);
  if (!plugin)
    return Error{Errc::not_found, "plugins." + name + ": conf.d of this node lists no such plugin, and " +
                                      "nothing is loaded that it does not list"};
  config::BalancerSettings conf = unknown(name);
  conf.options_json = plugin->options_json;
  conf.origin = plugin->origin;
  return conf;
}

Result<BalancerSet::OwnHost> BalancerSet::make(const EffectiveBalancer& balancer,
                                               host::HostServices services) {
  const std::string& name = balancer.shown.balancer;
  host::PluginSpec spec;
  spec.instance = balancer_instance(balancer.shown.store, name);
  spec.kind = host::Kind::balancer;
  spec.plugin = name;
  if (const auto* entry = conf_plugins_.find(name)) spec.file = entry->file;
  spec.options_json = balancer.options_json;
  spec.origin = "a rule for stores." + balancer.shown.store + ".balancers." + name;
  host::LoadPolicy policy;
  policy.dirs = conf_plugins_.path;
  policy.trusted_uids = conf_plugins_.trusted_uids;
  OwnHost own;
  own.health = std::make_shared<HeldHealth>(*services.health);
  services.health = own.health.get();
  auto loaded = host::PluginHost::load({std::move(spec)}, policy, services);
  if (!loaded.ok()) return loaded.error();
  if (Status active = (*loaded)->activate(); !active.ok()) return active.error();
  own.host = {std::move(loaded).value().release(), end};
  return own;
}

Status BalancerSet::check(const EffectiveBalancer& balancer) {
  host::HostServices services = services_;
  services.log = &silent_;
  services.metrics = &silent_;
  services.health = &silent_;
  const auto made = make(balancer, services);
  return made.ok() ? Status() : Status(made.error());
}

std::vector<EffectiveBalancer> BalancerSet::effective(const std::vector<ReadRule>& rules) const {
  std::vector<EffectiveBalancer> balancers;
  for (const auto& store : stores_) {
    const kv::StoreId id = *store_named(store.name);
    for (const auto& conf : store.balancers) {
      const ReadRule* read = find(rules, id, conf.name);
      balancers.push_back(effective_balancer(id, conf, read ? &read->rule : nullptr));
    }
    for (const ReadRule& read : rules) {
      const auto is_same = [&](const auto& conf) { return conf.name == read.rule.balancer; };
      if (read.rule.store != id || std::any_of(store.balancers.begin(), store.balancers.end(), is_same))
        continue;
      const auto conf = in_conf(store.name, read.rule.balancer);
      balancers.push_back(
          effective_balancer(id, conf.ok() ? *conf : unknown(read.rule.balancer), &read.rule));
      if (!conf.ok() && balancers.back().is_enabled) balancers.back().shown.failure = conf.error().message;
    }
  }
  for (EffectiveBalancer& balancer : balancers)
    if (const ReadRule* read = find(rules, balancer.store, balancer.shown.balancer); read && read->error)
      balancer.shown.failure = read->error->message;
  return balancers;
}

balance::PluginStrategy* BalancerSet::strategy_of(EffectiveBalancer& balancer, std::vector<Made>& ret_made) {
  if (!balancer.is_enabled || !balancer.shown.failure.empty()) return nullptr;
  const std::string& name = balancer.shown.balancer;
  const auto conf = in_conf(balancer.shown.store, name);
  host::Instance* instance =
      plugins_.find(host::Kind::balancer, balancer_instance(balancer.shown.store, name));
  if (instance && conf.ok() && conf->options_json == balancer.options_json) {
    in_use_[instance->name()] = instance;
    of_conf_.push_back(std::make_unique<balance::PluginStrategy>(*instance));
    return of_conf_.back().get();
  }
  const auto known = std::find_if(made_.begin(), made_.end(), [&](const Made& made) {
    return made.store == balancer.store && made.name == name && made.options_json == balancer.options_json;
  });
  OwnHost own = known == made_.end() ? OwnHost() : known->own;
  if (!own.host) {
    auto made = make(balancer, services_);
    if (!made.ok()) {
      balancer.shown.failure = made.error().message;
      return nullptr;
    }
    own = std::move(made).value();
  }
  instance = own.host->instances().front();
  in_use_[instance->name()] = instance;
  ret_made.push_back({balancer.store, name, balancer.options_json, std::move(own),
                      std::make_unique<balance::PluginStrategy>(*instance)});
  return ret_made.back().strategy.get();
}

std::vector<admin::BalancerRule> BalancerSet::apply(const std::vector<ReadRule>& rules) {
  std::vector<Made> made;
  const InUse used = std::exchange(in_use_, {});
  const auto former = std::exchange(of_conf_, {});
  std::vector<balance::BalancerSetup> setups;
  std::vector<admin::BalancerRule> shown;
  for (EffectiveBalancer& balancer : effective(rules)) {
    balance::BalancerSetup setup;
    setup.strategy = strategy_of(balancer, made);
    setup.store = balancer.store;
    setup.name = balancer.shown.balancer;
    setup.order = balancer.order;
    setup.is_enabled = balancer.is_enabled;
    setup.rule_version = balancer.shown.version;
    setup.failure = balancer.shown.failure;
    if (setup.is_enabled || !setup.failure.empty()) setups.push_back(std::move(setup));
    shown.push_back(std::move(balancer.shown));
  }
  use_(std::move(setups));
  made_ = std::move(made);
  // Those that were in use are gone, or nobody asks them any more.
  for (const auto& [name, instance] : used)
    if (const auto now = in_use_.find(name); now == in_use_.end() || now->second != instance)
      forget_health_(name);
  for (const Made& one : made_) one.own.health->begin();
  return shown;
}

}  // namespace tenon::node
