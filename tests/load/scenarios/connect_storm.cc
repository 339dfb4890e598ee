#include <memory>

#include "load/engine/clock.h"
#include "load/scenarios/fleet.h"
#include "load/scenarios/scenarios.h"

namespace tenon::load {

namespace {

// What the clients of one worker share; used on its thread.
struct StormState {
  bool running = true;
  std::uint64_t connects_left = 0;
  bool recording = false;
  Histogram latency;  // connect() to CONNACK
};

// A client that connects, disconnects as soon as it has CONNACK, and begins again.
class StormClient final : public LinkHandler {
 public:
  StormClient(Worker& worker, StormState& state, LinkPlan link)
      : worker_(worker), state_(state), link_(worker.add_link(*this, std::move(link))) {}

  void begin() {
    if (!state_.running || state_.connects_left == 0) return;
    --state_.connects_left;
    worker_.connect(link_);
  }

  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override {
    return link.each_frame(bytes, [&link](const Frame& frame) { link.on_control(frame); });
  }

  void on_ready(Link& link) override {
    if (state_.recording) state_.latency.record(now_ns() - link.opened_ns());
    link.disconnect();
    begin();
  }

  void on_down(Link&) override { begin(); }

 private:
  Worker& worker_;
  StormState& state_;
  Link& link_;
};

class ConnectStorm {
 public:
  explicit ConnectStorm(const Options& options)
      : options_(options), states_(options.threads), fleet_(options, options.connections) {
    for (std::uint32_t i = 0; i < options.connections; ++i) {
      Worker& worker = fleet_.worker(i);
      worker.call([&] {
        LinkPlan plan{.client_id = options.client_prefix + "-c" + std::to_string(i)};
        clients_.push_back(std::make_unique<StormClient>(worker, state_of(worker), std::move(plan)));
      });
    }
  }

  Outcome run() {
    start();
    if (options_.messages == 0) fleet_.wait_seconds(options_.warmup_s);
    const ProcessUsage before = fleet_.broker_usage();
    const std::uint64_t connected_before = options_.messages == 0 ? fleet_.counters().connected : 0;
    const std::uint64_t begin_ns = now_ns();
    fleet_.call([this](Worker& worker) { state_of(worker).recording = true; });
    if (options_.messages == 0) {
      wait_duration();
    } else {
      wait_count();
    }
    const double seconds = static_cast<double>(now_ns() - begin_ns) / static_cast<double>(ns_per_s);
    const std::uint64_t connected = fleet_.counters().connected - connected_before;
    const ProcessUsage after = fleet_.broker_usage();
    fleet_.call([this](Worker& worker) {
      state_of(worker).running = false;
      worker.disconnect_all();
    });
    return report(connected, seconds, before, after);
  }

 private:
  StormState& state_of(Worker& worker) { return states_[worker.index()]; }

  void start() {
    fleet_.call([this](Worker& worker) {
      const std::uint64_t share =
          options_.messages / fleet_.size() + (worker.index() < options_.messages % fleet_.size() ? 1 : 0);
      state_of(worker).connects_left = options_.messages == 0 ? ~std::uint64_t{0} : share;
      state_of(worker).recording = options_.messages != 0;
    });
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      fleet_.worker(i).post([client = clients_[i].get()] { client->begin(); });
    }
  }

  // A storm goes on when single connects fail.
  void wait_duration() {
    const std::uint64_t until_ns =
        now_ns() + static_cast<std::uint64_t>(options_.duration_s * static_cast<double>(ns_per_s));
    while (now_ns() < until_ns) fleet_.wait_seconds(static_cast<double>(until_ns - now_ns()) / 1e9);
  }

  void wait_count() {
    fleet_.wait([this]() -> Fleet::Progress {
      const Counters counters = fleet_.counters();
      const std::uint64_t over = counters.connected + counters.faults();
      return {over >= options_.messages, over};
    });
  }

  Outcome report(std::uint64_t connected, double seconds, const ProcessUsage& before,
                 const ProcessUsage& after) {
    Outcome outcome;
    Report& report = outcome.report;
    report.add("scenario", std::string(scenario_name(options_.scenario)));
    report.add("connections", std::uint64_t{options_.connections});
    report.add("seconds", seconds);
    report.add("connected", connected);
    report.add("connected_per_s", static_cast<double>(connected) / seconds);
    Histogram latency;
    for (const StormState& state : states_) latency.merge(state.latency);
    report.add_latencies("connect_us", latency);
    add_broker_usage(report, before, after, "connect", connected);
    outcome.fail_if(connected == 0, "no client got in");
    add_faults(outcome, fleet_.counters(), fleet_.first_error());
    return outcome;
  }

  const Options& options_;
  std::vector<StormState> states_;
  std::vector<std::unique_ptr<StormClient>> clients_;
  Fleet fleet_;  // last: its threads end before what they use
};

}  // namespace

Outcome run_connect_storm(const Options& options) {
  return ConnectStorm(options).run();
}

}  // namespace tenon::load
