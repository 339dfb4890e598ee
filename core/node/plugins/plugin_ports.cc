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

std::string key_of(const host::PluginMetric& metric) {
  std::string key = std::string(metric.instance) + '\n' + std::string(metric.name) + '\n' +
                    std::to_string(static_cast<unsigned>(metric.type));
  for (const auto& [label, value] : metric.labels) key.append("\n").append(label).append("=").append(value);
  for (const std::int64_t bucket : metric.buckets) key.append("\n").append(std::to_string(bucket));
  return key;
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

const PluginMetrics::Handle* PluginMetrics::find(std::uint32_t metric) const noexcept {
  if (metric == 0 || metric > count_.load(std::memory_order_acquire)) return nullptr;
  const std::uint32_t place = metric - 1;
  return &*(*chunks_[place / chunk_size])[place % chunk_size];
}

Result<std::uint32_t> PluginMetrics::declare(const host::PluginMetric& metric) {
  std::string key = key_of(metric);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const std::uint32_t place = count_.load(std::memory_order_relaxed);
  if (place == chunk_size * chunks_max) return Error{Errc::busy, "there are too many metrics of plugins"};
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
  // Times are observed, and added up, in nanoseconds; a gauge is set to seconds.
  if ((name.ends_with("_seconds") || name.ends_with("_seconds_total")) &&
      metric.type != host::PluginMetricType::gauge)
    descriptor.scale = observe::MetricScale::nanoseconds;
  const auto keep = [this, place, &key](auto handle) -> Result<std::uint32_t> {
    if (!handle.ok()) return handle.error();
    std::unique_ptr<Chunk>& chunk = chunks_[place / chunk_size];
    if (!chunk) chunk = std::make_unique<Chunk>();
    (*chunk)[place % chunk_size].emplace(*handle);
    count_.store(place + 1, std::memory_order_release);
    known_.emplace(std::move(key), place + 1);
    return place + 1;
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
  const Handle* handle = find(metric);
  if (!handle) return;
  if (const auto* gauge = std::get_if<observe::Gauge>(handle)) gauge->add_shared(delta);
  if (const auto* counter = std::get_if<observe::Counter>(handle); counter && delta > 0)
    counter->add_shared(static_cast<std::uint64_t>(delta));
}

void PluginMetrics::set(std::uint32_t metric, std::int64_t value) noexcept {
  const Handle* handle = find(metric);
  if (!handle) return;
  if (const auto* gauge = std::get_if<observe::Gauge>(handle)) gauge->set(value);
}

void PluginMetrics::observe(std::uint32_t metric, std::int64_t value) noexcept {
  const Handle* handle = find(metric);
  if (!handle) return;
  if (const auto* histogram = std::get_if<observe::Histogram>(handle)) histogram->observe_shared(value);
}

void PluginHealthPort::report(std::string_view instance, host::PluginHealth state,
                              std::string_view text) noexcept {
  const auto known = state == host::PluginHealth::ok         ? observe::HealthState::ok
                     : state == host::PluginHealth::degraded ? observe::HealthState::degraded
                                                             : observe::HealthState::failed;
  const bool changed = health_.set(health_condition_of(instance), known, text);
  if (changed)
    log_.write(observe::events::node_health_changed, "a plugin reported another state of its health",
               {{"plugin", instance}, {"state", observe::to_string(known)}, {"reason", text}});
}

}  // namespace tenon::node
