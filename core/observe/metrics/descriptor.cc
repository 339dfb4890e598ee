#include "observe/metrics/descriptor.h"

#include <algorithm>
#include <array>

namespace tenon::observe {

namespace {

// Words of [a-z0-9] joined by single underscores, the first character a letter.
bool is_snake_case(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z' || text.back() == '_') return false;
  if (text.find("__") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Endings that belong to the series of histograms or to OpenMetrics.
bool has_reserved_ending(std::string_view name) {
  constexpr std::array<std::string_view, 4> endings = {"_bucket", "_count", "_sum", "_created"};
  return std::any_of(endings.begin(), endings.end(), [&](auto ending) { return name.ends_with(ending); });
}

bool are_labels_sound(std::span<const std::string_view> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!is_snake_case(labels[i]) || labels[i] == "le") return false;
    if (std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), labels[i]) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i))
      return false;
  }
  return true;
}

bool are_buckets_sound(const MetricDescriptor& descriptor) {
  const auto& buckets = descriptor.buckets;
  if (descriptor.kind != MetricKind::histogram) return buckets.empty();
  if (buckets.empty() || buckets.size() > metric_bucket_count_max) return false;
  return std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) == buckets.end();
}

std::string_view broken_rule(const MetricDescriptor& descriptor) {
  if (!descriptor.name.starts_with("tenon_") || !is_snake_case(descriptor.name))
    return "the name must be tenon_ and words of [a-z0-9] joined by _";
  if (descriptor.name.ends_with("_total") != (descriptor.kind == MetricKind::counter))
    return "the name must end in _total if it is a counter, and only then";
  if (has_reserved_ending(descriptor.name)) return "_bucket, _count, _sum and _created are reserved endings";
  if (descriptor.help.empty()) return "it needs a help text";
  if (!are_labels_sound(descriptor.labels))
    return "labels must be words of [a-z0-9_], all different and not \"le\"";
  if (!are_buckets_sound(descriptor))
    return "a histogram, and nothing else, needs 1 to 64 buckets in ascending order";
  return {};
}

}  // namespace

Status check_descriptor(const MetricDescriptor& descriptor) {
  const std::string_view rule = broken_rule(descriptor);
  if (rule.empty()) return {};
  return Error{Errc::invalid, "metric \"" + std::string(descriptor.name) + "\": " + std::string(rule)};
}

}  // namespace tenon::observe
