#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace tenon {
class Clock;
class Disk;
class Executor;
class Random;
}  // namespace tenon

// What the plugin host needs from the rest of the process. Implemented above this folder, over core/observe
// and core/runtime; tests bring their own.

namespace tenon::host {

enum class PluginLogLevel : std::uint8_t { trace, debug, info, warn, error };

// A log record of a plugin; everything in it is borrowed for the call. The texts are the plugin's: not
// checked, not escaped, of any length.
struct PluginLogRecord {
  std::string_view instance;  // the plugin's name in conf.d
  PluginLogLevel level = PluginLogLevel::info;
  std::string_view event;    // "area.noun_verb"
  std::string_view message;  // a sentence
  std::span<const std::pair<std::string_view, std::string_view>> fields;
};

// Takes log records of plugins: escapes them, adds time and thread, limits the rate per instance. Any thread.
class LogPort {
 public:
  virtual ~LogPort() = default;
  virtual bool enabled(PluginLogLevel level) const = 0;
  virtual void write(const PluginLogRecord& record) noexcept = 0;
};

enum class PluginMetricType : std::uint8_t { counter, gauge, histogram };

struct PluginMetric {
  std::string_view instance;  // value of the label "plugin"
  std::string_view name;      // without the prefix "tenon_plugin_"; already checked: [a-z][a-z0-9_]*
  std::string_view help;
  PluginMetricType type = PluginMetricType::counter;
  std::span<const std::pair<std::string_view, std::string_view>> labels;
  std::span<const std::int64_t> buckets;  // ascending
};

// Takes metrics of plugins. declare: the control thread, also while workers run; the rest: any thread,
// lock-free.
class MetricsPort {
 public:
  virtual ~MetricsPort() = default;
  // A number that names the metric, from 1 on: the one that it had, for an instance in the place of another.
  virtual Result<std::uint32_t> declare(const PluginMetric& metric) = 0;
  virtual void add(std::uint32_t metric, std::int64_t delta) noexcept = 0;
  virtual void set(std::uint32_t metric, std::int64_t value) noexcept = 0;
  // Seconds are given in nanoseconds.
  virtual void observe(std::uint32_t metric, std::int64_t value) noexcept = 0;
};

enum class PluginHealth : std::uint8_t { ok, degraded, failed };

// Hears what plugins think of themselves. Any thread.
class HealthPort {
 public:
  virtual ~HealthPort() = default;
  virtual void report(std::string_view instance, PluginHealth state, std::string_view text) noexcept = 0;
};

// The world as plugins see it. All required; all outlive the PluginHost.
struct HostServices {
  Clock* clock = nullptr;
  Random* random = nullptr;
  Disk* disk = nullptr;
  Executor* executor = nullptr;
  LogPort* log = nullptr;
  MetricsPort* metrics = nullptr;
  HealthPort* health = nullptr;
};

}  // namespace tenon::host
