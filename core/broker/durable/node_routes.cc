#include "broker/durable/node_routes.h"

namespace tenon::broker {

void NodeRoutes::put(const service::dist::Route& route) {
  {
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = known_.try_emplace({route.number, std::string(route.filter)});
    known->second.qos = route.options.qos;
    known->second.is_in_doubt = false;
    if (is_new) {
      known->second.count = counts_.try_emplace(std::string(route.tenant)).first;
      ++known->second.count->second;
      inboxes_.add_route(route.number, {route.tenant, route.client_id});
    }
  }
  subscriptions_.put(route.filter, routing::key_of_inbox(route.number), route.options);
}

void NodeRoutes::remove(const service::dist::Route& route) {
  const std::string filter(route.filter);
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find({route.number, filter});
    if (known == known_.end()) return;
    count_down(known->second.count);
    known_.erase(known);
  }
  forget(route.number, filter);
}

void NodeRoutes::load_begins(const IsOf& is_of_range) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, known] : known_) known.is_in_doubt = is_of_range(known.tenant(), key.second);
}

void NodeRoutes::load_ends(bool is_whole) {
  if (!is_whole) return;
  std::vector<std::pair<std::uint64_t, std::string>> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto route = known_.begin(); route != known_.end();) {
      const auto next = std::next(route);
      if (route->second.is_in_doubt) {
        count_down(route->second.count);
        gone.push_back(known_.extract(route).key());
      }
      route = next;
    }
  }
  for (const auto& [number, filter] : gone) forget(number, filter);
}

void NodeRoutes::forget(std::uint64_t number, const std::string& filter) {
  subscriptions_.remove(filter, routing::key_of_inbox(number));
  inboxes_.remove_route(number);
}

void NodeRoutes::count_down(Counts::iterator count) {
  if (--count->second == 0) counts_.erase(count);
}

std::uint64_t NodeRoutes::count_of(std::string_view tenant) const {
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(tenant);
  return count == counts_.end() ? 0 : count->second;
}

std::vector<NodeRoutes::Found> NodeRoutes::of_inbox(std::uint64_t number) const {
  std::vector<Found> found;
  const std::lock_guard lock(mutex_);
  for (auto at = known_.lower_bound({number, std::string()}); at != known_.end() && at->first.first == number;
       ++at)
    found.push_back({at->first.second, at->second.qos});
  return found;
}

}  // namespace tenon::broker
