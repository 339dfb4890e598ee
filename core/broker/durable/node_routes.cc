#include "broker/durable/node_routes.h"

#include <algorithm>

#include "base/assert.h"

namespace tenon::broker {

void NodeRoutes::put(const service::dist::Route& route) {
  const service::inbox::Owner owner{route.tenant, route.client_id};
  // Whoever finds the inbox in the table knows whose it is.
  inboxes_.expect(route.number, owner);
  subscriptions_.put(route.filter, routing::key_of_inbox(route.number), route.options);
  const auto filter = subscriptions_.id_of(route.filter);
  TENON_INVARIANT(filter.has_value(), "a filter that was put is not there");
  if (inboxes_.put_route(route.number, owner, {*filter, route.options.qos})) count_up(route.tenant);
}

void NodeRoutes::remove(const service::dist::Route& route) {
  const auto filter = subscriptions_.id_of(route.filter);
  if (!filter || !inboxes_.remove_route(route.number, *filter)) return;
  forget(route.number, route.filter, route.tenant);
}

void NodeRoutes::load_begins(const IsOf& is_of_range) {
  inboxes_.doubt([&](const service::inbox::Owner& owner, topic::FilterId filter) {
    return is_of_range(owner.tenant, subscriptions_.filter_of(filter));
  });
}

void NodeRoutes::load_ends(bool is_whole) {
  if (!is_whole) return;
  for (const auto& route : inboxes_.doubtful()) {
    const std::string filter = subscriptions_.filter_of(route.filter);
    inboxes_.remove_route(route.number, route.filter);
    forget(route.number, filter, route.tenant);
  }
}

void NodeRoutes::forget(std::uint64_t number, std::string_view filter, std::string_view tenant) {
  subscriptions_.remove(filter, routing::key_of_inbox(number));
  count_down(tenant);
}

void NodeRoutes::count_up(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(tenant);
  if (count == counts_.end())
    counts_.emplace(tenant, 1);
  else
    ++count->second;
}

void NodeRoutes::count_down(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(tenant);
  if (count != counts_.end() && --count->second == 0) counts_.erase(count);
}

std::uint64_t NodeRoutes::count_of(std::string_view tenant) const {
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(tenant);
  return count == counts_.end() ? 0 : count->second;
}

std::vector<NodeRoutes::Found> NodeRoutes::of_inbox(std::uint64_t number) const {
  std::vector<Found> found;
  inboxes_.each_route(number, [&](const RouteSet::Route& route) {
    found.push_back({subscriptions_.filter_of(route.filter), route.qos});
  });
  std::ranges::sort(found, {}, &Found::filter);
  return found;
}

}  // namespace tenon::broker
