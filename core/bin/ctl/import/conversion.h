#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bin/ctl/import/mosquitto_conf.h"

namespace tenon::ctl {

// What becomes of one line.
struct Remark {
  enum class Kind : std::uint8_t {
    taken,   // it is in the files that are written
    nature,  // tenon does this anyway, or needs nothing for it
    lost,    // it has no counterpart: something is different from now on
  };
  MosquittoOption option;
  Kind kind = Kind::lost;
  std::string text;  // the key that it has become, or why not
};

// Options that a listener may have of its own; Mosquitto's defaults where nothing is said.
struct AuthRules {
  std::optional<bool> anonymous;
  std::string password_file;
  std::string acl_file;

  bool is_empty() const { return !anonymous && password_file.empty() && acl_file.empty(); }
  friend bool operator==(const AuthRules&, const AuthRules&) = default;
};

struct ImportedListener {
  std::string name;  // in listeners
  std::string bind;  // an address, or "unix:/path"
  std::uint16_t port = 0;
  bool is_websocket = false;
  std::optional<std::uint64_t> connections_max;
  std::map<std::string, std::string> tls;  // options of filter/tls, as texts
  AuthRules auth;                          // with per_listener_settings

  bool has_tls() const { return tls.contains("certificate") || tls.contains("key"); }
};

// What a mosquitto.conf says, in words of tenon, and what it says that has none.
struct Conversion {
  std::vector<ImportedListener> listeners;  // none: the shipped one, for this machine alone
  bool is_per_listener = false;
  AuthRules auth;                             // of all
  std::map<std::string, std::uint64_t> mqtt;  // by the key below "mqtt"
  std::optional<std::uint64_t> memory_high_bytes;
  std::optional<std::vector<std::string>> versions;
  std::string log_level;        // empty: the default
  std::string log_file;         // empty: standard error
  std::vector<Remark> remarks;  // one or more for each option, in their order
};

Conversion convert_mosquitto(const std::vector<MosquittoOption>& options);

}  // namespace tenon::ctl
