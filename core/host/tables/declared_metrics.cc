#include "host/tables/declared_metrics.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "host/first_sizes.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 64 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::optional<Labels> read_labels(const tenon_array& array) {
  Labels labels;
  if (array.count == 0) return labels;
  if (!array.data || !holds_first<tenon_kv>(array.stride) || array.count > 8) return std::nullopt;
  for (std::uint32_t i = 0; i < array.count; ++i) {
    const tenon_kv& kv = *TENON_AT(array, tenon_kv, i);
    labels.emplace_back(view_of(kv.key), view_of(kv.value));
    if (!is_name(labels.back().first)) return std::nullopt;
  }
  return labels;
}

std::optional<std::vector<std::int64_t>> read_buckets(const tenon_array& array) {
  std::vector<std::int64_t> buckets;
  if (array.count == 0) return buckets;
  if (!array.data || array.stride < sizeof(std::int64_t) || array.count > 64) return std::nullopt;
  for (std::uint32_t i = 0; i < array.count; ++i) {
    buckets.push_back(*TENON_AT(array, std::int64_t, i));
    if (i > 0 && buckets[i] <= buckets[i - 1]) return std::nullopt;
  }
  return buckets;
}

std::string key_of(std::string_view name, const Labels& labels) {
  std::string key(name);
  for (const auto& [label, value] : labels) key.append("\n").append(label).append("=").append(value);
  return key;
}

}  // namespace

tenon_status DeclaredMetrics::declare(MetricsPort& port, std::string_view instance,
                                      const tenon_metric_desc& desc, tenon_metric* ret_metric) {
  const auto labels = read_labels(desc.labels);
  const auto buckets = read_buckets(desc.buckets);
  const std::string_view name = view_of(desc.name);
  if (!labels || !buckets || !is_name(name) || desc.type > TENON_METRIC_HISTOGRAM) return TENON_E_INVALID;
  const std::string key = key_of(name, *labels);
  const auto type = static_cast<PluginMetricType>(desc.type);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    if (known->second.life == life_) return TENON_E_EXISTS;
    if (all_[known->second.metric - 1].type != type) return TENON_E_INVALID;
    known->second.life = life_;
    *ret_metric = known->second.metric;
    return TENON_OK;
  }
  const std::uint32_t count = count_.load(std::memory_order_relaxed);
  if (count == count_max) return TENON_E_NOMEM;
  const auto id = port.declare({instance, name, view_of(desc.help), type, *labels, *buckets});
  if (!id) return to_abi(id.error().code);
  all_[count] = {*id, type};
  by_key_.emplace(key, Known{count + 1, life_});
  count_.store(count + 1, std::memory_order_release);
  *ret_metric = count + 1;
  return TENON_OK;
}

void DeclaredMetrics::add(MetricsPort& port, tenon_metric metric, std::int64_t delta) const {
  const One* one = find(metric);
  if (!one || one->type == PluginMetricType::histogram) return;
  if (one->type == PluginMetricType::counter && delta < 0) return;
  port.add(one->id, delta);
}

void DeclaredMetrics::set(MetricsPort& port, tenon_metric metric, std::int64_t value) const {
  const One* one = find(metric);
  if (one && one->type == PluginMetricType::gauge) port.set(one->id, value);
}

void DeclaredMetrics::observe(MetricsPort& port, tenon_metric metric, std::int64_t value) const {
  const One* one = find(metric);
  if (one && one->type == PluginMetricType::histogram) port.observe(one->id, value);
}

}  // namespace tenon::host
