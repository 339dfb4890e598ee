#pragma once

#include "load/cli/options.h"
#include "load/scenarios/outcome.h"

namespace tenon::load {

// Runs what Options::scenario names, from connecting to disconnecting. Throws std::runtime_error when it
// could not come to a measurement.
Outcome run_scenario(const Options& options);

Outcome run_traffic(const Options& options);        // p2p, fan-in, fan-out, shared, latency
Outcome run_offline_drain(const Options& options);  // persistent-offline-drain
Outcome run_retained(const Options& options);
Outcome run_subscribe(const Options& options);
Outcome run_idle(const Options& options);
Outcome run_connect_storm(const Options& options);

}  // namespace tenon::load
