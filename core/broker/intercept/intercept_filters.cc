#include "broker/intercept/intercept_filters.h"

#include <set>
#include <string>

#include "base/text/tenant_topic.h"

namespace tenon::broker {

bool InterceptFilters::set(std::size_t place, std::span<const std::string> filters) {
  TENON_BUG(place < 64, "more interceptors than there are bits");
  const auto key = static_cast<std::uint32_t>(place);
  if (!index_) index_.emplace(seed_);
  std::set<std::string> former;
  index_->for_each([&](const SplitFilter& filter, const auto& entry) {
    if (entry.key == key) former.emplace(filter.pattern);
  });
  const bool differ = former != std::set<std::string>(filters.begin(), filters.end());
  for (const std::string& filter : former) index_->erase(split_filter(filter), key);
  for (const std::string& filter : filters) index_->insert(split_filter(filter), key, None{});
  if (index_->size() == 0) index_.reset();
  return differ;
}

std::uint64_t InterceptFilters::match(std::string_view topic) const {
  std::uint64_t bits = 0;
  if (!index_) return bits;
  index_->match(
      topic_in_tenant(topic), [&](const auto& entry) { bits |= std::uint64_t{1} << entry.key; },
      [](const auto&) {});
  return bits;
}

}  // namespace tenon::broker
