#include <algorithm>

#include "load/engine/clock.h"
#include "load/scenarios/scenarios.h"
#include "load/scenarios/traffic_fleet.h"

namespace tenon::load {

namespace {

struct Steady {
  Measurement measurement;
  ProcessUsage before;
  ProcessUsage after;
  bool gave_up = false;  // waited in vain for the last of --messages
};

class TrafficRun {
 public:
  explicit TrafficRun(const Options& options)
      : options_(options),
        plan_(plan_traffic(options)),
        fleet_(options, plan_.publishers.size() + plan_.subscribers.size()),
        traffic_(fleet_, plan_.publishers.size(), std::max(1U, plan_.deliveries_window)) {}

  Outcome run() {
    traffic_.seat(plan_);
    traffic_.connect_subscribers();
    traffic_.connect_publishers();
    const Steady steady = measure();
    traffic_.stop();
    if (!steady.gave_up) fleet_.wait([this] { return drain_progress(); });
    Outcome outcome = report(steady);
    if (options_.persistent && !options_.keep) fleet_.end_sessions(traffic_.subscriber_links());
    return outcome;
  }

 private:
  // With --messages from the first message to the last delivery, else for the duration.
  Steady measure() {
    Steady steady;
    if (options_.messages == 0) {
      traffic_.start(options_.rate_per_s);
      fleet_.wait_seconds(options_.warmup_s);
    }
    steady.before = fleet_.broker_usage();
    traffic_.begin_recording();
    if (options_.messages == 0) {
      wait_duration();
    } else {
      traffic_.start(options_.rate_per_s);
      steady.gave_up = !fleet_.wait([this] { return messages_progress(); });
    }
    steady.measurement = traffic_.end_recording();
    steady.after = fleet_.broker_usage();
    if (options_.messages != 0) {
      const std::uint64_t last_ns = traffic_.last_delivery_ns();
      if (last_ns > steady.measurement.begin_ns) steady.measurement.end_ns = last_ns;
    }
    return steady;
  }

  std::uint64_t expected() { return traffic_.sent() * plan_.receivers_per_message; }

  Fleet::Progress messages_progress() {
    const Counters counters = fleet_.counters();
    const bool done = traffic_.finished() && distinct_deliveries(counters) >= expected();
    return {done || ends_early(counters), counters.delivered + counters.acked};
  }

  // Where losses are no failure, what is on its way to the others is waited for when a link is lost.
  Fleet::Progress drain_progress() {
    const Counters counters = fleet_.counters();
    const bool done = traffic_.settled() && distinct_deliveries(counters) >= expected();
    return {done || ends_early(counters), counters.delivered + counters.acked};
  }

  bool ends_early(const Counters& counters) const { return counters.links_lost != 0 && !options_.loss_ok; }

  void wait_duration() {
    const std::uint64_t until_ns =
        now_ns() + static_cast<std::uint64_t>(options_.duration_s * static_cast<double>(ns_per_s));
    do {
      const std::uint64_t now = now_ns();
      fleet_.wait_seconds(static_cast<double>(until_ns - std::min(now, until_ns)) / ns_per_s);
    } while (now_ns() < until_ns && !ends_early(fleet_.counters()));
  }

  Outcome report(const Steady& steady) {
    Outcome outcome;
    add_setting(outcome.report);
    add_totals(outcome);
    add_steady(outcome.report, steady);
    add_faults(outcome, fleet_.counters(), fleet_.first_error());
    return outcome;
  }

  void add_setting(Report& report) const {
    report.add("scenario", std::string(scenario_name(options_.scenario)));
    report.add("version", std::int64_t{options_.version == Version::v5 ? 5 : 4});
    report.add("qos", static_cast<std::int64_t>(options_.qos));
    report.add("payload_bytes", std::uint64_t{options_.payload_bytes});
    report.add("publishers", std::uint64_t{options_.publishers});
    report.add("subscribers", std::uint64_t{options_.subscribers});
    if (options_.rate_per_s > 0) {
      report.add("rate_per_s", options_.rate_per_s);
    } else {
      report.add("window", std::uint64_t{options_.window});
    }
    report.add("threads", std::uint64_t{options_.threads});
  }

  void add_totals(Outcome& outcome) {
    const Counters counters = fleet_.counters();
    const std::uint64_t distinct = distinct_deliveries(counters);
    const std::uint64_t lost = expected() - std::min(expected(), distinct);
    const std::uint64_t unacked = traffic_.unacked();
    Report& report = outcome.report;
    report.add("sent", counters.sent);
    report.add("acked", counters.acked);
    report.add("unmatched", counters.unmatched);
    report.add("delivered", counters.delivered);
    report.add("lost", lost);
    report.add("unacked", unacked);
    report.add("duplicated", counters.duplicated);
    report.add("out_of_order", counters.disordered);
    report.add("stalls", counters.stalls);
    outcome.fail_if(lost != 0 && !options_.loss_ok, std::to_string(lost) + " messages lost");
    outcome.fail_if(unacked != 0, std::to_string(unacked) + " publishes never acknowledged");
    outcome.fail_if(counters.delivered == 0, "nothing was delivered");
    // A repeat is allowed at QoS 1 only, and order is promised for every stream.
    const Qos effective = std::min(options_.qos, options_.subscribe_qos);
    outcome.fail_if(counters.duplicated != 0 && effective != Qos::at_least_once,
                    std::to_string(counters.duplicated) + " messages delivered twice");
    outcome.fail_if(counters.disordered != 0, std::to_string(counters.disordered) + " messages out of order");
  }

  void add_steady(Report& report, const Steady& steady) const {
    const Measurement& m = steady.measurement;
    const double seconds = static_cast<double>(m.end_ns - m.begin_ns) / static_cast<double>(ns_per_s);
    const auto delivered = static_cast<double>(m.counters.delivered);
    report.add("steady.seconds", seconds);
    report.add("steady.sent", m.counters.sent);
    report.add("steady.acked", m.counters.acked);
    report.add("steady.delivered", m.counters.delivered);
    report.add("steady.sent_per_s", static_cast<double>(m.counters.sent) / seconds);
    report.add("steady.delivered_per_s", delivered / seconds);
    report.add("steady.delivered_mb_per_s", static_cast<double>(m.counters.delivered_bytes) / seconds / 1e6);
    if (m.delivery.count() != 0) report.add_latencies("latency_us", m.delivery);
    if (m.ack.count() != 0) report.add_latencies("ack_us", m.ack);
    if (m.lag.count() != 0) report.add_latencies("send_lag_us", m.lag);
    report.add("generator.cpu_s", m.cpu_s);
    report.add("generator.cpu_us_per_delivered", m.cpu_s * 1e6 / delivered);
    report.add("generator.busy", m.cpu_s / seconds / static_cast<double>(options_.threads));
    add_broker_usage(report, steady.before, steady.after, "delivered", m.counters.delivered);
  }

  const Options& options_;
  const TrafficPlan plan_;
  Fleet fleet_;
  TrafficFleet traffic_;
};

}  // namespace

Outcome run_traffic(const Options& options) {
  return TrafficRun(options).run();
}

}  // namespace tenon::load
