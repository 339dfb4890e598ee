#include "load/cli/options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "load/cli/option_table.h"
#include "load/wire/stamp.h"

namespace tenon::load {

namespace {

constexpr std::uint32_t payload_bytes_max = 16 * 1024 * 1024;

constexpr std::array<std::pair<std::string_view, Scenario>, 10> scenario_names = {{
    {"connect-storm", Scenario::connect_storm},
    {"p2p", Scenario::p2p},
    {"fan-in", Scenario::fan_in},
    {"fan-out", Scenario::fan_out},
    {"shared", Scenario::shared},
    {"persistent-offline-drain", Scenario::offline_drain},
    {"retained", Scenario::retained},
    {"idle", Scenario::idle},
    {"subscribe", Scenario::subscribe},
    {"latency", Scenario::latency},
}};

Scenario scenario_of(std::string_view name) {
  std::string known;
  for (const auto& [text, scenario] : scenario_names) {
    if (text == name) return scenario;
    known += known.empty() ? "" : ", ";
    known += text;
  }
  throw UsageError("no scenario is called '" + std::string(name) + "'; there are " + known);
}

template <class T>
void default_to(T& value, T otherwise) {
  if (value == T{}) value = otherwise;
}

// What each scenario does when nothing is said: the rows of the performance table.
void apply_scenario_defaults(Options& o) {
  const bool pairs = o.scenario == Scenario::p2p || o.scenario == Scenario::latency;
  const bool many_receivers = o.scenario == Scenario::fan_out;
  const bool many_senders = o.scenario == Scenario::fan_in || o.scenario == Scenario::shared;
  if (pairs) default_to(o.publishers, 100U);
  if (pairs) o.subscribers = o.publishers;
  default_to(o.publishers, many_senders ? 500U : many_receivers ? 1U : 10U);
  default_to(o.subscribers, many_receivers ? 500U : o.scenario == Scenario::shared ? 5U : 1U);
  default_to(o.window, pairs || o.scenario == Scenario::offline_drain ? 100U : 10U);
  default_to(o.connections, o.scenario == Scenario::idle ? 10'000U : 100U);
  default_to(o.filters, 100'000U);
  default_to(o.topics, 10'000U);
  default_to(o.sessions, 1'000U);
  if (o.scenario == Scenario::latency) default_to(o.rate_per_s, 5000.0);
  if (o.scenario == Scenario::offline_drain) default_to(o.messages, std::uint64_t{100'000});
  if (o.scenario == Scenario::idle) default_to(o.hold_s, 2.0);
}

void check(const Options& o) {
  const auto require = [](bool holds, const char* text) {
    if (!holds) throw UsageError(text);
  };
  require(o.threads >= 1 && o.threads <= 256, "--threads takes 1 to 256");
  require(!o.readers_apart || o.scenario == Scenario::p2p || o.scenario == Scenario::latency,
          "--readers-apart is for p2p and latency");
  require(!o.readers_apart || o.threads % 2 == 0, "--readers-apart needs an even number of --threads");
  require(o.window <= 65535, "--window takes 1 to 65535");
  require(o.handshakes >= 1, "--handshakes takes 1 or more");
  require(o.batch >= 1 && o.batch <= 1000, "--batch takes 1 to 1000");
  require(o.payload_bytes <= payload_bytes_max, "--payload takes at most 16777216 bytes");
  require(o.rate_per_s >= 0 && o.duration_s > 0 && o.timeout_s > 0,
          "--rate, --duration and --timeout take positive numbers");
  require(o.topic_prefix.find_first_of("+#") == std::string::npos, "--topic-prefix takes no wildcards");
  require(o.tls || (o.cafile.empty() && o.certificate.empty() && o.tls_version.empty()),
          "--cafile, --cert and --tls-version need --tls");
  require(!o.certificate.empty() || o.key.empty(), "--key needs --cert");
  require(!o.tls || !o.host.starts_with("unix:"), "--tls needs a host");
  const bool mixed_streams = o.scenario == Scenario::fan_in || o.scenario == Scenario::shared ||
                             o.scenario == Scenario::offline_drain || o.scenario == Scenario::retained;
  require(!mixed_streams || o.payload_bytes >= stamp_identity_bytes,
          "this scenario needs --payload 8 or more, so that each message can say who sent it");
  require(o.scenario != Scenario::offline_drain || o.qos != Qos::at_most_once,
          "persistent-offline-drain needs --qos 1 or 2: QoS 0 is not kept for absent clients");
  require(o.scenario != Scenario::latency || o.payload_bytes >= stamp_bytes,
          "latency needs --payload 16 or more, to carry the time");
}

}  // namespace

std::string_view scenario_name(Scenario scenario) {
  const auto* found = std::find_if(scenario_names.begin(), scenario_names.end(),
                                   [scenario](const auto& entry) { return entry.second == scenario; });
  return found->first;
}

Options parse_options(std::span<const char* const> words) {
  ParsedWords parsed = parse_words(words);
  Options& options = parsed.options;
  if (options.help) return options;
  if (parsed.scenario.empty()) throw UsageError("name a scenario, or see --help");
  options.scenario = scenario_of(parsed.scenario);
  if (options.scenario == Scenario::shared || options.scenario == Scenario::offline_drain) {
    if (!parsed.qos_given) options.qos = Qos::at_least_once;
  }
  if (!parsed.subscribe_qos_given) {
    options.subscribe_qos = options.scenario == Scenario::retained ? Qos::at_most_once : options.qos;
  }
  if (!parsed.warmup_given && options.messages != 0) options.warmup_s = 0;
  const std::string tag = "load-" + std::to_string(getpid());
  default_to(options.client_prefix, tag);
  default_to(options.topic_prefix, tag);
  apply_scenario_defaults(options);
  check(options);
  return options;
}

}  // namespace tenon::load
