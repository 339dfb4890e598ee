#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "observe/metrics/cells.h"
#include "observe/metrics/descriptor.h"
#include "observe/metrics/sample.h"

namespace tenon::observe {

class MetricRegistry;

// Keeps a callback registered; it is called no more once this is destroyed. Must not outlive the registry.
class MetricCallback {
 public:
  MetricCallback() = default;
  MetricCallback(MetricRegistry* registry, std::uint64_t id) : registry_(registry), id_(id) {}
  MetricCallback(MetricCallback&& other) noexcept;
  MetricCallback& operator=(MetricCallback&& other) noexcept;
  ~MetricCallback();

 private:
  MetricRegistry* registry_ = nullptr;
  std::uint64_t id_ = 0;
};

// All metrics of the process. Declaring copies the descriptor and hands out a handle that is updated without
// locks; a scrape sums the cells of all threads. Handles stay valid as long as the registry.
//
// Declaring the same metric again with other labels adds a series. Failures: invalid (name or labels break
// the rules of check_descriptor, the values do not match the labels, or kind or scale differ from the first
// declaration), exists (there is a series with the same labels).
//
//   auto opened = registry.counter(metrics::link_opened, {"default"}).value();
//   opened.add(worker);
//
// Any thread, by a lock; meant for start and rare changes.
class MetricRegistry {
 public:
  using LabelValues = std::span<const std::string_view>;

  explicit MetricRegistry(std::uint32_t worker_count);
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Result<Counter> counter(const MetricDescriptor& descriptor, LabelValues labels);
  Result<Counter> counter(const MetricDescriptor& descriptor,
                          std::initializer_list<std::string_view> labels = {}) {
    return counter(descriptor, LabelValues{labels.begin(), labels.size()});
  }
  Result<Gauge> gauge(const MetricDescriptor& descriptor, LabelValues labels);
  Result<Gauge> gauge(const MetricDescriptor& descriptor,
                      std::initializer_list<std::string_view> labels = {}) {
    return gauge(descriptor, LabelValues{labels.begin(), labels.size()});
  }
  Result<Histogram> histogram(const MetricDescriptor& descriptor, LabelValues labels);
  Result<Histogram> histogram(const MetricDescriptor& descriptor,
                              std::initializer_list<std::string_view> labels = {}) {
    return histogram(descriptor, LabelValues{labels.begin(), labels.size()});
  }

  // A counter or gauge whose value is asked for at each scrape, before scaling. `read` is called under the
  // registry's lock on the scraping thread: it must be quick, must not call the registry, and must be safe on
  // any thread.
  Result<MetricCallback> callback(const MetricDescriptor& descriptor, LabelValues labels,
                                  std::function<double()> read);
  Result<MetricCallback> callback(const MetricDescriptor& descriptor,
                                  std::initializer_list<std::string_view> labels,
                                  std::function<double()> read) {
    return callback(descriptor, LabelValues{labels.begin(), labels.size()}, std::move(read));
  }

  // The values of now, families by name, series in the order of their declaration. A metric without series is
  // left out.
  std::vector<MetricFamily> collect() const;

  std::uint32_t worker_count() const;

 private:
  friend class MetricCallback;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::observe
