// balancer/range-split: hot and large ranges are cut in two. README.md is its manual.
#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

#include "range-split/options.h"
#include "range-split/rule.h"

namespace tenon::range_split {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};

class RangeSplit : public sdk::BalancerPlugin<RangeSplit> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.balancer-range-split",
                                        .name = "range-split",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using BalancerPlugin::BalancerPlugin;

  void init() { options_ = read_options(config()); }
  tenon_status reconfigure() {
    options_ = read_options(config());
    return TENON_OK;
  }
  sdk::BalancerPlan plan(const sdk::BalancerView& view, std::string_view memo) const {
    return range_split::plan(view, options_, memo);
  }

 private:
  Options options_;
};

}  // namespace tenon::range_split

TENON_CPP_MODULE(1, "org.tenon.balancer-range-split", TENON_VERSION, tenon::range_split::RangeSplit)
