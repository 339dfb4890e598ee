#include <cstdio>
#include <memory>
#include <optional>

#include "config/command_line.h"
#include "config/load.h"
#include "config/print.h"
#include "config/settings.h"
#include "config/sources/exposed_secrets.h"
#include "host/watch/crash_report.h"
#include "node/log_setup.h"
#include "node/node.h"
#include "runtime/process/process.h"
#include "runtime/system_clock.h"

// The broker's daemon: reads the command line and the configuration, then hands over to node::Node.

namespace {

using tenon::config::CommandLine;

std::optional<tenon::config::Config> load(const CommandLine& line) {
  auto loaded = tenon::config::load(tenon::config::load_options(line));
  for (const auto& error : loaded.errors) std::fprintf(stderr, "tenond: %s\n", error.to_string().c_str());
  return loaded.config;
}

void warn_of_exposed_secrets(const tenon::config::Config& config) {
  for (const auto& secret : tenon::config::exposed_secrets(config))
    std::fprintf(stderr, "tenond: warning: %s\n", secret.to_string().c_str());
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// Whether another start may fare better: not where it is the configuration that can't be done, options of
// plugins included, which are looked at by a start only.
int exit_code_of(const tenon::Error& failure) {
  const bool is_configuration = failure.code == tenon::Errc::invalid ||
                                failure.code == tenon::Errc::not_found ||
                                failure.code == tenon::Errc::unsupported;
  return is_configuration ? tenon::config::config_exit_code : 1;
}

int serve(const CommandLine& line, const tenon::config::Config& config) {
  const tenon::config::Settings settings = tenon::config::read_settings(config);
  const tenon::runtime::SystemClock clock;
  auto log = tenon::node::open_log(clock, settings.log);
  if (!log.ok()) {
    std::fprintf(stderr, "tenond: %s\n", log.error().message.c_str());
    return 1;
  }
  auto node = tenon::node::Node::start(
      config, **log, [&line] { return tenon::config::load(tenon::config::load_options(line)); });
  if (!node.ok()) {
    (*log)->write(tenon::observe::events::node_start_failed, node.error().message);
    (*log)->flush();
    return exit_code_of(node.error());
  }
  const tenon::Status ran = (*node)->run();
  std::move(node).value().reset();
  (*log)->write(tenon::observe::events::node_stopped, "stopped");
  (*log)->flush();
  return ran.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = tenon::config::parse_command_line(argc, argv);
  if (!line.ok()) {
    std::fprintf(stderr, "tenond: %s\n", line.error().message.c_str());
    return tenon::config::usage_exit_code;
  }
  switch (line->action) {
    case CommandLine::Action::help:
      print(std::string(tenon::config::help_text()));
      return 0;
    case CommandLine::Action::version:
      print("tenond " TENON_VERSION "\n");
      return 0;
    default:
      break;
  }
  const auto config = load(*line);
  if (!config) return tenon::config::config_exit_code;
  if (line->action != CommandLine::Action::print_config) warn_of_exposed_secrets(*config);
  switch (line->action) {
    case CommandLine::Action::check:
      print("the configuration is valid\n");
      return 0;
    case CommandLine::Action::print_config:
      print(line->json ? tenon::config::print_config_json(*config) : tenon::config::print_config(*config));
      return 0;
    default:
      break;
  }
  tenon::runtime::ignore_sigpipe();
  tenon::host::install_crash_report();
  return serve(*line, *config);
}
