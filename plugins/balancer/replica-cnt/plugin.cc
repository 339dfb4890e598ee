// balancer/replica-cnt: as many sound replicas as a store wants, spread over nodes and zones. README.md is
// its manual.
#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

#include "replica-cnt/options.h"
#include "replica-cnt/rule.h"

namespace tenon::replica_cnt {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class ReplicaCnt : public sdk::BalancerPlugin<ReplicaCnt> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.balancer-replica-cnt",
                                        .name = "replica-cnt",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using BalancerPlugin::BalancerPlugin;

  void init() { options_ = read_options(config()); }
  tenon_status reconfigure() {
    options_ = read_options(config());
    return TENON_OK;
  }
  sdk::BalancerPlan plan(const sdk::BalancerView& view, std::string_view) const {
    return replica_cnt::plan(view, options_);
  }

 private:
  Options options_;
};

}  // namespace tenon::replica_cnt

TENON_CPP_MODULE(1, "org.tenon.balancer-replica-cnt", TENON_VERSION, tenon::replica_cnt::ReplicaCnt)
