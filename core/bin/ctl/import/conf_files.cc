#include "bin/ctl/import/conf_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view shipped_listener = "default";

void lost(Conversion& conversion, std::string text) {
  conversion.remarks.push_back({{}, Remark::Kind::lost, std::move(text)});
}

std::string text_of(const Json& json) {
  return "// Made of a mosquitto.conf by tenonctl import.\n" +
         json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The entry of `plugins` that has a listener's options of TLS; listeners with the same share one.
class TlsPlugins {
 public:
  std::string name_of(const ImportedListener& listener) {
    for (const auto& [name, options] : entries_)
      if (options == listener.tls) return name;
    const std::string name = entries_.empty() ? "tls" : "tls-" + std::to_string(entries_.size() + 1);
    entries_.emplace_back(name, listener.tls);
    return name;
  }
  void add_to(Json& plugins) const {
    for (const auto& [name, options] : entries_) {
      Json entry = Json::object();
      if (name != "tls") entry["file"] = "filter-tls.so";
      entry["options"] = options;
      plugins[name] = entry;
    }
  }

 private:
  std::vector<std::pair<std::string, std::map<std::string, std::string>>> entries_;
};

// What a listener leaves out that is of no use here.
std::map<std::string, std::string> useful_tls(Conversion& conversion, const ImportedListener& listener) {
  auto options = listener.tls;
  const bool asks = options.contains("client_certificate");
  if (options.erase("username_from") > 0 && asks) options["username_from"] = "cn";
  if (!asks && listener.tls.contains("username_from"))
    lost(conversion,
         "use_identity_as_username of " + listener.name + " counts with require_certificate only");
  if (!asks)
    for (const char* of_clients : {"ca", "crl"}) options.erase(of_clients);
  if (asks && !options.contains("ca"))
    lost(conversion, "require_certificate of " + listener.name +
                         " needs `cafile` (`ca` of filter/tls): one file with the authorities of clients");
  return options;
}

Json listeners_json(Conversion& conversion, Json& plugins) {
  Json listeners = Json::object();
  TlsPlugins tls;
  bool has_websocket = false;
  for (ImportedListener& listener : conversion.listeners) {
    Json entry{{"bind", listener.bind}};
    if (!listener.bind.starts_with("unix:")) entry["port"] = listener.port;
    Json stack = Json::array({"tcp"});
    if (listener.has_tls()) {
      listener.tls = useful_tls(conversion, listener);
      stack.push_back(tls.name_of(listener));
    } else if (!listener.tls.empty()) {
      lost(conversion, listener.name + " has options of TLS, but no certfile and keyfile: it is without TLS");
    }
    if (listener.is_websocket) stack.push_back("websocket");
    has_websocket = has_websocket || listener.is_websocket;
    entry["stack"] = stack;
    if (listener.connections_max) entry["connections_max"] = *listener.connections_max;
    listeners[listener.name] = entry;
  }
  tls.add_to(plugins);
  if (has_websocket) plugins["websocket"] = Json::object();
  return listeners;
}

// Mosquitto lets anonymous clients in if it has no listener of its own, and not otherwise.
bool lets_anonymous_in(const Conversion& conversion, const AuthRules& rules) {
  return rules.anonymous.value_or(conversion.listeners.empty());
}

Json file_options(const AuthRules& rules, bool anonymous) {
  Json options = Json::object();
  if (!rules.password_file.empty()) options["password_file"] = rules.password_file;
  if (!rules.acl_file.empty()) options["acl_file"] = rules.acl_file;
  if (!rules.acl_file.empty() && anonymous) options["anonymous"] = true;
  return options;
}

// An entry of the chain; empty: there is nothing to be asked.
std::string add_entry(Conversion& conversion, const AuthRules& rules, bool anonymous, Json& chain,
                      Json& plugins) {
  if (rules.password_file.empty() && rules.acl_file.empty()) return {};
  if (rules.password_file.empty() && !anonymous) {
    lost(conversion,
         "an acl_file without a password_file is for anonymous clients only here, and these may not "
         "come: it is left out");
    return {};
  }
  if (rules.password_file.empty())
    lost(conversion, "without a password_file nobody with a user name is let in; Mosquitto lets any name in");
  const std::string name = chain.empty() ? "file" : "file-" + std::to_string(chain.size() + 1);
  plugins[name] = name == "file" ? Json::object() : Json{{"file", "auth-file.so"}};
  chain[name] = Json{{"order", 50}, {"options", file_options(rules, anonymous)}};
  return name;
}

Json auth_json(Conversion& conversion, Json& listeners, Json& plugins) {
  Json chain = Json::object();
  bool any_open = false;
  bool all_open = true;
  const auto look = [&](const AuthRules& rules) {
    const bool anonymous = lets_anonymous_in(conversion, rules);
    // With rules for them, the plugin lets them in.
    const bool is_open = anonymous && rules.acl_file.empty();
    any_open = any_open || is_open;
    all_open = all_open && is_open;
    return anonymous;
  };
  if (!conversion.is_per_listener) {
    add_entry(conversion, conversion.auth, look(conversion.auth), chain, plugins);
  } else {
    for (const ImportedListener& listener : conversion.listeners) {
      const bool anonymous = look(listener.auth);
      const std::string name = add_entry(conversion, listener.auth, anonymous, chain, plugins);
      listeners[listener.name]["auth"] = name.empty() ? Json::array() : Json::array({name});
    }
  }
  if (any_open && !all_open)
    lost(conversion,
         "auth.anonymous goes for all listeners: anonymous clients are let in at none, as one of the "
         "listeners does not want them");
  const bool is_open = any_open && all_open;
  Json auth = Json::object();
  auth["anonymous"] = !is_open ? "never" : conversion.listeners.empty() ? "loopback" : "always";
  if (!chain.empty()) auth["chain"] = chain;
  return auth;
}

}  // namespace

std::map<std::string, std::string> conf_files(Conversion& conversion) {
  std::map<std::string, std::string> files;
  Json plugins = Json::object();
  Json listeners = listeners_json(conversion, plugins);
  const Json auth = auth_json(conversion, listeners, plugins);
  if (!listeners.empty()) files["30-listeners.json"] = text_of({{"listeners", listeners}});
  if (!plugins.empty()) files["20-plugins.json"] = text_of({{"plugins", plugins}});
  files["40-auth.json"] = text_of({{"auth", auth}});
  Json mqtt = conversion.mqtt;
  if (conversion.versions) mqtt["versions"] = *conversion.versions;
  Json limits = Json::object();
  if (!mqtt.empty()) limits["mqtt"] = mqtt;
  if (conversion.memory_high_bytes) limits["overload"]["memory_high_bytes"] = *conversion.memory_high_bytes;
  if (!limits.empty()) files["60-limits.json"] = text_of(limits);
  Json log = Json::object();
  if (!conversion.log_level.empty()) log["level"] = conversion.log_level;
  if (!conversion.log_file.empty()) log["file"] = conversion.log_file;
  if (!log.empty()) files["80-log.json"] = text_of({{"log", log}});
  return files;
}

}  // namespace tenon::ctl
