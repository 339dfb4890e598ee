#include <memory>

#include "load/engine/clock.h"
#include "load/scenarios/fleet.h"
#include "load/scenarios/scenarios.h"

namespace tenon::load {

namespace {

// A client that only is there.
class IdleClient final : public LinkHandler {
 public:
  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override {
    return link.each_frame(bytes, [&link](const Frame& frame) { link.on_control(frame); });
  }
};

}  // namespace

Outcome run_idle(const Options& options) {
  IdleClient client;
  Fleet fleet(options, options.connections);
  const ProcessUsage empty = fleet.broker_usage();
  const std::uint64_t begin_ns = now_ns();
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    Worker& worker = fleet.worker(i);
    worker.call([&] {
      LinkPlan plan{.client_id = options.client_prefix + "-i" + std::to_string(i)};
      worker.connect(worker.add_link(client, std::move(plan)));
    });
  }
  fleet.wait_ready(0, options.connections);
  const double connect_s = static_cast<double>(now_ns() - begin_ns) / static_cast<double>(ns_per_s);
  const ProcessUsage connected = fleet.broker_usage();
  fleet.wait_seconds(options.hold_s);
  const ProcessUsage held = fleet.broker_usage();

  Outcome outcome;
  Report& report = outcome.report;
  report.add("scenario", std::string(scenario_name(options.scenario)));
  report.add("connections", std::uint64_t{options.connections});
  report.add("connect_s", connect_s);
  if (held.process_count != 0) {
    const double grown = static_cast<double>(held.rss_bytes) - static_cast<double>(empty.rss_bytes);
    report.add("rss_before_bytes", empty.rss_bytes);
    report.add("rss_after_bytes", held.rss_bytes);
    report.add("rss_bytes_per_connection", grown / options.connections);
    report.add("idle_cpu_share", (held.cpu_s() - connected.cpu_s()) / std::max(options.hold_s, 1e-3));
    add_broker_usage(report, empty, connected, "connect", options.connections);
  }
  add_faults(outcome, fleet.counters(), fleet.first_error());
  fleet.call([](Worker& worker) { worker.disconnect_all(); });
  return outcome;
}

}  // namespace tenon::load
