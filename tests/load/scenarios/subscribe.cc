#include <algorithm>
#include <memory>

#include "load/engine/clock.h"
#include "load/scenarios/fleet.h"
#include "load/scenarios/scenarios.h"
#include "load/wire/publish_template.h"

namespace tenon::load {

namespace {

// A client that subscribes to filters first, first + step, ... below end, `batch` in a packet and up to
// `window` packets at once.
class SubscribeClient final : public LinkHandler {
 public:
  SubscribeClient(Worker& worker, const Options& options, std::uint32_t first, LinkPlan link)
      : worker_(worker), options_(options), link_(worker.add_link(*this, std::move(link))), next_(first) {}

  Link& link() { return link_; }
  const Histogram& latency() const { return latency_; }

  void fill() {
    while (in_flight_ < options_.window && next_ < options_.filters) send_one();
  }

  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override {
    return link.each_frame(bytes, [&](const Frame& frame) {
      if (frame.type == PacketType::suback) {
        on_suback(frame);
      } else {
        link.on_control(frame);
      }
    });
  }

 private:
  void send_one() {
    filters_.clear();
    for (; filters_.size() < options_.batch && next_ < options_.filters; next_ += options_.connections) {
      filters_.push_back(numbered_topic(options_.topic_prefix, next_));
    }
    packet_.clear();
    packet_id_ = packet_id_ == 0xFFFF ? std::uint16_t{1} : static_cast<std::uint16_t>(packet_id_ + 1);
    append_subscribe(packet_, options_.version, packet_id_, filters_, options_.subscribe_qos);
    if (in_flight_++ == 0) sent_ns_ = now_ns();
    link_.send(packet_);
  }

  // Latency is taken from the moment the pipeline began to fill: with --window 1 that of a single SUBSCRIBE.
  void on_suback(const Frame& frame) {
    const auto suback = parse_suback(frame, options_.version);
    if (!suback || in_flight_ == 0) return link_.fail_protocol("a malformed or unexpected SUBACK");
    Counters& counters = worker_.counters();
    const auto refused =
        std::count_if(suback->codes.begin(), suback->codes.end(), [](auto c) { return c >= 0x80; });
    counters.subscribes_refused += static_cast<std::uint64_t>(refused);
    counters.subscribed += suback->codes.size() - static_cast<std::uint64_t>(refused);
    if (refused != 0) worker_.note_error(link_.plan().client_id + ": SUBSCRIBE refused");
    if (--in_flight_ == 0) latency_.record(now_ns() - sent_ns_);
    if (in_flight_ <= options_.window / 2) fill();
  }

  Worker& worker_;
  const Options& options_;
  Link& link_;
  std::uint32_t next_;
  std::uint32_t in_flight_ = 0;
  std::uint16_t packet_id_ = 0;
  std::uint64_t sent_ns_ = 0;
  std::vector<std::string> filters_;
  Bytes packet_;
  Histogram latency_;
};

using Clients = std::vector<std::unique_ptr<SubscribeClient>>;

void connect_clients(const Options& options, Fleet& fleet, Clients& clients) {
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    Worker& worker = fleet.worker(i);
    worker.call([&] {
      LinkPlan plan{.client_id = options.client_prefix + "-s" + std::to_string(i)};
      clients.push_back(std::make_unique<SubscribeClient>(worker, options, i, std::move(plan)));
      worker.connect(clients.back()->link());
    });
  }
  fleet.wait_ready(0, options.connections);
}

}  // namespace

Outcome run_subscribe(const Options& options) {
  Clients clients;  // outlive the fleet's threads
  Fleet fleet(options, options.connections);
  connect_clients(options, fleet, clients);
  const ProcessUsage before = fleet.broker_usage();
  const std::uint64_t begin_ns = now_ns();
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    fleet.worker(i).post([client = clients[i].get()] { client->fill(); });
  }
  fleet.wait([&]() -> Fleet::Progress {
    const Counters counters = fleet.counters();
    return {counters.subscribed + counters.faults() >= options.filters, counters.subscribed};
  });
  const double seconds = static_cast<double>(now_ns() - begin_ns) / static_cast<double>(ns_per_s);
  const ProcessUsage after = fleet.broker_usage();
  const Counters counters = fleet.counters();

  Outcome outcome;
  Report& report = outcome.report;
  report.add("scenario", std::string(scenario_name(options.scenario)));
  report.add("connections", std::uint64_t{options.connections});
  report.add("filters", std::uint64_t{options.filters});
  report.add("batch", std::uint64_t{options.batch});
  report.add("window", std::uint64_t{options.window});
  report.add("subscribed", counters.subscribed);
  report.add("seconds", seconds);
  report.add("subscribed_per_s", static_cast<double>(counters.subscribed) / seconds);
  Histogram latency;
  for (const auto& client : clients) latency.merge(client->latency());
  if (latency.count() != 0) report.add_latencies("pipeline_us", latency);
  add_broker_usage(report, before, after, "filter", counters.subscribed);
  if (after.process_count != 0) {
    const double grown = static_cast<double>(after.rss_bytes) - static_cast<double>(before.rss_bytes);
    report.add("broker.rss_bytes_per_filter", grown / options.filters);
  }
  outcome.fail_if(counters.subscribed < options.filters, "some filters were not granted");
  add_faults(outcome, counters, fleet.first_error());
  fleet.wait_seconds(options.hold_s);
  fleet.call([](Worker& worker) { worker.disconnect_all(); });
  return outcome;
}

}  // namespace tenon::load
