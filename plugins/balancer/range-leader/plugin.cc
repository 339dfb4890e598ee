// balancer/range-leader: leaders spread over all nodes. README.md is its manual.
#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

#include "range-leader/options.h"
#include "range-leader/rule.h"

namespace tenon::range_leader {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class RangeLeader : public sdk::BalancerPlugin<RangeLeader> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.balancer-range-leader",
                                        .name = "range-leader",
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
    return range_leader::plan(view, options_);
  }

 private:
  Options options_;
};

}  // namespace tenon::range_leader

TENON_CPP_MODULE(1, "org.tenon.balancer-range-leader", TENON_VERSION, tenon::range_leader::RangeLeader)
