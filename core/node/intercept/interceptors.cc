#include "node/intercept/interceptors.h"

#include <algorithm>
#include <utility>

#include "base/topic_syntax.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/watch/breadcrumb.h"

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::uint64_t filters_max = 1000;

host::InterceptSettings settings_of(const config::InterceptorSettings& settings) {
  return {std::int64_t{settings.timeout_ms} * ns_per_ms, settings.on_error == config::OnInterceptError::allow
                                                             ? host::OnInterceptError::allow
                                                             : host::OnInterceptError::refuse};
}

bool is_plain_filter(std::string_view text) {
  return is_topic_filter(text) && split_filter(text).sharing == Sharing::none &&
         split_filter(text).well_shaped;
}

Result<std::vector<std::string>> filters_of(host::Instance& instance) {
  tenon_intercept_wishes raw{};
  raw.struct_size = sizeof raw;
  tenon_error error = host::fresh_error();
  tenon_status status = TENON_OK;
  {
    const host::PluginScope scope(instance.tag());
    status = instance.intercept().wishes(instance.raw(), &raw, &error);
  }
  if (status != TENON_OK) return Error{Errc::invalid, host::describe(status, error)};
  if (raw.filter_count == 0 || raw.filter_count > filters_max)
    return Error{Errc::invalid, "it wishes for " + std::to_string(raw.filter_count) +
                                    " topic filters; 1 to " + std::to_string(filters_max) + " may be"};
  std::vector<std::string> filters;
  for (std::uint64_t i = 0; i < raw.filter_count; ++i) {
    const tenon_bytes bytes = raw.filters[i];
    std::string filter(reinterpret_cast<const char*>(bytes.data), bytes.len);
    if (!is_plain_filter(filter))
      return Error{Errc::invalid, "it wishes for \"" + filter + "\", which is no topic filter"};
    filters.push_back(std::move(filter));
  }
  return filters;
}

}  // namespace

Status Interceptors::add(host::Instance& instance, const config::InterceptorSettings& settings) {
  if (chain_.size() == host::InterceptChain::count_max)
    return Error{Errc::invalid,
                 "there are more than " + std::to_string(host::InterceptChain::count_max) + " interceptors"};
  const auto filters = filters_of(instance);
  if (!filters.ok())
    return Error{Errc::invalid, "the interceptor \"" + instance.name() + "\": " + filters.error().message};
  chain_.add(instance, settings_of(settings));
  subscriptions_.set_interceptor(chain_.size() - 1, *filters);
  return {};
}

void Interceptors::renew(host::Instance& instance, const std::vector<config::InterceptorSettings>& all,
                         const Result<host::Instance::Applied>& applied) {
  const bool has_others = applied.ok() && *applied == host::Instance::Applied::now;
  for (std::size_t place = 0; place < chain_.size(); ++place) {
    if (chain_.name(place) != instance.name()) continue;
    const auto settings = std::ranges::find(all, instance.name(), &config::InterceptorSettings::name);
    if (settings != all.end()) chain_.set(place, settings_of(*settings));
    if (!has_others) continue;
    const auto filters = filters_of(instance);
    if (filters.ok())
      subscriptions_.set_interceptor(place, *filters);
    else
      log_.write(events::plugin_intercept_failed, filters.error().message, {{"plugin", instance.name()}});
  }
}

}  // namespace tenon::node
