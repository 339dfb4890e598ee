// tenon-sim: runs workloads with seeds, and says what did not hold. README.md is its manual.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "sim/options.h"
#include "sim/simulation.h"

namespace tenon::sim {
namespace {

// What the handler of the alarm says.
char hang_text[300];

// A plugin that does not come back is beyond simulated time: the process ends.
void on_alarm(int) {
  (void)!write(STDOUT_FILENO, hang_text, std::strlen(hang_text));
  _exit(3);
}

void watch(const Workload& workload, std::uint64_t seed, unsigned patience_s) {
  std::snprintf(hang_text, sizeof hang_text, "FAILED workload %s, seed %llu: 0 s: it hangs\n",
                workload.name.c_str(), static_cast<unsigned long long>(seed));
  std::signal(SIGALRM, on_alarm);
  alarm(patience_s);
}

double seconds_of(std::int64_t ns) {
  return static_cast<double>(ns) / ns_per_s;
}

// A line for people; false when something did not hold.
bool run_one(const Workload& workload, std::uint64_t seed, const PluginFiles& plugins, const Options& options,
             double& simulated_s) {
  watch(workload, seed, options.patience_s);
  const auto began = std::chrono::steady_clock::now();
  Simulation simulation(workload, seed, plugins, options.is_shown);
  simulation.on_progress([&options] { alarm(options.patience_s); });
  Report report = simulation.run();
  alarm(0);
  simulated_s += seconds_of(report.simulated_ns);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (options.runs_twice) {
    const Report again = Simulation(workload, seed, plugins, false).run();
    if (again.digest != report.digest) report.failures.push_back("the second run came out otherwise");
  }
  // What the last event brought forth besides is of the same making.
  if (!report.failures.empty())
    std::printf("FAILED workload %s, seed %llu: %s\n", workload.name.c_str(),
                static_cast<unsigned long long>(seed), report.failures.front().c_str());
  std::printf(
      "%s seed %llu: %s, digest %016llx, %.1f s simulated, %.1f per second; faults %llu, messages %llu, "
      "entries %llu, "
      "terms %llu, acknowledged %llu, fetched %llu, states compared %llu, registers %llu, routes %llu, "
      "wills %llu, sessions ended %llu, replicas rebuilt %llu, ranges recovered %llu, written %llu, of them "
      "lost %llu, nodes taken for gone %llu, connections %llu, taken over %llu, alive by witness %llu\n",
      workload.name.c_str(), static_cast<unsigned long long>(seed), report.failures.empty() ? "ok" : "FAILED",
      static_cast<unsigned long long>(report.digest), seconds_of(report.simulated_ns),
      seconds_of(report.simulated_ns) / took.count(), static_cast<unsigned long long>(report.fault_count),
      static_cast<unsigned long long>(report.message_count),
      static_cast<unsigned long long>(report.entry_count), static_cast<unsigned long long>(report.term_count),
      static_cast<unsigned long long>(report.acknowledged_count),
      static_cast<unsigned long long>(report.seen_count),
      static_cast<unsigned long long>(report.compared_count),
      static_cast<unsigned long long>(report.register_count),
      static_cast<unsigned long long>(report.route_count), static_cast<unsigned long long>(report.will_count),
      static_cast<unsigned long long>(report.ended_count),
      static_cast<unsigned long long>(report.rebuilt_count),
      static_cast<unsigned long long>(report.recovery_count),
      static_cast<unsigned long long>(report.written_count),
      static_cast<unsigned long long>(report.lost_count), static_cast<unsigned long long>(report.gone_count),
      static_cast<unsigned long long>(report.connection_count),
      static_cast<unsigned long long>(report.taken_over_count),
      static_cast<unsigned long long>(report.witnessed_count));
  std::fflush(stdout);
  return report.failures.empty();
}

int run(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  if (options.wants_help) {
    std::fputs(help_text, stdout);
    return 0;
  }
  Workload workload = Workload::read(options.workload);
  if (options.seconds > 0) workload.run_ns = static_cast<std::int64_t>(options.seconds * ns_per_s);
  const PluginFiles plugins = PluginFiles::load(options.engine, options.log, options.replication);
  std::uint64_t failed_count = 0;
  double simulated_s = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < options.seed_count; ++i) {
    failed_count += run_one(workload, options.seed + i, plugins, options, simulated_s) ? 0 : 1;
    if (options.must_fail && failed_count > 0) {
      std::printf("%s: caught with seed number %llu\n", workload.name.c_str(),
                  static_cast<unsigned long long>(i + 1));
      return 0;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "%s: %llu seeds, %llu failed, %.1f simulated seconds per second, %.0f seeds an hour on this core\n",
      workload.name.c_str(), static_cast<unsigned long long>(options.seed_count),
      static_cast<unsigned long long>(failed_count), simulated_s / took.count(),
      static_cast<double>(options.seed_count) * 3600 / took.count());
  return failed_count == 0 && !options.must_fail ? 0 : 1;
}

}  // namespace
}  // namespace tenon::sim

int main(int argc, char** argv) {
  try {
    return tenon::sim::run(argc, argv);
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "tenon-sim: %s\n", wrong.what());
    return 2;
  }
}
