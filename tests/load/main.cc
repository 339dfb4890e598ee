#include <cstdio>
#include <exception>
#include <string>

#include "load/cli/options.h"
#include "load/scenarios/scenarios.h"

namespace {

constexpr int exit_well = 0;
constexpr int exit_broker_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_could_not_run = 3;

int run(const tenon::load::Options& options) {
  tenon::load::Outcome outcome = tenon::load::run_scenario(options);
  outcome.report.add("ok", outcome.failures.empty());
  const std::string text = options.json ? outcome.report.to_json() + '\n' : outcome.report.to_table();
  std::fputs(text.c_str(), stdout);
  for (const std::string& failure : outcome.failures)
    std::fprintf(stderr, "tenon-load: %s\n", failure.c_str());
  return outcome.failures.empty() ? exit_well : exit_broker_failed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = tenon::load::parse_options({argv + 1, static_cast<std::size_t>(argc - 1)});
    if (!options.help) return run(options);
    std::fputs(tenon::load::usage_text().c_str(), stdout);
    return exit_well;
  } catch (const tenon::load::UsageError& error) {
    std::fprintf(stderr, "tenon-load: %s\n", error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tenon-load: %s\n", error.what());
    return exit_could_not_run;
  }
}
