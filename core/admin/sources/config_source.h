#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"

namespace tenon::admin {

// One key that has a value. Secrets are shown as "***".
struct ConfigValue {
  // What would hold if nothing won over it.
  struct Said {
    std::string json;
    std::string origin;
  };
  std::string key;   // "listeners.default.port"
  std::string json;  // the value
  // "/etc/tenon/conf.d/30-listeners.json:4", "--set node.workers", "default", "rule 12"
  std::string origin;
  bool needs_restart = false;
  bool is_waiting = false;  // what the files said at the last reload is used from the next start on
  std::optional<Said> wins_over = std::nullopt;
  bool is_ruled = false;  // a rule for a balancer says it, on all nodes: files and reloads change nothing
};

// What holds on this node.
struct ConfigReport {
  std::vector<ConfigValue> values;
  std::vector<std::string> files;  // that were read, in their order
};

// One key of which the files say something else than what is in use.
struct ConfigChange {
  std::string key;
  std::optional<std::string> before;  // as JSON, as it is in use; empty: it has none
  std::optional<std::string> after;
  std::string origin;  // of what the files say; empty: nothing
  bool needs_restart = false;
};

struct ConfigDiff {
  std::vector<ConfigChange> changes;
  std::vector<std::string> errors;  // of the files; where there are any, nothing is known of changes
};

struct ReloadReport {
  std::vector<std::string> applied;  // keys
  std::vector<std::string> restart;  // keys that wait for the next start
  // Instances that take their options with the next start, and those that have refused them and keep the old
  // ones.
  std::vector<std::string> plugins_restart;
  struct Refusal {
    std::string plugin;
    std::string reason;
  };
  std::vector<Refusal> plugins_refused;
  std::vector<std::string> tokens;  // of api.tokens, that are in use
  // Why nothing was changed at all; empty: it was.
  std::vector<std::string> errors;
};

// Where the actions about this node's configuration get their data. Any thread.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  // Quick.
  virtual ConfigReport config() const = 0;
  // Reads the files.
  virtual void diff(Then<ConfigDiff> then) = 0;
  // As SIGHUP. A configuration that is wrong is refused as a whole.
  virtual void reload(const std::string& by, Then<ReloadReport> then) = 0;
};

// How much one area of the log says.
struct LogAreaStatus {
  std::string area;
  std::string level;              // that holds
  std::string configured;         // by log.level
  std::uint64_t remaining_s = 0;  // until that holds again; 0: it does, or the next reload ends it
};

// Levels of this node's log, changed while it runs. Any thread.
class LogSource {
 public:
  virtual ~LogSource() = default;
  virtual std::vector<LogAreaStatus> levels() const = 0;
  // Of an area, or of all with "all". Without a duration it holds until the next reload. invalid: there is no
  // such area or level.
  virtual Status set_level(const std::string& area, const std::string& level,
                           std::optional<std::uint32_t> duration_s, const std::string& by) = 0;
};

}  // namespace tenon::admin
