#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "load/wire/packet_type.h"

namespace tenon::load {

enum class Scenario : std::uint8_t {
  connect_storm,
  p2p,
  fan_in,
  fan_out,
  shared,
  offline_drain,
  retained,
  idle,
  subscribe,
  latency,
};

// Which half of persistent-offline-drain to do; publish and drain may be two runs around a kill of the
// broker.
enum class DrainPhase : std::uint8_t { all, publish, drain };

// A command line that can't be run. The text names the option and what it takes.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One run, as the command line describes it. parse_options fills in what was left out.
struct Options {
  Scenario scenario = Scenario::p2p;
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;
  std::uint16_t publish_port = 0;  // 0: as port
  Version version = Version::v3_1_1;
  std::string username;
  std::string password;
  std::string client_prefix;
  std::string topic_prefix;
  std::string bind;
  bool tls = false;
  std::string tls_version;  // empty: what both sides can
  std::string cafile;
  std::string certificate;
  std::string key;
  std::uint32_t threads = 1;
  bool readers_apart = false;
  std::uint32_t handshakes = 200;
  std::uint16_t keep_alive_s = 60;

  Qos qos = Qos::at_most_once;
  Qos subscribe_qos = Qos::at_most_once;
  std::uint32_t payload_bytes = 256;
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  std::uint32_t connections = 0;
  std::uint32_t filters = 0;
  std::uint32_t topics = 0;
  std::uint32_t sessions = 0;
  std::uint32_t batch = 10;
  bool own_topics = false;
  bool persistent = false;

  std::uint32_t window = 0;
  std::uint32_t backlog_max = 0;
  double rate_per_s = 0;  // 0: by window
  double duration_s = 10;
  double warmup_s = 1;
  double hold_s = 0;
  double timeout_s = 10;       // without any progress
  std::uint64_t messages = 0;  // 0: by duration
  DrainPhase phase = DrainPhase::all;
  bool keep = false;

  std::vector<pid_t> pids;
  bool json = false;
  bool loss_ok = false;
  bool help = false;
};

// Reads the words after the program's name. The first word that is not an option names the scenario. Throws
// UsageError. With --help nothing is checked.
Options parse_options(std::span<const char* const> words);

std::string usage_text();
std::string_view scenario_name(Scenario scenario);

}  // namespace tenon::load
