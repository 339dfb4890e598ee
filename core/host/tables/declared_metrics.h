#pragma once

#include <tenon/host/metrics.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "host/ports.h"

namespace tenon::host {

// The metrics of one instance: what a plugin calls metric 1, 2, ... Declared on the control thread before the
// instance is active; read from any thread.
class DeclaredMetrics {
 public:
  static constexpr std::uint32_t count_max = 256;

  // An instance that was deactivated begins again: what it declares anew is the metric it had.
  void begin_life() { ++life_; }

  // TENON_E_INVALID, _EXISTS, or TENON_E_NOMEM when there are too many.
  tenon_status declare(MetricsPort& port, std::string_view instance, const tenon_metric_desc& desc,
                       tenon_metric* ret_metric);

  void add(MetricsPort& port, tenon_metric metric, std::int64_t delta) const;
  void set(MetricsPort& port, tenon_metric metric, std::int64_t value) const;
  void observe(MetricsPort& port, tenon_metric metric, std::int64_t value) const;

 private:
  struct One {
    std::uint32_t id = 0;
    PluginMetricType type = PluginMetricType::counter;
  };
  // Null for a number that was never declared.
  const One* find(tenon_metric metric) const {
    return metric >= 1 && metric <= count_.load(std::memory_order_acquire) ? &all_[metric - 1] : nullptr;
  }

  struct Known {
    tenon_metric metric = 0;
    std::uint32_t life = 0;  // in which it was declared last
  };

  std::array<One, count_max> all_{};
  std::map<std::string, Known> by_key_;  // control thread only
  std::uint32_t life_ = 0;
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace tenon::host
