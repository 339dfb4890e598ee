#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

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
// given in nanoseconds. An instance that is made in the place of another one of its name goes on with the
// series that this one had; declaring is for the control thread, at any time.
class PluginMetrics final : public host::MetricsPort {
 public:
  static constexpr std::size_t chunk_size = 64;
  static constexpr std::size_t chunks_max = 1024;

  explicit PluginMetrics(observe::MetricRegistry& registry) : registry_(registry) {}
  // busy: there are chunk_size * chunks_max of them.
  Result<std::uint32_t> declare(const host::PluginMetric& metric) override;
  void add(std::uint32_t metric, std::int64_t delta) noexcept override;
  void set(std::uint32_t metric, std::int64_t value) noexcept override;
  void observe(std::uint32_t metric, std::int64_t value) noexcept override;

 private:
  using Handle = std::variant<observe::Counter, observe::Gauge, observe::Histogram>;

  using Chunk = std::array<std::optional<Handle>, chunk_size>;

  // Null: there is none of this number.
  const Handle* find(std::uint32_t metric) const noexcept;

  observe::MetricRegistry& registry_;
  std::map<std::string, std::uint32_t> known_;  // by instance, name, kind and labels; control thread only
  // By number - 1. Those below count_ are complete, and stay as they are.
  std::array<std::unique_ptr<Chunk>, chunks_max> chunks_;
  std::atomic<std::uint32_t> count_{0};
};

// Of the node's health, what the instance reports of itself.
inline std::string health_condition_of(std::string_view instance) {
  return "plugin." + std::string(instance);
}

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
