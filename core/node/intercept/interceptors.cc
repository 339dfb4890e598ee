#include "node/intercept/interceptors.h"

#include <algorithm>
#include <utility>

#include "host/instance.h"
#include "host/intercept/wished_filters.h"

namespace tenon::node {

namespace events = observe::events;

namespace {

host::InterceptSettings settings_of(const config::InterceptorSettings& settings) {
  return {std::int64_t{settings.timeout_ms} * ns_per_ms, settings.on_error == config::OnInterceptError::allow
                                                             ? host::OnInterceptError::allow
                                                             : host::OnInterceptError::refuse};
}

}  // namespace

Status Interceptors::add(host::Instance& instance, const config::InterceptorSettings& settings) {
  if (chain_.size() == host::InterceptChain::count_max)
    return Error{Errc::invalid,
                 "there are more than " + std::to_string(host::InterceptChain::count_max) + " interceptors"};
  const auto filters = host::wished_filters(instance);
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
    const auto filters = host::wished_filters(instance);
    if (filters.ok())
      subscriptions_.set_interceptor(place, *filters);
    else
      log_.write(events::plugin_intercept_failed, filters.error().message, {{"plugin", instance.name()}});
  }
}

}  // namespace tenon::node
