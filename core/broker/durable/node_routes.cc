#include "broker/durable/node_routes.h"

namespace tenon::broker {

void NodeRoutes::put(const service::dist::Route& route) {
  {
    const std::lock_guard lock(mutex_);
    if (known_.emplace(route.number, route.filter).second)
      inboxes_.add_route(route.number, route.tenant, route.client_id);
  }
  subscriptions_.put(route.filter, routing::key_of_inbox(route.number), route.options);
}

void NodeRoutes::remove(const service::dist::Route& route) {
  const std::string filter(route.filter);
  {
    const std::lock_guard lock(mutex_);
    if (known_.erase({route.number, filter}) == 0) return;
  }
  forget(route.number, filter);
}

void NodeRoutes::clear() {
  std::set<std::pair<std::uint64_t, std::string>> known;
  {
    const std::lock_guard lock(mutex_);
    known.swap(known_);
  }
  for (const auto& [number, filter] : known) forget(number, filter);
}

void NodeRoutes::forget(std::uint64_t number, const std::string& filter) {
  subscriptions_.remove(filter, routing::key_of_inbox(number));
  inboxes_.remove_route(number);
}

void NodeRoutes::collect(std::uint64_t number, std::vector<std::string>& filters) const {
  const std::lock_guard lock(mutex_);
  for (auto at = known_.lower_bound({number, std::string()}); at != known_.end() && at->first == number; ++at)
    filters.push_back(at->second);
}

}  // namespace tenon::broker
