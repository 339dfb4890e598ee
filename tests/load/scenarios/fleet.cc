#include "load/scenarios/fleet.h"

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "load/engine/clock.h"

namespace tenon::load {

namespace {

constexpr std::chrono::milliseconds look_interval{5};
constexpr std::chrono::milliseconds fault_interval{50};
constexpr std::uint64_t other_files = 64;

std::shared_ptr<const TlsContext> tls_of(const Options& options) {
  if (!options.tls) return nullptr;
  return std::make_shared<TlsContext>(TlsPlan{.host = options.host,
                                              .cafile = options.cafile,
                                              .certificate = options.certificate,
                                              .key = options.key,
                                              .version = options.tls_version});
}

WorkerConfig config_of(const Options& options) {
  return {
      .broker = resolve_endpoint(options.host, options.port),
      .publish_broker =
          resolve_endpoint(options.host, options.publish_port == 0 ? options.port : options.publish_port),
      .sources = parse_source_addresses(options.bind),
      .version = options.version,
      .keep_alive_s = options.keep_alive_s,
      .username = options.username,
      .password = options.password,
      .tls = tls_of(options),
      .handshakes_max = options.handshakes,
  };
}

}  // namespace

Fleet::Fleet(const Options& options, std::uint64_t links) : options_(options) {
  ensure_file_limit(links + other_files);
  const WorkerConfig config = config_of(options);
  for (std::uint32_t i = 0; i < options.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(config, i));
  }
}

void Fleet::call(const std::function<void(Worker&)>& task) {
  for (const auto& worker : workers_) {
    worker->call([&] { task(*worker); });
  }
}

Counters Fleet::counters() {
  Counters sum;
  call([&sum](Worker& worker) { sum += worker.counters(); });
  return sum;
}

std::uint64_t Fleet::ready_count() {
  std::uint64_t sum = 0;
  call([&sum](Worker& worker) { sum += worker.ready_count(); });
  return sum;
}

std::string Fleet::first_error() const {
  for (const auto& worker : workers_) {
    std::string text = worker->error();
    if (!text.empty()) return text;
  }
  return {};
}

bool Fleet::wait(const std::function<Progress()>& look) const {
  const auto patience_ns = static_cast<std::uint64_t>(options_.timeout_s * static_cast<double>(ns_per_s));
  std::uint64_t amount = 0;
  std::uint64_t since_ns = now_ns();
  for (;;) {
    const Progress progress = look();
    if (progress.done) return true;
    if (progress.amount != amount) {
      amount = progress.amount;
      since_ns = now_ns();
    }
    if (now_ns() - since_ns > patience_ns) return false;
    std::this_thread::sleep_for(look_interval);
  }
}

void Fleet::wait_ready(std::uint64_t before, std::uint64_t count) {
  const std::uint64_t faults_before = counters().faults();
  std::uint64_t ready = 0;
  std::uint64_t faults = 0;
  const bool done = wait([&]() -> Progress {
    ready = ready_count() - before;
    faults = counters().faults() - faults_before;
    return {ready + faults >= count, ready};
  });
  if (done && ready >= count) return;
  const std::string error = first_error();
  throw std::runtime_error(std::to_string(ready) + " of " + std::to_string(count) + " links got ready; " +
                           (error.empty() ? "the others had no answer" : error));
}

void Fleet::wait_seconds(double seconds) {
  const std::uint64_t until_ns =
      now_ns() + static_cast<std::uint64_t>(seconds * static_cast<double>(ns_per_s));
  const std::uint64_t lost_before = counters().links_lost;
  for (std::uint64_t now = now_ns(); now < until_ns; now = now_ns()) {
    const std::chrono::nanoseconds left(until_ns - now);
    std::this_thread::sleep_for(left < fault_interval ? left : fault_interval);
    if (counters().links_lost != lost_before) return;
  }
}

void Fleet::end_sessions(const std::vector<std::pair<Worker*, Link*>>& links) {
  const std::uint64_t before = ready_count();
  for (const auto& [worker, link] : links) {
    worker->call([worker = worker, link = link] {
      link->disconnect();
      link->mutable_plan().clean = true;
      link->mutable_plan().session_expiry_s = 0;
      link->mutable_plan().filters.clear();
      worker->connect(*link);
    });
  }
  wait_ready(before, links.size());
  for (const auto& [worker, link] : links) {
    worker->call([link = link] { link->disconnect(); });
  }
}

void add_broker_usage(Report& report, const ProcessUsage& before, const ProcessUsage& after, const char* unit,
                      std::uint64_t unit_count) {
  if (after.process_count == 0) return;
  const double cpu_s = after.cpu_s() - before.cpu_s();
  report.add("broker.user_s", after.user_s - before.user_s);
  report.add("broker.sys_s", after.sys_s - before.sys_s);
  report.add("broker.cpu_s", cpu_s);
  report.add(std::string("broker.cpu_us_per_") + unit, cpu_s * 1e6 / static_cast<double>(unit_count));
  report.add("broker.rss_bytes", after.rss_bytes);
  const std::uint64_t written = after.written_bytes - before.written_bytes;
  report.add("broker.written_bytes", written);
  report.add(std::string("broker.written_bytes_per_") + unit,
             static_cast<double>(written) / static_cast<double>(unit_count));
}

void add_faults(Outcome& outcome, const Counters& counters, const std::string& first_error) {
  const std::array<std::pair<const char*, std::uint64_t>, 6> kinds = {{
      {"connects_refused", counters.connects_refused},
      {"subscribes_refused", counters.subscribes_refused},
      {"publishes_refused", counters.publishes_refused},
      {"links_lost", counters.links_lost},
      {"protocol_errors", counters.protocol_errors},
      {"stray", counters.stray},
  }};
  for (const auto& [name, count] : kinds) {
    outcome.report.add(std::string("faults.") + name, count);
    outcome.fail_if(count != 0,
                    std::string(name) + ": " + std::to_string(count) + " (first: " + first_error + ")");
  }
}

}  // namespace tenon::load
