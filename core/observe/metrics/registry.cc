#include "observe/metrics/registry.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "observe/metrics/cell_pool.h"

namespace tenon::observe {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Series {
  Labels labels;
  MetricCell* cells = nullptr;                              // null for callbacks
  std::unique_ptr<const std::vector<std::int64_t>> bounds;  // histograms
  std::function<double()> read;                             // callbacks
  std::uint64_t callback_id = 0;
};

struct Family {
  std::string help;
  MetricKind kind;
  MetricScale scale;
  std::vector<Series> series;
};

Error refusal(std::string_view name, Errc code, const std::string& why) {
  return {code, "metric \"" + std::string(name) + "\": " + why};
}

double scaled(double value, MetricScale scale) {
  return scale == MetricScale::nanoseconds ? value / static_cast<double>(ns_per_s) : value;
}

MetricSample read_histogram(const Series& series, MetricScale scale, std::uint32_t workers) {
  MetricSample sample;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= series.bounds->size(); ++i) {
    total += static_cast<std::uint64_t>(sum_of_cells(series.cells + i, workers));
    sample.cumulative.push_back(total);
  }
  for (const std::int64_t bound : *series.bounds)
    sample.bounds.push_back(scaled(static_cast<double>(bound), scale));
  sample.sum =
      scaled(static_cast<double>(sum_of_cells(series.cells + series.bounds->size() + 1, workers)), scale);
  return sample;
}

MetricSample read_series(const Series& series, MetricScale scale, std::uint32_t workers) {
  MetricSample sample;
  if (series.bounds)
    sample = read_histogram(series, scale, workers);
  else if (series.read)
    sample.value = scaled(series.read(), scale);
  else
    sample.value = scaled(static_cast<double>(sum_of_cells(series.cells, workers)), scale);
  sample.labels = series.labels;
  return sample;
}

}  // namespace

struct MetricRegistry::Impl {
  explicit Impl(std::uint32_t worker_count) : workers(worker_count), pool(worker_count) {}

  Result<Series*> add_series(const MetricDescriptor& descriptor, LabelValues values);
  Status check_against(const Family& family, const MetricDescriptor& descriptor, const Labels& labels) const;
  Status check_neighbours(const MetricDescriptor& descriptor) const;
  void remove_callback(std::uint64_t id);

  const std::uint32_t workers;
  std::mutex mutex;  // guards the rest
  MetricCellPool pool;
  std::map<std::string, Family, std::less<>> families;
  std::uint64_t callback_last = 0;
};

Status MetricRegistry::Impl::check_against(const Family& family, const MetricDescriptor& descriptor,
                                           const Labels& labels) const {
  if (family.kind != descriptor.kind || family.scale != descriptor.scale)
    return refusal(descriptor.name, Errc::invalid, "it is declared already with another kind or unit");
  const bool taken = std::any_of(family.series.begin(), family.series.end(),
                                 [&](const Series& series) { return series.labels == labels; });
  if (taken) return refusal(descriptor.name, Errc::exists, "it is declared already with the same labels");
  return {};
}

// In OpenMetrics a counter's family is named without _total, so no other family may have that name.
Status MetricRegistry::Impl::check_neighbours(const MetricDescriptor& descriptor) const {
  std::string other(descriptor.name);
  constexpr std::string_view ending = "_total";
  if (descriptor.kind == MetricKind::counter)
    other.resize(other.size() - ending.size());
  else
    other += ending;
  if (!families.contains(other)) return {};
  return refusal(descriptor.name, Errc::invalid, "the name differs from " + other + " by its ending only");
}

Result<Series*> MetricRegistry::Impl::add_series(const MetricDescriptor& descriptor, LabelValues values) {
  if (Status sound = check_descriptor(descriptor); !sound) return sound.error();
  if (values.size() != descriptor.labels.size())
    return refusal(descriptor.name, Errc::invalid, "it needs one value for each of its labels");
  Labels labels;
  for (std::size_t i = 0; i < values.size(); ++i) labels.emplace_back(descriptor.labels[i], values[i]);
  auto it = families.find(descriptor.name);
  if (it != families.end()) {
    if (Status fits = check_against(it->second, descriptor, labels); !fits) return fits.error();
  } else {
    if (Status clear = check_neighbours(descriptor); !clear) return clear.error();
    it = families
             .emplace(descriptor.name,
                      Family{std::string(descriptor.help), descriptor.kind, descriptor.scale, {}})
             .first;
  }
  return &it->second.series.emplace_back(Series{.labels = std::move(labels)});
}

void MetricRegistry::Impl::remove_callback(std::uint64_t id) {
  const std::lock_guard lock(mutex);
  for (auto it = families.begin(); it != families.end(); ++it) {
    const auto removed =
        std::erase_if(it->second.series, [id](const Series& series) { return series.callback_id == id; });
    if (removed == 0) continue;
    if (it->second.series.empty()) families.erase(it);
    return;
  }
}

MetricRegistry::MetricRegistry(std::uint32_t worker_count) : impl_(std::make_unique<Impl>(worker_count)) {}
MetricRegistry::~MetricRegistry() = default;

std::uint32_t MetricRegistry::worker_count() const {
  return impl_->workers;
}

Result<Counter> MetricRegistry::counter(const MetricDescriptor& descriptor, LabelValues labels) {
  if (descriptor.kind != MetricKind::counter)
    return refusal(descriptor.name, Errc::invalid, "it is not a counter");
  const std::lock_guard lock(impl_->mutex);
  Result<Series*> series = impl_->add_series(descriptor, labels);
  if (!series) return series.error();
  (*series)->cells = impl_->pool.allocate(1);
  return Counter((*series)->cells, impl_->workers);
}

Result<Gauge> MetricRegistry::gauge(const MetricDescriptor& descriptor, LabelValues labels) {
  if (descriptor.kind != MetricKind::gauge)
    return refusal(descriptor.name, Errc::invalid, "it is not a gauge");
  const std::lock_guard lock(impl_->mutex);
  Result<Series*> series = impl_->add_series(descriptor, labels);
  if (!series) return series.error();
  (*series)->cells = impl_->pool.allocate(1);
  return Gauge((*series)->cells, impl_->workers);
}

Result<Histogram> MetricRegistry::histogram(const MetricDescriptor& descriptor, LabelValues labels) {
  if (descriptor.kind != MetricKind::histogram)
    return refusal(descriptor.name, Errc::invalid, "it is not a histogram");
  const std::lock_guard lock(impl_->mutex);
  Result<Series*> added = impl_->add_series(descriptor, labels);
  if (!added) return added.error();
  Series& series = **added;
  series.bounds =
      std::make_unique<const std::vector<std::int64_t>>(descriptor.buckets.begin(), descriptor.buckets.end());
  series.cells = impl_->pool.allocate(series.bounds->size() + 2);
  return Histogram(series.cells, impl_->workers, *series.bounds);
}

Result<MetricCallback> MetricRegistry::callback(const MetricDescriptor& descriptor, LabelValues labels,
                                                std::function<double()> read) {
  if (descriptor.kind == MetricKind::histogram)
    return refusal(descriptor.name, Errc::invalid, "a histogram can't be a callback");
  const std::lock_guard lock(impl_->mutex);
  Result<Series*> series = impl_->add_series(descriptor, labels);
  if (!series) return series.error();
  (*series)->read = std::move(read);
  (*series)->callback_id = ++impl_->callback_last;
  return MetricCallback(this, impl_->callback_last);
}

std::vector<MetricFamily> MetricRegistry::collect() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<MetricFamily> out;
  out.reserve(impl_->families.size());
  for (const auto& [name, family] : impl_->families) {
    MetricFamily& copy = out.emplace_back(MetricFamily{name, family.help, family.kind, {}});
    for (const Series& series : family.series)
      copy.samples.push_back(read_series(series, family.scale, impl_->workers));
  }
  return out;
}

MetricCallback::MetricCallback(MetricCallback&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

MetricCallback& MetricCallback::operator=(MetricCallback&& other) noexcept {
  if (this != &other) {
    if (registry_) registry_->impl_->remove_callback(id_);
    registry_ = std::exchange(other.registry_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

MetricCallback::~MetricCallback() {
  if (registry_) registry_->impl_->remove_callback(id_);
}

}  // namespace tenon::observe
