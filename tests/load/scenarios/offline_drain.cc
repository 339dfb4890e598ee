#include <algorithm>

#include "load/engine/clock.h"
#include "load/scenarios/scenarios.h"
#include "load/scenarios/traffic_fleet.h"

namespace tenon::load {

namespace {

constexpr std::uint32_t never_expires_s = 0xFFFFFFFF;

double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / static_cast<double>(ns_per_s) : 0.0;
}

// Creates persistent sessions, publishes to them while they are away, and collects. Session i has a topic of
// its own, which is stream i; each session gets the same number of messages.
class OfflineDrain {
 public:
  explicit OfflineDrain(const Options& options)
      : options_(options),
        per_session_((options.messages + options.sessions - 1) / options.sessions),
        publishers_(std::min(options.publishers, options.sessions)),
        fleet_(options, options.sessions + publishers_),
        traffic_(fleet_, options.sessions, 1) {}

  Outcome run() {
    add_setting();
    seat_subscribers();
    if (options_.phase != DrainPhase::drain) {
      create_sessions();
      publish();
    }
    if (options_.phase != DrainPhase::publish) {
      drain();
      if (!options_.keep) fleet_.end_sessions(traffic_.subscriber_links());
    }
    add_faults(outcome_, fleet_.counters(), fleet_.first_error());
    return std::move(outcome_);
  }

 private:
  std::uint64_t total() const { return per_session_ * options_.sessions; }

  void add_setting() {
    Report& report = outcome_.report;
    report.add("scenario", std::string(scenario_name(options_.scenario)));
    report.add("version", std::int64_t{options_.version == Version::v5 ? 5 : 4});
    report.add("qos", static_cast<std::int64_t>(options_.qos));
    report.add("payload_bytes", std::uint64_t{options_.payload_bytes});
    report.add("sessions", std::uint64_t{options_.sessions});
    report.add("messages", total());
    report.add("publishers", std::uint64_t{publishers_});
    report.add("window", std::uint64_t{options_.window});
  }

  void seat_subscribers() {
    traffic_.call([this](TrafficShard& shard) {
      for (std::uint32_t i = shard.worker().index(); i < options_.sessions; i += options_.threads) {
        LinkPlan link{
            .client_id = options_.client_prefix + "-s" + std::to_string(i),
            .clean = false,
            .session_expiry_s = never_expires_s,
            .filters = {numbered_topic(options_.topic_prefix, i)},
            .subscribe_qos = options_.subscribe_qos,
        };
        SubscriberPlan plan{.first_stream = i, .tracker_depth = 64};
        shard.add_subscriber(std::move(plan), std::move(link));
      }
    });
  }

  void create_sessions() {
    traffic_.connect_subscribers();
    for (const auto& [worker, link] : traffic_.subscriber_links()) {
      worker->call([link = link] { link->disconnect(); });
    }
  }

  // Publisher p serves the sessions p, p + publishers, ...
  void seat_publishers() {
    traffic_.call([this](TrafficShard& shard) {
      for (std::uint32_t p = shard.worker().index(); p < publishers_; p += options_.threads) {
        const std::uint32_t streams = (options_.sessions - p + publishers_ - 1) / publishers_;
        PublisherPlan plan{
            .qos = options_.qos,
            .pacing = Pacing::acks,
            .window = options_.window,
            .messages_max = streams * per_session_,
            .topic = numbered_topic(options_.topic_prefix, p),
            .payload_bytes = options_.payload_bytes,
            .first_stream = p,
            .stream_step = publishers_,
            .stream_count = streams,
        };
        shard.add_publisher(std::move(plan), {.client_id = options_.client_prefix + "-p" + std::to_string(p),
                                              .at_publish_broker = true});
      }
    });
  }

  void publish() {
    seat_publishers();
    traffic_.connect_publishers();
    const ProcessUsage before = fleet_.broker_usage();
    traffic_.begin_recording();
    traffic_.start(0);
    fleet_.wait([this]() -> Fleet::Progress {
      const Counters counters = fleet_.counters();
      return {counters.acked >= total() || counters.links_lost != 0, counters.acked};
    });
    const Measurement measured = traffic_.end_recording();
    const ProcessUsage after = fleet_.broker_usage();
    Report& report = outcome_.report;
    const double seconds = seconds_between(measured.begin_ns, measured.end_ns);
    report.add("publish.seconds", seconds);
    report.add("publish.sent", measured.counters.sent);
    report.add("publish.acked", measured.counters.acked);
    report.add("publish.acked_per_s", static_cast<double>(measured.counters.acked) / seconds);
    add_phase_usage("publish", before, after, measured.counters.acked);
    report.add_latencies("ack_us", measured.ack);
    const std::uint64_t missing = total() - std::min(total(), measured.counters.acked);
    outcome_.fail_if(missing != 0, std::to_string(missing) + " publishes never acknowledged");
    outcome_.fail_if(measured.counters.delivered != 0, "messages came to sessions that are away");
  }

  void drain() {
    const auto links = traffic_.subscriber_links();
    for (const auto& [worker, link] : links) {
      worker->call([link = link] { link->mutable_plan().filters.clear(); });
    }
    const ProcessUsage before = fleet_.broker_usage();
    const Counters counters_before = fleet_.counters();
    traffic_.begin_recording();
    traffic_.connect_subscribers();
    fleet_.wait([&]() -> Fleet::Progress {
      const Counters counters = fleet_.counters() - counters_before;
      return {distinct_deliveries(counters) >= total() || counters.links_lost != 0, counters.delivered};
    });
    const Measurement measured = traffic_.end_recording();
    const ProcessUsage after = fleet_.broker_usage();
    report_drain(measured, seconds_between(measured.begin_ns, traffic_.last_delivery_ns()));
    add_phase_usage("drain", before, after, measured.counters.delivered);
    std::uint64_t fresh = 0;
    for (const auto& [worker, link] : links) {
      worker->call([&fresh, link = link] { fresh += link->session_present() ? 0 : 1; });
    }
    outcome_.report.add("drain.sessions_lost", fresh);
    outcome_.fail_if(fresh != 0, std::to_string(fresh) + " sessions were gone");
  }

  void report_drain(const Measurement& measured, double seconds) {
    const Counters& counters = measured.counters;
    const std::uint64_t distinct = distinct_deliveries(counters);
    const std::uint64_t lost = total() - std::min(total(), distinct);
    Report& report = outcome_.report;
    report.add("drain.seconds", seconds);
    report.add("drain.delivered", counters.delivered);
    report.add("drain.delivered_per_s",
               seconds > 0 ? static_cast<double>(counters.delivered) / seconds : 0.0);
    report.add("drain.lost", lost);
    report.add("drain.duplicated", counters.duplicated);
    report.add("drain.out_of_order", counters.disordered);
    outcome_.fail_if(lost != 0 && !options_.loss_ok, std::to_string(lost) + " messages lost");
    outcome_.fail_if(counters.duplicated != 0 && options_.qos == Qos::exactly_once,
                     std::to_string(counters.duplicated) + " messages delivered twice");
    outcome_.fail_if(counters.disordered != 0,
                     std::to_string(counters.disordered) + " messages out of order");
  }

  void add_phase_usage(const std::string& phase, const ProcessUsage& before, const ProcessUsage& after,
                       std::uint64_t messages) {
    if (after.process_count == 0) return;
    const double cpu_s = after.cpu_s() - before.cpu_s();
    outcome_.report.add(phase + ".broker_cpu_s", cpu_s);
    outcome_.report.add(phase + ".broker_cpu_us_per_message", cpu_s * 1e6 / static_cast<double>(messages));
    outcome_.report.add(phase + ".broker_rss_bytes", after.rss_bytes);
    outcome_.report.add(phase + ".broker_written_bytes", after.written_bytes - before.written_bytes);
  }

  const Options& options_;
  const std::uint64_t per_session_;
  const std::uint32_t publishers_;
  Fleet fleet_;
  TrafficFleet traffic_;
  Outcome outcome_;
};

}  // namespace

Outcome run_offline_drain(const Options& options) {
  return OfflineDrain(options).run();
}

}  // namespace tenon::load
