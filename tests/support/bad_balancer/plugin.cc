// A balancer that wants nothing but what is wrong, for tests of those who have to notice: nodes that there
// are not, ranges that there are not, old epochs, keys outside; and to lead a range to and fro for ever, with
// `flip`. It counts how often it was asked, and is in bad health with `sick`.
#include <tenon/health.hpp>
#include <tenon/kind/balancer.hpp>
#include <tenon/metrics.hpp>
#include <tenon/module.hpp>

namespace tenon::bad_balancer {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_METRICS_ID, TENON_HOST_HEALTH_ID,
                                         nullptr};
constexpr std::uint64_t nobody = 0x99;

class BadBalancer : public sdk::BalancerPlugin<BadBalancer> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.balancer-bad",
                                        .name = "bad",
                                        .version = TENON_VERSION,
                                        .requires_host = requires_host};
  using BalancerPlugin::BalancerPlugin;

  void init() {
    flips_ = config().boolean_or("flip", false);
    plans_ = metrics().counter("bad_plans_total", "Plans that it was asked for.");
    if (config().boolean_or("sick", false)) sdk::Health(host()).failed("it was told to be sick");
  }

  sdk::BalancerPlan plan(const sdk::BalancerView& view, std::string_view) const {
    sdk::BalancerPlan plan;
    plan.reason = "whatever is wrong";
    plans_.add();
    for (const tenon_balancer_range& range : view.own_ranges()) flips_ ? flip(range, plan) : ask(range, plan);
    return plan;
  }

 private:
  static void ask(const tenon_balancer_range& range, sdk::BalancerPlan& plan) {
    auto to = [&](std::uint32_t kind) -> sdk::BalancerCommand& {
      return plan.commands.emplace_back(sdk::BalancerCommand::to(range, kind, "because"));
    };
    to(TENON_COMMAND_TRANSFER).node = nobody;
    to(TENON_COMMAND_MEMBERS).voters = {range.leader, nobody};
    to(TENON_COMMAND_MEMBERS).voters = {};
    to(TENON_COMMAND_SPLIT).key = std::string(sdk::text_of(range.begin));
    plan.commands.back().boundary_epoch += 1;
    to(TENON_COMMAND_TRANSFER).range = nobody;
    to(77);
  }

  static void flip(const tenon_balancer_range& range, sdk::BalancerPlan& plan) {
    for (std::uint32_t i = 0; i < range.voter_count; ++i) {
      if (range.voters[i] == range.leader) continue;
      plan.commands.push_back(sdk::BalancerCommand::to(range, TENON_COMMAND_TRANSFER, "elsewhere"));
      plan.commands.back().node = range.voters[i];
      return;
    }
  }

  bool flips_ = false;
  sdk::Metric plans_;
};

}  // namespace tenon::bad_balancer

TENON_CPP_MODULE(1, "org.tenon.test.balancer-bad", TENON_VERSION, tenon::bad_balancer::BadBalancer)
