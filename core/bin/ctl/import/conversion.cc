#include "bin/ctl/import/conversion.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "bin/ctl/import/option_table.h"

namespace tenon::ctl {

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> flag_of(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

// "14d", with h, d, w, m and y; in seconds.
std::optional<std::int64_t> duration_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  static const std::map<char, std::int64_t> units = {
      {'h', 3600}, {'d', 86'400}, {'w', 604'800}, {'m', 2'592'000}, {'y', 31'536'000}};
  const auto unit = units.find(text.back());
  const auto count = number_of(text.substr(0, text.size() - 1));
  if (unit == units.end() || !count || *count < 0 || *count > 1'000'000) return std::nullopt;
  return *count * unit->second;
}

bool is_address(const std::string& text) {
  return text.find(':') != std::string::npos || text.find_first_not_of("0123456789.") == std::string::npos;
}

class Converter {
 public:
  explicit Converter(const std::vector<MosquittoOption>& options) : options_(options) {}

  Conversion run() {
    const auto says = [this](std::string_view name) {
      return std::find_if(options_.rbegin(), options_.rend(),
                          [name](const auto& o) { return o.name == name; });
    };
    if (const auto found = says("per_listener_settings"); found != options_.rend())
      out_.is_per_listener = flag_of(found->value).value_or(false);
    for (const MosquittoOption& option : options_) take(option);
    return std::move(out_);
  }

 private:
  using Take = void (Converter::*)(const MosquittoOption& option);

  void take(const MosquittoOption& option) {
    static const std::map<std::string_view, Take> special = {
        {"listener", &Converter::take_listener},
        {"port", &Converter::take_port},
        {"bind_address", &Converter::take_bind},
        {"protocol", &Converter::take_protocol},
        {"connection", &Converter::take_bridge},
        {"per_listener_settings", &Converter::take_per_listener},
        {"include_dir", &Converter::take_include},
        {"allow_anonymous", &Converter::take_anonymous},
        {"password_file", &Converter::take_password_file},
        {"acl_file", &Converter::take_acl_file},
        {"max_connections", &Converter::take_max_connections},
        {"require_certificate", &Converter::take_require_certificate},
        {"use_identity_as_username", &Converter::take_identity},
        {"tls_version", &Converter::take_tls_version},
        {"persistent_client_expiration", &Converter::take_expiration},
        {"memory_limit", &Converter::take_memory_limit},
        {"retain_available", &Converter::take_retain_available},
        {"accept_protocol_versions", &Converter::take_versions},
        {"log_type", &Converter::take_log_type},
        {"log_dest", &Converter::take_log_dest},
        {"allow_zero_length_clientid", &Converter::take_zero_length},
        {"persistence", &Converter::take_persistence},
    };
    if (is_in_bridge_ && is_bridge_option(option.name))
      return lost(option, "part of a bridge, which tenon does not have");
    if (const auto found = special.find(option.name); found != special.end())
      return (this->*found->second)(option);
    if (const TlsOption* tls = find_tls_option(option.name)) return take_tls(option, *tls);
    if (const LimitOption* limit = find_limit_option(option.name)) return take_limit(option, *limit);
    if (const KnownOption* known = find_known_option(option.name))
      return known->is_nature ? nature(option, known->why) : lost(option, known->why);
    if (is_prefixed(option.name, "auth_opt_") || is_prefixed(option.name, "plugin_opt_"))
      return lost(option, "an option of a plugin for Mosquitto");
    lost(option, "this is no option of Mosquitto that is known here");
  }

  static bool is_prefixed(std::string_view text, std::string_view prefix) { return text.starts_with(prefix); }

  void remark(const MosquittoOption& option, Remark::Kind kind, std::string text) {
    out_.remarks.push_back({option, kind, std::move(text)});
  }
  void taken(const MosquittoOption& option, std::string text) {
    remark(option, Remark::Kind::taken, std::move(text));
  }
  void nature(const MosquittoOption& option, std::string text) {
    remark(option, Remark::Kind::nature, std::move(text));
  }
  void lost(const MosquittoOption& option, std::string text) {
    remark(option, Remark::Kind::lost, std::move(text));
  }
  void bad_value(const MosquittoOption& option) { lost(option, "its value is not understood"); }

  // --- listeners

  ImportedListener& add_listener() {
    is_in_bridge_ = false;
    ImportedListener& listener = out_.listeners.emplace_back();
    listener.name =
        out_.listeners.size() == 1 ? "default" : "listener-" + std::to_string(out_.listeners.size());
    listener.bind = "::";
    return listener;
  }

  // The listener that options belong to; what stands before the first `listener` is of the one that `port`
  // and `bind_address` speak of.
  ImportedListener& current() {
    if (out_.listeners.empty()) {
      ImportedListener& listener = add_listener();
      listener.port = 1883;
      is_old_style_ = true;
    }
    return out_.listeners.back();
  }
  std::string key_of(const char* member) { return "listeners." + current().name + "." + member; }

  void take_listener(const MosquittoOption& option) {
    const auto words = words_of(option.value);
    const auto port = words.empty() ? std::nullopt : number_of(words[0]);
    if (!port || *port < 0 || *port > 65535 || words.size() > 2) return bad_value(option);
    ImportedListener& listener = add_listener();
    is_old_style_ = false;
    listener.port = static_cast<std::uint16_t>(*port);
    if (words.size() == 2) listener.bind = *port == 0 ? "unix:" + words[1] : words[1];
    if (*port == 0 && words.size() < 2) return lost(option, "port 0 without the path of a socket");
    taken(option, "listeners." + listener.name + ", " + listener.bind +
                      (*port == 0 ? std::string() : " port " + words[0]));
    if (words.size() == 2 && *port != 0 && !is_address(words[1]))
      lost(option, "if " + words[1] + " is the name of a network device, give its address as `bind`");
  }

  void take_port(const MosquittoOption& option) {
    const auto port = number_of(option.value);
    if (!port || *port < 0 || *port > 65535) return bad_value(option);
    if (*port == 0) return nature(option, "no listener of the old style");
    if (!out_.listeners.empty() && !is_old_style_)
      return lost(option, "it belongs before the first `listener`; write a `listener` for it");
    current().port = static_cast<std::uint16_t>(*port);
    taken(option, key_of("port"));
  }

  void take_bind(const MosquittoOption& option) {
    if (!out_.listeners.empty() && !is_old_style_)
      return lost(option, "it belongs before the first `listener`; write a `listener` for it");
    current().bind = option.value;
    taken(option, key_of("bind"));
  }

  void take_protocol(const MosquittoOption& option) {
    if (option.value != "mqtt" && option.value != "websockets")
      return lost(option, "tenon speaks MQTT, plain and over WebSocket");
    current().is_websocket = option.value == "websockets";
    taken(option, key_of("stack"));
    if (current().is_websocket)
      lost(option,
           "Mosquitto serves WebSocket at any path; here it is /mqtt (plugins.websocket.options.path)");
  }

  void take_max_connections(const MosquittoOption& option) {
    const auto count = number_of(option.value);
    if (!count || *count > 16'777'216) return bad_value(option);
    if (*count < 0) return nature(option, "there is no limit unless one is set");
    current().connections_max = static_cast<std::uint64_t>(*count);
    taken(option, key_of("connections_max"));
  }

  // --- TLS

  static constexpr const char* readable = "; the user `tenon` has to be able to read it";

  void take_tls(const MosquittoOption& option, const TlsOption& tls) {
    if (option.value.empty()) return bad_value(option);
    current().tls[std::string(tls.member)] = option.value;
    taken(option,
          "filter/tls: " + std::string(tls.member) + " of " + current().name + (tls.is_file ? readable : ""));
  }
  void take_require_certificate(const MosquittoOption& option) {
    const auto flag = flag_of(option.value);
    if (!flag) return bad_value(option);
    if (!*flag) return nature(option, "clients are asked for none unless they have to have one");
    current().tls["client_certificate"] = "required";
    taken(option, "filter/tls: client_certificate of " + current().name);
  }
  void take_identity(const MosquittoOption& option) {
    const auto flag = flag_of(option.value);
    if (!flag) return bad_value(option);
    if (!*flag) return nature(option, "names are taken from certificates only if that is asked for");
    current().tls["username_from"] = "cn";
    taken(option, "filter/tls: username_from of " + current().name);
  }
  void take_tls_version(const MosquittoOption& option) {
    if (option.value == "tlsv1.3" || option.value == "tlsv1.2") {
      current().tls["min_version"] = option.value == "tlsv1.3" ? "1.3" : "1.2";
      return taken(option, "filter/tls: min_version of " + current().name);
    }
    lost(option, "nothing older than TLS 1.2 is spoken");
  }

  // --- who may do what

  AuthRules* rules(const MosquittoOption& option) {
    if (!out_.is_per_listener) return &out_.auth;
    if (out_.listeners.empty() && option.name != "allow_anonymous") return &current().auth;
    return out_.listeners.empty() ? &out_.auth : &current().auth;
  }
  void take_per_listener(const MosquittoOption& option) {
    if (!flag_of(option.value)) return bad_value(option);
    taken(option, "an entry of auth.chain for each listener that has rules of its own");
  }
  void take_include(const MosquittoOption& option) { taken(option, "its files are read"); }
  void take_anonymous(const MosquittoOption& option) {
    const auto flag = flag_of(option.value);
    if (!flag) return bad_value(option);
    rules(option)->anonymous = *flag;
    taken(option, "auth.anonymous");
  }
  void take_password_file(const MosquittoOption& option) {
    if (option.value.empty()) return bad_value(option);
    rules(option)->password_file = option.value;
    taken(option, std::string("auth/file: password_file, read as it is") + readable);
  }
  void take_acl_file(const MosquittoOption& option) {
    if (option.value.empty()) return bad_value(option);
    rules(option)->acl_file = option.value;
    taken(option, std::string("auth/file: acl_file, read as it is") + readable +
                      "; a `deny` wins over every grant there");
  }

  // --- limits

  void take_limit(const MosquittoOption& option, const LimitOption& limit) {
    const auto number = number_of(option.value);
    if (!number || *number < 0) return bad_value(option);
    if (*number == 0 && !limit.zero_text.empty()) return lost(option, std::string(limit.zero_text));
    const auto value = static_cast<std::uint64_t>(*number);
    const std::uint64_t kept = std::clamp(value, limit.min, limit.max);
    out_.mqtt[std::string(limit.key)] = kept;
    taken(option, "mqtt." + std::string(limit.key));
    if (kept != value)
      lost(option, "it is " + std::to_string(kept) + " here, as mqtt." + std::string(limit.key) +
                       " goes from " + std::to_string(limit.min) + " to " + std::to_string(limit.max));
    if (!limit.note.empty()) nature(option, std::string(limit.note));
  }
  void take_expiration(const MosquittoOption& option) {
    const auto seconds = duration_of(option.value);
    if (!seconds) return bad_value(option);
    out_.mqtt["session_expiry_s_max"] =
        static_cast<std::uint64_t>(std::min<std::int64_t>(*seconds, UINT32_MAX - 1));
    taken(option, "mqtt.session_expiry_s_max");
  }
  void take_memory_limit(const MosquittoOption& option) {
    const auto bytes = number_of(option.value);
    if (!bytes || *bytes < 0) return bad_value(option);
    if (*bytes == 0) return nature(option, "the default is seven tenths of what the process may have");
    out_.memory_high_bytes = static_cast<std::uint64_t>(*bytes);
    taken(option,
          "overload.memory_high_bytes; clients are slowed down above it, and refused above 1.21 times it");
  }
  void take_retain_available(const MosquittoOption& option) {
    const auto flag = flag_of(option.value);
    if (!flag) return bad_value(option);
    if (*flag) return nature(option, "messages are retained");
    out_.mqtt["retained_count_max"] = 0;
    taken(option, "mqtt.retained_count_max 0");
    lost(option, "clients are not told in CONNACK; their retained messages are delivered and not kept");
  }
  void take_versions(const MosquittoOption& option) {
    static const std::map<std::string, std::string> names = {{"3", "3.1"}, {"4", "3.1.1"}, {"5", "5.0"}};
    std::string text = option.value;
    std::replace(text.begin(), text.end(), ',', ' ');
    std::vector<std::string> versions;
    for (const std::string& word : words_of(text)) {
      const auto name = names.find(word);
      if (name == names.end()) return bad_value(option);
      versions.push_back(name->second);
    }
    if (versions.empty()) return bad_value(option);
    out_.versions = versions;
    taken(option, "mqtt.versions, on all listeners");
  }
  void take_zero_length(const MosquittoOption& option) {
    if (flag_of(option.value) == true) return nature(option, "a client without an id gets one");
    lost(option, "a client without an id gets one");
  }
  void take_persistence(const MosquittoOption& option) {
    if (flag_of(option.value) == true)
      return nature(option, "sessions and retained messages are always on disk");
    lost(option,
         "sessions and retained messages are on disk; conf.d/available/55-storage-memory.json keeps them in "
         "memory");
  }

  // --- logs

  void take_log_type(const MosquittoOption& option) {
    static const std::map<std::string, std::pair<int, const char*>> levels = {
        {"none", {0, "off"}},          {"error", {1, "error"}},      {"warning", {2, "warn"}},
        {"notice", {3, "info"}},       {"information", {3, "info"}}, {"subscribe", {4, "debug"}},
        {"unsubscribe", {4, "debug"}}, {"websockets", {4, "debug"}}, {"debug", {4, "debug"}},
        {"internal", {4, "debug"}},    {"all", {4, "debug"}}};
    const auto level = levels.find(option.value);
    if (level == levels.end()) return bad_value(option);
    if (level->second.first >= log_rank_) {
      log_rank_ = level->second.first;
      out_.log_level = level->second.second;
    }
    taken(option, "log.level, the finest of those that are named");
  }
  // Another broker's file belongs to another user, and tenon.service may write to this directory alone.
  void take_log_file(const MosquittoOption& option, const std::string& file) {
    if (!file.starts_with("/var/log/tenon/"))
      return lost(option,
                  "the log goes to standard error, which the journal keeps under systemd; log.file may name "
                  "a file in /var/log/tenon");
    out_.log_file = file;
    taken(option, "log.file");
  }
  void take_log_dest(const MosquittoOption& option) {
    const auto words = words_of(option.value);
    if (words.size() == 2 && words[0] == "file") return take_log_file(option, words[1]);
    if (option.value == "stderr" || option.value == "stdout" || option.value == "none")
      return nature(option, "without log.file, the log goes to standard error");
    if (option.value == "syslog")
      return nature(option, "under systemd the journal keeps what goes to standard error");
    lost(option, "the log goes to standard error or to one file");
  }

  // --- bridges

  void take_bridge(const MosquittoOption& option) {
    is_in_bridge_ = true;
    lost(option,
         "bridges to other brokers have no counterpart; several nodes of tenon form one cluster instead");
  }

  const std::vector<MosquittoOption>& options_;
  Conversion out_;
  bool is_old_style_ = false;  // the listener at hand is that of `port`
  bool is_in_bridge_ = false;
  int log_rank_ = -1;
};

}  // namespace

Conversion convert_mosquitto(const std::vector<MosquittoOption>& options) {
  return Converter(options).run();
}

}  // namespace tenon::ctl
