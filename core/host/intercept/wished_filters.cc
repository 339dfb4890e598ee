#include "host/intercept/wished_filters.h"

#include "base/text/topic_syntax.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"
#include "host/watch/breadcrumb.h"

namespace tenon::host {

namespace {

constexpr std::uint64_t filters_max = 1000;

bool is_plain_filter(std::string_view text) {
  if (!is_topic_filter(text)) return false;
  const SplitFilter filter = split_filter(text);
  return filter.sharing == Sharing::none && filter.well_shaped;
}

}  // namespace

Result<std::vector<std::string>> wished_filters(Instance& instance) {
  tenon_intercept_wishes raw{};
  raw.struct_size = sizeof raw;
  tenon_error error = fresh_error();
  const PluginScope scope(instance.tag());
  const tenon_status status = instance.intercept().wishes(instance.raw(), &raw, &error);
  if (status != TENON_OK)
    return Error{Errc::invalid, "it can't say what it decides on: " + describe(status, error)};
  if (raw.filter_count == 0 || raw.filter_count > filters_max)
    return Error{Errc::invalid, "it has " + std::to_string(raw.filter_count) + " topic filters; 1 to " +
                                    std::to_string(filters_max) + " may be"};
  if (!raw.filters) return Error{Errc::invalid, "it gives a number of topic filters, and none of them"};
  std::vector<std::string> filters;
  for (std::uint64_t i = 0; i < raw.filter_count; ++i) {
    filters.emplace_back(view_of(raw.filters[i]));
    if (!is_plain_filter(filters.back()))
      return Error{Errc::invalid, "it decides on \"" + filters.back() + "\", which is no topic filter"};
  }
  return filters;
}

}  // namespace tenon::host
