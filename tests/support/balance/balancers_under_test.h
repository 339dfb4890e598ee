#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "balance/controller.h"
#include "balance/plugin_strategy.h"
#include "host/plugin_host.h"
#include "unit/host/fake_world.h"

namespace tenon::test {

// The shipped balancers, loaded as the broker loads them: BALANCER_DIRS names their directories.
class BalancersUnderTest {
 public:
  struct Wanted {
    kv::StoreId store = kv::StoreId::inbox;
    std::string name;
    std::uint32_t order = 50;
    std::string options = "{}";
  };

  explicit BalancersUnderTest(const std::vector<Wanted>& wanted) {
    std::vector<host::PluginSpec> specs;
    for (const Wanted& one : wanted) {
      host::PluginSpec& spec = specs.emplace_back();
      spec.instance = instance_of(one);
      spec.kind = host::Kind::balancer;
      spec.plugin = one.name;
      spec.options_json = one.options;
    }
    host::LoadPolicy policy;
    policy.dirs = {BALANCER_DIRS};
    auto loaded = host::PluginHost::load(std::move(specs), policy, world_.services());
    if (!loaded.ok()) throw std::runtime_error(loaded.error().message);
    host_ = std::move(loaded).value();
    if (const Status active = host_->activate(); !active.ok())
      throw std::runtime_error(active.error().message);
    for (const Wanted& one : wanted) {
      strategies_.push_back(
          std::make_unique<balance::PluginStrategy>(*host_->find(host::Kind::balancer, instance_of(one))));
      setups_.push_back({one.store, one.name, one.order, true, strategies_.back().get()});
    }
  }
  ~BalancersUnderTest() { host_->deactivate(); }

  const std::vector<balance::BalancerSetup>& setups() const { return setups_; }

 private:
  static std::string instance_of(const Wanted& one) {
    return "balancer." + std::string(kv::to_string(one.store)) + "." + one.name;
  }

  host::test::FakeWorld world_{1};
  std::unique_ptr<host::PluginHost> host_;
  std::vector<std::unique_ptr<balance::PluginStrategy>> strategies_;
  std::vector<balance::BalancerSetup> setups_;
};

}  // namespace tenon::test
