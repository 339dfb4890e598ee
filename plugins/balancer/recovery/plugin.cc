// balancer/recovery: ranges that have lost their majority. README.md is its manual.
#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

#include "recovery/options.h"
#include "recovery/rule.h"

namespace tenon::recovery {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class Recovery : public sdk::BalancerPlugin<Recovery> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.balancer-recovery",
                                        .name = "recovery",
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
    return recovery::plan(view, options_);
  }

 private:
  Options options_;
};

}  // namespace tenon::recovery

TENON_CPP_MODULE(1, "org.tenon.balancer-recovery", TENON_VERSION, tenon::recovery::Recovery)
