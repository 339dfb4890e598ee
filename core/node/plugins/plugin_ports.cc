#include "node/plugins/plugin_ports.h"

#include <algorithm>

namespace tenon::node {

namespace {

observe::LogLevel level_of(host::PluginLogLevel level) {
  switch (level) {
    case host::PluginLogLevel::trace:
      return observe::LogLevel::trace;
    case host::PluginLogLevel::debug:
      return observe::LogLevel::debug;
    case host::PluginLogLevel::info:
      return observe::LogLevel::info;
    case host::PluginLogLevel::warn:
      return observe::LogLevel::warn;
    case host::PluginLogLevel::error:
      break;
  }
  return observe::LogLevel::error;
}

observe::MetricKind kind_of(host::PluginMetricType type) {
  switch (type) {
    case host::PluginMetricType::counter:
      return observe::MetricKind::counter;
    case host::PluginMetricType::gauge:
      return observe::MetricKind::gauge;
    case host::PluginMetricType::histogram:
      break;
  }
  return observe::MetricKind::histogram;
}

}  // namespace

bool PluginLog::enabled(host::PluginLogLevel level) const {
  return log_.enabled(observe::LogArea::plugin, level_of(level));
}

void PluginLog::write(const host::PluginLogRecord& record) noexcept {
  std::vector<observe::Field> fields;
  fields.reserve(record.fields.size());
  for (const auto& [key, value] : record.fields) fields.push_back({key, value});
  log_.write({observe::LogArea::plugin, level_of(record.level), record.event, record.instance, record.message,
              fields});
}

Result<std::uint32_t> PluginMetrics::declare(const host::PluginMetric& metric) {
  const std::string name = "tenon_plugin_" + std::string(metric.name);
  std::vector<std::string_view> labels{"plugin"};
  std::vector<std::string_view> values{metric.instance};
  for (const auto& [label, value] : metric.labels) {
    labels.push_back(label);
    values.push_back(value);
  }
  observe::MetricDescriptor descriptor;
  descriptor.name = name;
  descriptor.kind = kind_of(metric.type);
  descriptor.help = metric.help;
  descriptor.labels = labels;
  descriptor.buckets = metric.buckets;
  if (name.ends_with("_seconds") || name.ends_with("_seconds_total"))
    descriptor.scale = observe::MetricScale::nanoseconds;
  const auto keep = [this](auto handle) -> Result<std::uint32_t> {
    if (!handle.ok()) return handle.error();
    handles_.emplace_back(*handle);
    return static_cast<std::uint32_t>(handles_.size());
  };
  switch (metric.type) {
    case host::PluginMetricType::counter:
      return keep(registry_.counter(descriptor, values));
    case host::PluginMetricType::gauge:
      return keep(registry_.gauge(descriptor, values));
    case host::PluginMetricType::histogram:
      break;
  }
  return keep(registry_.histogram(descriptor, values));
}

void PluginMetrics::add(std::uint32_t metric, std::int64_t delta) noexcept {
  if (metric == 0 || metric > handles_.size()) return;
  Handle& handle = handles_[metric - 1];
  if (auto* gauge = std::get_if<observe::Gauge>(&handle)) gauge->add_shared(delta);
  if (auto* counter = std::get_if<observe::Counter>(&handle); counter && delta > 0)
    counter->add_shared(static_cast<std::uint64_t>(delta));
}

void PluginMetrics::set(std::uint32_t metric, std::int64_t value) noexcept {
  if (metric == 0 || metric > handles_.size()) return;
  if (auto* gauge = std::get_if<observe::Gauge>(&handles_[metric - 1])) gauge->set(value);
}

void PluginMetrics::observe(std::uint32_t metric, std::int64_t value) noexcept {
  if (metric == 0 || metric > handles_.size()) return;
  if (auto* histogram = std::get_if<observe::Histogram>(&handles_[metric - 1]))
    histogram->observe_shared(value);
}

void PluginHealthPort::report(std::string_view instance, host::PluginHealth state,
                              std::string_view text) noexcept {
  const auto known = state == host::PluginHealth::ok         ? observe::HealthState::ok
                     : state == host::PluginHealth::degraded ? observe::HealthState::degraded
                                                             : observe::HealthState::failed;
  const bool changed = health_.set("plugin." + std::string(instance), known, text);
  if (changed)
    log_.write(observe::events::node_health_changed, "a plugin reported another state of its health",
               {{"plugin", instance}, {"state", observe::to_string(known)}, {"reason", text}});
}

}  // namespace tenon::node
