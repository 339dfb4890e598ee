#pragma once

#include "host/ports.h"

namespace tenon::host {

// Ports for instances of whom nobody wants to hear: one that is made to ask it something, and thrown away.
class SilentPorts final : public LogPort, public MetricsPort, public HealthPort {
 public:
  bool enabled(PluginLogLevel) const override { return false; }
  void write(const PluginLogRecord&) noexcept override {}
  Result<std::uint32_t> declare(const PluginMetric&) override { return 1u; }
  void add(std::uint32_t, std::int64_t) noexcept override {}
  void set(std::uint32_t, std::int64_t) noexcept override {}
  void observe(std::uint32_t, std::int64_t) noexcept override {}
  void report(std::string_view, PluginHealth, std::string_view) noexcept override {}
};

}  // namespace tenon::host
