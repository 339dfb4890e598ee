#include "load/cli/option_table.h"

#include <charconv>
#include <functional>
#include <limits>

namespace tenon::load {

namespace {

struct OptionRow {
  std::string_view name;
  std::string_view takes;  // empty: a switch
  std::string_view help;
  std::function<void(ParsedWords&, std::string_view)> set;
};

[[noreturn]] void refuse(std::string_view option, std::string_view text, std::string_view takes) {
  throw UsageError(std::string(option) + " takes " + std::string(takes) + ", not '" + std::string(text) +
                   "'");
}

double parse_number(std::string_view option, std::string_view text) {
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || value < 0) refuse(option, text, "a number of 0 or more");
  return value;
}

Qos parse_qos(std::string_view option, std::string_view text) {
  if (text != "0" && text != "1" && text != "2") refuse(option, text, "0, 1 or 2");
  return static_cast<Qos>(text[0] - '0');
}

template <class T>
OptionRow count_row(std::string_view name, std::string_view help, T Options::*field) {
  return {name, "N", help, [name, field](ParsedWords& parsed, std::string_view text) {
            parsed.options.*field = static_cast<T>(parse_count(name, text, std::numeric_limits<T>::max()));
          }};
}

OptionRow number_row(std::string_view name, std::string_view takes, std::string_view help,
                     double Options::*field) {
  return {name, takes, help, [name, field](ParsedWords& parsed, std::string_view text) {
            parsed.options.*field = parse_number(name, text);
          }};
}

OptionRow text_row(std::string_view name, std::string_view takes, std::string_view help,
                   std::string Options::*field) {
  return {name, takes, help,
          [field](ParsedWords& parsed, std::string_view text) { parsed.options.*field = std::string(text); }};
}

OptionRow switch_row(std::string_view name, std::string_view help, bool Options::*field, bool value = true) {
  return {name, "", help,
          [field, value](ParsedWords& parsed, std::string_view) { parsed.options.*field = value; }};
}

void set_version(ParsedWords& parsed, std::string_view text) {
  if (text != "4" && text != "5") refuse("--version", text, "4 (MQTT 3.1.1) or 5");
  parsed.options.version = text == "4" ? Version::v3_1_1 : Version::v5;
}

void set_tls_version(ParsedWords& parsed, std::string_view text) {
  if (text != "1.2" && text != "1.3") refuse("--tls-version", text, "1.2 or 1.3");
  parsed.options.tls_version = std::string(text);
}

void set_phase(ParsedWords& parsed, std::string_view text) {
  if (text != "all" && text != "publish" && text != "drain") refuse("--phase", text, "all, publish or drain");
  parsed.options.phase = text == "all"       ? DrainPhase::all
                         : text == "publish" ? DrainPhase::publish
                                             : DrainPhase::drain;
}

std::vector<OptionRow> connection_rows() {
  return {
      {"--scenario", "NAME", "the scenario, if not the first word",
       [](ParsedWords& parsed, std::string_view text) { parsed.scenario = std::string(text); }},
      text_row("--host", "HOST", "name, address or unix:/path of the broker (127.0.0.1)", &Options::host),
      count_row("--port", "its port (1883)", &Options::port),
      count_row("--publish-port", "where publishers connect, at another node of a cluster (as --port)",
                &Options::publish_port),
      {"--version", "4|5", "MQTT 3.1.1 or 5.0 (4)", set_version},
      text_row("--username", "NAME", "sent in CONNECT", &Options::username),
      text_row("--password", "TEXT", "sent in CONNECT", &Options::password),
      text_row("--client-prefix", "TEXT", "client ids begin with it (load-PID)", &Options::client_prefix),
      text_row("--topic-prefix", "TEXT", "topics begin with it (load-PID)", &Options::topic_prefix),
      text_row("--bind", "LIST", "local addresses in turn: 127.0.0.1,127.0.0.10-127.0.0.20", &Options::bind),
      count_row("--threads", "threads of the generator (1)", &Options::threads),
      switch_row("--readers-apart", "p2p, latency: subscribers have half of the threads for themselves",
                 &Options::readers_apart),
      count_row("--handshakes", "links per thread that connect at once (200)", &Options::handshakes),
      count_row("--keep-alive", "seconds; 0: none (60)", &Options::keep_alive_s),
      {"--pid", "PID", "measure this process and its children; may be repeated",
       [](ParsedWords& parsed, std::string_view text) {
         const auto pid = parse_count("--pid", text, std::numeric_limits<pid_t>::max());
         parsed.options.pids.push_back(static_cast<pid_t>(pid));
       }},
  };
}

std::vector<OptionRow> tls_rows() {
  return {
      switch_row("--tls", "links speak TLS; each handshake is a full one", &Options::tls),
      text_row("--cafile", "FILE", "who vouches for the broker's certificate (any will do)",
               &Options::cafile),
      text_row("--cert", "FILE", "the client's certificate, PEM (none)", &Options::certificate),
      text_row("--key", "FILE", "its key (in the file of --cert)", &Options::key),
      {"--tls-version", "1.2|1.3", "this one only (1.3, else 1.2)", set_tls_version},
  };
}

std::vector<OptionRow> traffic_rows() {
  return {
      {"--qos", "0|1|2", "of publishes (0; shared and persistent-offline-drain 1)",
       [](ParsedWords& parsed, std::string_view text) {
         parsed.options.qos = parse_qos("--qos", text);
         parsed.qos_given = true;
       }},
      {"--sub-qos", "0|1|2", "of subscriptions (as --qos; retained 0)",
       [](ParsedWords& parsed, std::string_view text) {
         parsed.options.subscribe_qos = parse_qos("--sub-qos", text);
         parsed.subscribe_qos_given = true;
       }},
      count_row("--payload", "bytes per message (256)", &Options::payload_bytes),
      count_row("--pairs", "p2p and latency: pairs (100)", &Options::publishers),
      count_row("--publishers", "publishing links", &Options::publishers),
      count_row("--subscribers", "receiving links", &Options::subscribers),
      count_row("--connections", "idle, connect-storm, subscribe: links", &Options::connections),
      count_row("--filters", "subscribe: distinct filters (100k)", &Options::filters),
      count_row("--batch", "subscribe: filters in one packet (10)", &Options::batch),
      count_row("--topics", "retained: topics (10k)", &Options::topics),
      count_row("--sessions", "persistent-offline-drain: sessions (1k)", &Options::sessions),
      switch_row("--own-topics", "fan-in, fan-out, shared: a topic per publisher, wildcard filters",
                 &Options::own_topics),
      switch_row("--clean", "subscribers with clean sessions (the default)", &Options::persistent, false),
      switch_row("--persistent", "subscribers with persistent sessions, removed at the end",
                 &Options::persistent),
  };
}

std::vector<OptionRow> pace_rows() {
  return {
      count_row("--window", "messages in flight per publisher (100; with many links 10)", &Options::window),
      count_row("--backlog", "QoS 1, 2: at most so many undelivered per publisher (no limit)",
                &Options::backlog_max),
      number_row("--rate", "MSG/S", "instead of a window: so many per second, all publishers together",
                 &Options::rate_per_s),
      number_row("--duration", "S", "seconds to measure (10)", &Options::duration_s),
      count_row("--messages", "instead of a duration: so many, all publishers together", &Options::messages),
      {"--warmup", "S", "seconds before measuring (1; with --messages 0)",
       [](ParsedWords& parsed, std::string_view text) {
         parsed.options.warmup_s = parse_number("--warmup", text);
         parsed.warmup_given = true;
       }},
      number_row("--hold", "S", "idle, subscribe: seconds to stay connected (idle 2)", &Options::hold_s),
      number_row("--timeout", "S", "give up after so long without progress (10)", &Options::timeout_s),
      {"--phase", "all|publish|drain", "persistent-offline-drain: a half of it (all)", set_phase},
      switch_row("--keep", "leave sessions and retained messages behind", &Options::keep),
      switch_row("--loss-ok", "lost messages do not make the run fail", &Options::loss_ok),
      switch_row("--json", "one JSON object instead of a table", &Options::json),
      switch_row("--help", "this text", &Options::help),
  };
}

const std::vector<OptionRow>& all_rows() {
  static const std::vector<OptionRow> rows = [] {
    std::vector<OptionRow> all = connection_rows();
    for (auto part : {tls_rows(), traffic_rows(), pace_rows()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return rows;
}

const OptionRow& row_of(std::string_view name) {
  for (const OptionRow& row : all_rows()) {
    if (row.name == name) return row;
  }
  throw UsageError("no option is called '" + std::string(name) + "'; see --help");
}

}  // namespace

std::uint64_t parse_count(std::string_view option, std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  const std::string_view suffix(at, static_cast<std::size_t>(end - at));
  const std::uint64_t factor = suffix.empty() ? 1 : suffix == "k" ? 1'000 : suffix == "M" ? 1'000'000 : 0;
  if (error != std::errc{} || factor == 0 || value > max / factor) {
    refuse(option, text, "a whole number up to " + std::to_string(max));
  }
  return value * factor;
}

ParsedWords parse_words(std::span<const char* const> words) {
  ParsedWords parsed;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      if (!parsed.scenario.empty()) throw UsageError("'" + std::string(word) + "' is one word too many");
      parsed.scenario = std::string(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const OptionRow& row = row_of(word.substr(0, equals));
    if (row.takes.empty()) {
      if (equals != std::string_view::npos) throw UsageError(std::string(row.name) + " takes no value");
      row.set(parsed, {});
    } else if (equals != std::string_view::npos) {
      row.set(parsed, word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      row.set(parsed, words[++i]);
    } else {
      throw UsageError(std::string(row.name) + " needs a value: " + std::string(row.takes));
    }
  }
  return parsed;
}

std::string usage_text() {
  std::string text =
      "usage: tenon-load SCENARIO [OPTION...]\n\n"
      "Scenarios: p2p fan-in fan-out shared latency connect-storm idle subscribe retained "
      "persistent-offline-drain\n\n";
  constexpr std::size_t column = 28;
  for (const OptionRow& row : all_rows()) {
    std::string left = "  " + std::string(row.name) + ' ' + std::string(row.takes);
    left.resize(std::max(column, left.size() + 1), ' ');
    text += left + std::string(row.help) + '\n';
  }
  return text +
         "\nExit: 0 all well, 1 messages lost or the broker misbehaved, 2 wrong usage, 3 could not run.\n";
}

}  // namespace tenon::load
