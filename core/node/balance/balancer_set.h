#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "balance/controller.h"
#include "balance/plugin_strategy.h"
#include "config/settings.h"
#include "host/plugin_host.h"
#include "host/silent_ports.h"
#include "node/balance/held_health.h"
#include "node/balance/rule.h"

namespace tenon::node {

// Which balancers there are, by conf.d and rules, and what asks their plugins. On the control thread.
class Balancers {
 public:
  virtual ~Balancers() = default;
  // By conf.d alone. not_found: there is no such store, or conf.d lists no such plugin under `plugins`.
  virtual Result<config::BalancerSettings> in_conf(std::string_view store,
                                                   std::string_view balancer) const = 0;
  // Whether the plugin takes these options; as at a start, it is loaded and asked.
  virtual Status check(const EffectiveBalancer& balancer) = 0;
  // From now on these rules hold besides conf.d. What is shown of all balancers, by store and name.
  virtual std::vector<admin::BalancerRule> apply(const std::vector<ReadRule>& rules) = 0;
};

// The instances of balancers. Where no rule changes its options, a balancer that conf.d enables is the
// instance of the node's plugin host; every other one is an instance of its own, which is made when a rule
// wants it, and thrown away when none does any more. Instances of one balancer of one store have one name,
// and count under it one after the other. What they report of their health counts while they are in use; one
// of the plugin host that is in use again is heard from its next report on.
class BalancerSet final : public Balancers {
 public:
  // `use` takes the strategies into use; when it returns, those of the call before are not called any more.
  using Use = std::function<void(std::vector<balance::BalancerSetup>&& setups)>;
  // What the instance of that name has reported of its health counts no more.
  using ForgetHealth = std::function<void(const std::string& instance)>;
  // `plugins`, and what `services` points to, outlive this.
  BalancerSet(const config::Settings& settings, host::PluginHost& plugins, const host::HostServices& services,
              Use use, ForgetHealth forget_health);
  // REQUIRES: no strategy is called any more.
  ~BalancerSet() override;

  // The options of a conf.d that was read again, for the next apply(). What balancers there are stays, as do
  // the options of the instances in `refused`, which have not taken the new ones.
  void conf_changed(const config::Settings& settings, const std::vector<std::string>& refused);

  Result<config::BalancerSettings> in_conf(std::string_view store, std::string_view balancer) const override;
  Status check(const EffectiveBalancer& balancer) override;
  std::vector<admin::BalancerRule> apply(const std::vector<ReadRule>& rules) override;

 private:
  // A host for one instance, and how that is.
  struct OwnHost {
    std::shared_ptr<HeldHealth> health;
    std::shared_ptr<host::PluginHost> host;
  };
  // An instance that a rule wants, in a host of its own.
  struct Made {
    kv::StoreId store;
    std::string name;
    std::string options_json;
    OwnHost own;
    std::unique_ptr<balance::PluginStrategy> strategy;
  };
  // The instances in use, by name.
  using InUse = std::map<std::string, const host::Instance*>;

  Result<OwnHost> make(const EffectiveBalancer& balancer, host::HostServices services);
  std::vector<EffectiveBalancer> effective(const std::vector<ReadRule>& rules) const;
  // Sets the failure where there is none to be had; with one, the instance is in use from now on.
  balance::PluginStrategy* strategy_of(EffectiveBalancer& balancer, std::vector<Made>& ret_made);

  std::vector<config::StoreSettings> stores_;
  config::PluginsSettings conf_plugins_;
  host::PluginHost& plugins_;
  const host::HostServices services_;
  host::SilentPorts silent_;
  const Use use_;
  const ForgetHealth forget_health_;
  std::vector<std::unique_ptr<balance::PluginStrategy>> of_conf_;  // by the node's plugin host
  std::vector<Made> made_;
  InUse in_use_;
};

}  // namespace tenon::node
