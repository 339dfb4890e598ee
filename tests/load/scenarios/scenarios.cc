#include "load/scenarios/scenarios.h"

namespace tenon::load {

Outcome run_scenario(const Options& options) {
  switch (options.scenario) {
    case Scenario::connect_storm:
      return run_connect_storm(options);
    case Scenario::offline_drain:
      return run_offline_drain(options);
    case Scenario::retained:
      return run_retained(options);
    case Scenario::idle:
      return run_idle(options);
    case Scenario::subscribe:
      return run_subscribe(options);
    case Scenario::p2p:
    case Scenario::fan_in:
    case Scenario::fan_out:
    case Scenario::shared:
    case Scenario::latency:
      break;
  }
  return run_traffic(options);
}

}  // namespace tenon::load
