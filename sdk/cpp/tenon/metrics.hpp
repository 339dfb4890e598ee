/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/host/metrics.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include <tenon/failure.hpp>
#include <tenon/host.hpp>

TENON_SDK_BEGIN

// Handles of declared metrics: updates are [any] and lock-free; a default-made one counts nothing.
class Metric {
 public:
  Metric() = default;
  Metric(const tenon_host* host, const tenon_host_metrics* table, tenon_metric id)
      : host_(host), add_(table->add), set_(table->set), observe_(table->observe), id_(id) {}

  // Counters and gauges.
  void add(std::int64_t delta = 1) const {
    if (add_) add_(host_, id_, delta);
  }
  // Gauges.
  void set(std::int64_t value) const {
    if (set_) set_(host_, id_, value);
  }
  // Histograms; seconds are given in nanoseconds.
  void observe(std::int64_t value) const {
    if (observe_) observe_(host_, id_, value);
  }

 private:
  const tenon_host* host_ = nullptr;
  decltype(tenon_host_metrics::add) add_ = nullptr;
  decltype(tenon_host_metrics::set) set_ = nullptr;
  decltype(tenon_host_metrics::observe) observe_ = nullptr;
  tenon_metric id_ = 0;
};

// tenon.host.metrics/1: declares metrics, in init only [setup]. Throws a Failure when the host refuses one;
// without the table the handles count nothing.
class Metrics {
 public:
  using Labels = std::initializer_list<tenon_kv>;

  Metrics() = default;
  explicit Metrics(const tenon_host* host) : table_(host, TENON_HOST_METRICS_ID) {}

  Metric counter(std::string_view name, std::string_view help, Labels labels = {}) const {
    return declare(TENON_METRIC_COUNTER, name, help, labels, {});
  }
  Metric gauge(std::string_view name, std::string_view help, Labels labels = {}) const {
    return declare(TENON_METRIC_GAUGE, name, help, labels, {});
  }
  Metric histogram(std::string_view name, std::string_view help, std::span<const std::int64_t> buckets,
                   Labels labels = {}) const {
    return declare(TENON_METRIC_HISTOGRAM, name, help, labels, buckets);
  }

 private:
  Metric declare(std::uint32_t type, std::string_view name, std::string_view help, Labels labels,
                 std::span<const std::int64_t> buckets) const {
    if (!table_->declare) return {};
    const tenon_metric_desc desc{
        sizeof desc,
        type,
        abi(name),
        abi(help),
        {labels.begin(), static_cast<std::uint32_t>(labels.size()), sizeof(tenon_kv)},
        {buckets.data(), static_cast<std::uint32_t>(buckets.size()), sizeof(std::int64_t)}};
    tenon_metric id = 0;
    check(table_->declare(table_.host(), &desc, &id), ("declaring the metric " + std::string(name)).c_str());
    return {table_.host(), table_.operator->(), id};
  }

  HostTable<tenon_host_metrics> table_;
};

TENON_SDK_END
