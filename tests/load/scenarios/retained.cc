#include <algorithm>
#include <memory>

#include "load/engine/clock.h"
#include "load/scenarios/retained_reader.h"
#include "load/scenarios/scenarios.h"
#include "load/scenarios/traffic_fleet.h"

namespace tenon::load {

namespace {

double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / static_cast<double>(ns_per_s) : 0.0;
}

// Publishes one retained message on each of many topics, reads them all back by a wildcard, removes them.
class RetainedRun {
 public:
  explicit RetainedRun(const Options& options)
      : options_(options),
        publishers_(std::min(options.publishers, options.topics)),
        fleet_(options, 2 * publishers_ + options.subscribers) {}

  Outcome run() {
    Report& report = outcome_.report;
    report.add("scenario", std::string(scenario_name(options_.scenario)));
    report.add("qos", static_cast<std::int64_t>(options_.qos));
    report.add("payload_bytes", std::uint64_t{options_.payload_bytes});
    report.add("topics", std::uint64_t{options_.topics});
    const ProcessUsage empty = fleet_.broker_usage();
    report_publish(empty, publish_all(options_.payload_bytes, "-p"));
    read_all();
    if (!options_.keep) publish_all(0, "-r");
    add_faults(outcome_, fleet_.counters(), fleet_.first_error());
    return std::move(outcome_);
  }

 private:
  void seat_publishers(TrafficFleet& traffic, std::uint32_t payload_bytes, const std::string& role) {
    traffic.call([&](TrafficShard& shard) {
      for (std::uint32_t p = shard.worker().index(); p < publishers_; p += options_.threads) {
        const std::uint32_t streams = (options_.topics - p + publishers_ - 1) / publishers_;
        PublisherPlan plan{
            .qos = options_.qos,
            .retain = Retain::yes,
            .pacing = options_.qos == Qos::at_most_once ? Pacing::socket : Pacing::acks,
            .window = options_.window,
            .messages_max = streams,
            .topic = numbered_topic(options_.topic_prefix, p),
            .payload_bytes = payload_bytes,
            .first_stream = p,
            .stream_step = publishers_,
            .stream_count = streams,
        };
        shard.add_publisher(std::move(plan), {.client_id = options_.client_prefix + role + std::to_string(p),
                                              .at_publish_broker = true});
      }
    });
  }

  // Publishes on every topic; an empty payload removes what is there [MQTT-3.3.1-6]. Returns when the broker
  // has handled all of them.
  Measurement publish_all(std::uint32_t payload_bytes, const std::string& role) {
    TrafficFleet traffic(fleet_, options_.topics, 1);
    seat_publishers(traffic, payload_bytes, role);
    traffic.connect_publishers();
    traffic.begin_recording();
    traffic.start(0);
    fleet_.wait([&]() -> Fleet::Progress {
      const Counters counters = fleet_.counters();
      return {traffic.finished() || counters.links_lost != 0, counters.sent + counters.acked};
    });
    if (options_.qos == Qos::at_most_once) wait_for_pongs(traffic);
    Measurement measured = traffic.end_recording();
    const std::uint64_t unacked = traffic.unacked() + options_.topics - measured.counters.sent;
    outcome_.fail_if(unacked != 0, std::to_string(unacked) + " retained publishes were not taken");
    return measured;
  }

  // QoS 0 has no acknowledgement; a PINGRESP says that everything before the PINGREQ was handled.
  void wait_for_pongs(TrafficFleet& traffic) {
    const auto pongs = [&traffic] {
      std::uint64_t count = 0;
      traffic.call([&count](TrafficShard& shard) {
        for (const auto& publisher : shard.publishers()) count += publisher->link().pong_count();
      });
      return count;
    };
    const std::uint64_t before = pongs();
    traffic.call([](TrafficShard& shard) {
      Bytes ping;
      append_pingreq(ping);
      for (const auto& publisher : shard.publishers()) publisher->link().send(ping);
    });
    const bool all = fleet_.wait([&]() -> Fleet::Progress {
      const std::uint64_t count = pongs() - before;
      return {count >= publishers_, count};
    });
    outcome_.fail_if(!all, "no PINGRESP after the retained publishes");
  }

  void report_publish(const ProcessUsage& before, const Measurement& measured) {
    const double seconds = seconds_between(measured.begin_ns, measured.end_ns);
    const ProcessUsage after = fleet_.broker_usage();
    Report& report = outcome_.report;
    report.add("publish.seconds", seconds);
    report.add("publish.per_s", static_cast<double>(measured.counters.sent) / seconds);
    if (measured.ack.count() != 0) report.add_latencies("ack_us", measured.ack);
    add_broker_usage(report, before, after, "publish", measured.counters.sent);
    if (after.process_count == 0) return;
    const double grown = static_cast<double>(after.rss_bytes) - static_cast<double>(before.rss_bytes);
    report.add("broker.rss_bytes_per_topic", grown / options_.topics);
  }

  void read_all() {
    std::vector<std::unique_ptr<RetainedReader>> readers;
    for (std::uint32_t i = 0; i < options_.subscribers; ++i) {
      Worker& worker = fleet_.worker(i);
      LinkPlan link{
          .client_id = options_.client_prefix + "-s" + std::to_string(i),
          .filters = {options_.topic_prefix + "/#"},
          .subscribe_qos = options_.subscribe_qos,
      };
      worker.call(
          [&] { readers.push_back(std::make_unique<RetainedReader>(worker, options_.topics, link)); });
    }
    const std::uint64_t begin_ns = now_ns();
    for (std::uint32_t i = 0; i < options_.subscribers; ++i) {
      fleet_.worker(i).call([&] { fleet_.worker(i).connect(readers[i]->link()); });
    }
    const std::uint64_t wanted = std::uint64_t{options_.topics} * options_.subscribers;
    fleet_.wait([&]() -> Fleet::Progress {
      const Counters counters = fleet_.counters();
      return {counters.delivered >= wanted || counters.links_lost != 0, counters.delivered};
    });
    fleet_.call([](Worker& worker) { worker.disconnect_all(); });
    report_read(readers, begin_ns);
  }

  void report_read(const std::vector<std::unique_ptr<RetainedReader>>& readers, std::uint64_t begin_ns) {
    std::uint64_t distinct = 0;
    std::uint64_t repeated = 0;
    std::uint64_t unflagged = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t first_ns = ~std::uint64_t{0};
    for (const auto& reader : readers) {
      distinct += reader->distinct();
      repeated += reader->repeated();
      unflagged += reader->unflagged();
      last_ns = std::max(last_ns, reader->last_ns());
      first_ns = std::min(first_ns, reader->first_ns());
    }
    const std::uint64_t lost = std::uint64_t{options_.topics} * options_.subscribers - distinct;
    const double seconds = seconds_between(begin_ns, last_ns);
    Report& report = outcome_.report;
    report.add("read.first_ms", seconds_between(begin_ns, first_ns) * 1e3);
    report.add("read.seconds", seconds);
    report.add("read.delivered_per_s", static_cast<double>(distinct) / seconds);
    report.add("read.lost", lost);
    report.add("read.duplicated", repeated);
    outcome_.fail_if(lost != 0 && !options_.loss_ok, std::to_string(lost) + " retained messages lost");
    outcome_.fail_if(repeated != 0, std::to_string(repeated) + " retained messages came twice");
    outcome_.fail_if(unflagged != 0, std::to_string(unflagged) + " retained messages came without RETAIN");
  }

  const Options& options_;
  const std::uint32_t publishers_;
  Fleet fleet_;
  Outcome outcome_;
};

}  // namespace

Outcome run_retained(const Options& options) {
  return RetainedRun(options).run();
}

}  // namespace tenon::load
