#include "sim/checkers/route_checker.h"

#include <algorithm>

#include "service/dist/dist_key.h"

namespace tenon::sim {

std::optional<RouteChecker::Way> RouteChecker::way(std::vector<std::uint32_t>&& places) const {
  Way way;
  for (std::size_t at = 0; at + 1 < places.size(); ++at) {
    if (!nodes_[places[at]]->is_up() || !network_.is_linked(places[at], places[at + 1])) return std::nullopt;
    way.links.push_back(network_.generation(places[at], places[at + 1]));
  }
  way.places = std::move(places);
  return way;
}

bool RouteChecker::holds(const Way& former) const {
  const std::optional<Way> now = way(std::vector(former.places));
  return now && now->links == former.links;
}

std::vector<RouteChecker::Contact> RouteChecker::contacts(std::uint32_t node) const {
  std::vector<Contact> contacts;
  for (const RouteFollower* other : nodes_) {
    if (!other->is_up()) continue;
    const std::uint32_t place = other->place();
    Contact contact{place, other->incarnation(), {}};
    if (place == node) {
      contact.ways.push_back({{node}, {}});
    } else {
      if (auto direct = way({node, place})) contact.ways.push_back(std::move(*direct));
      for (const RouteFollower* third : nodes_) {
        if (third->place() == node || third->place() == place) continue;
        if (auto over = way({node, third->place(), place})) contact.ways.push_back(std::move(*over));
      }
    }
    if (!contact.ways.empty()) contacts.push_back(std::move(contact));
  }
  return contacts;
}

void RouteChecker::on_asked(const std::string& key, const kv::RangeId& range) {
  Route& route = routes_[key];
  route.range = range;
  route.expected.reset();
  route.followers.clear();
  ++route.change;
}

void RouteChecker::require(const RouteFollower& node, const std::string& key, const Route& route,
                           const std::string& when) {
  const Option found = option_at(node, key);
  if (found == *route.expected) return;
  const auto parts = service::dist::split_key(key);
  world_.fail("node " + std::to_string(node.place()) + " follows the route of " + parts->client_id + " for " +
              parts->filter + " as " + std::to_string(found) + ", which must be " +
              std::to_string(*route.expected) + " " + when);
}

void RouteChecker::on_acknowledged(const std::string& key, Option option,
                                   const std::vector<Contact>& contacts) {
  ++acknowledged_count_;
  Route& route = routes_[key];
  route.expected = option;
  for (const Contact& contact : contacts) {
    const RouteFollower& other = *nodes_[contact.node];
    if (!other.is_up() || other.incarnation() != contact.incarnation) continue;
    if (std::ranges::none_of(contact.ways, [this](const Way& one) { return holds(one); })) continue;
    if (!is_bound(other, route.range)) continue;
    require(other, key, route, "when it is acknowledged");
    route.followers.emplace(contact.node, contact.incarnation);
  }
}

void RouteChecker::on_unknown(const std::string& key) {
  routes_.erase(key);
}

// From now on: whoever catches up later asks later how far that is.
void RouteChecker::owe(std::uint32_t node, const kv::RangeId& range) {
  std::vector<Promise>& promises = owed_[{node, range}];
  promises.clear();
  for (const auto& [key, route] : routes_)
    if (route.expected && route.range == range) promises.push_back({key, route.change});
}

void RouteChecker::fall_behind(std::uint32_t node, const kv::RangeId& range) {
  matched_.erase({node, range});
  behind_.emplace(node, range);
  owe(node, range);
}

void RouteChecker::on_birth(std::uint32_t node) {
  std::erase_if(behind_, [node](const auto& one) { return one.first == node; });
  std::erase_if(unsettled_, [node](const auto& one) { return one.first == node; });
}

void RouteChecker::on_started(std::uint32_t node) {
  for (const kv::RangeId& range : ranges_) {
    matched_.erase({node, range});
    owe(node, range);
    if (!nodes_[node]->has_whole_replica(range)) behind_.emplace(node, range);
  }
}

void RouteChecker::on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view) {
  fall_behind(node, range);
}

void RouteChecker::on_replica_closed(std::uint32_t node, const kv::RangeId& range) {
  fall_behind(node, range);
}

void RouteChecker::on_fell_behind(std::uint32_t node, const kv::RangeId& range) {
  matched_.erase({node, range});
  owe(node, range);
}

void RouteChecker::on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) {
  if (is_up)
    unsettled_.emplace(node, other);
  else
    unsettled_.erase({node, other});
}

void RouteChecker::on_contact_settled(std::uint32_t node, std::uint64_t other) {
  if (unsettled_.erase({node, other}) == 0) return;
  for (const kv::RangeId& range : ranges_)
    if (matched_.contains({node, range}))
      world_.fail("node " + std::to_string(node) +
                  " has got a link, and goes by the routes that it had before");
}

void RouteChecker::on_caught_up(std::uint32_t node, const kv::RangeId& range) {
  matched_.emplace(node, range);
  behind_.erase({node, range});
  const auto owed = owed_.extract({node, range});
  const RouteFollower& other = *nodes_[node];
  if (!other.is_up() || owed.empty()) return;
  for (const Promise& promise : owed.mapped()) {
    const auto found = routes_.find(promise.key);
    if (found == routes_.end()) continue;
    Route& route = found->second;
    if (route.change != promise.change || !route.expected) continue;
    require(other, promise.key, route, "since the node has caught up");
    route.followers.emplace(node, other.incarnation());
  }
}

void RouteChecker::look() {
  for (const auto& [node, range] : behind_)
    if (nodes_[node]->is_up() && nodes_[node]->lacks_state(range)) owe(node, range);
  for (const auto& [key, route] : routes_) {
    if (!route.expected) continue;
    for (const auto& [place, incarnation] : route.followers) {
      const RouteFollower& node = *nodes_[place];
      if (node.is_up() && node.incarnation() == incarnation && is_bound(node, route.range))
        require(node, key, route, "as it did before");
    }
  }
}

std::size_t RouteChecker::wrong_count() const {
  std::size_t wrong = 0;
  for (const auto& [key, route] : routes_)
    for (const RouteFollower* node : nodes_)
      if (route.expected && (!node->is_up() || option_at(*node, key) != *route.expected)) ++wrong;
  return wrong;
}

std::size_t RouteChecker::behind_count() const {
  std::set<Place> open = behind_;
  for (const auto& [place, promises] : owed_) open.insert(place);
  for (const auto& [node, other] : unsettled_)
    for (const kv::RangeId& range : ranges_) open.emplace(node, range);
  return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), [this](const Place& place) {
    const RouteFollower& node = *nodes_[place.first];
    return node.is_up() && node.has_whole_replica(place.second);
  }));
}

}  // namespace tenon::sim
