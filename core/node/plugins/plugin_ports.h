#pragma once

#include <string>
#include <variant>
#include <vector>

#include "host/ports.h"
#include "observe/health.h"
#include "observe/log/log.h"
#include "observe/metrics/registry.h"

namespace tenon::node {

// What plugins log goes into the broker's log, under the area "plugin" and with the instance as its source.
class PluginLog final : public host::LogPort {
 public:
  explicit PluginLog(observe::Log& log) : log_(log) {}
  bool enabled(host::PluginLogLevel level) const override;
  void write(const host::PluginLogRecord& record) noexcept override;

 private:
  observe::Log& log_;
};

// What plugins count is shown as tenon_plugin_<name>{plugin="<instance>"}. Values whose name says seconds are
// given in nanoseconds.
class PluginMetrics final : public host::MetricsPort {
 public:
  explicit PluginMetrics(observe::MetricRegistry& registry) : registry_(registry) {}
  Result<std::uint32_t> declare(const host::PluginMetric& metric) override;
  void add(std::uint32_t metric, std::int64_t delta) noexcept override;
  void set(std::uint32_t metric, std::int64_t value) noexcept override;
  void observe(std::uint32_t metric, std::int64_t value) noexcept override;

 private:
  using Handle = std::variant<observe::Counter, observe::Gauge, observe::Histogram>;

  observe::MetricRegistry& registry_;
  std::vector<Handle> handles_;  // by number - 1; complete before workers start
};

// What plugins report of themselves becomes the condition "plugin.<instance>" of the node's health.
class PluginHealthPort final : public host::HealthPort {
 public:
  PluginHealthPort(observe::Health& health, observe::Log& log) : health_(health), log_(log) {}
  void report(std::string_view instance, host::PluginHealth state, std::string_view text) noexcept override;

 private:
  observe::Health& health_;
  observe::Log& log_;
};

}  // namespace tenon::node
