#include "broker/durable/route_set.h"

#include <algorithm>

namespace tenon::broker {

RouteSet::Packed RouteSet::pack(const Route& route) {
  return static_cast<Packed>(route.filter) << 32 | static_cast<Packed>(route.qos) << 2 |
         (route.is_in_doubt ? 2u : 0u) | 1u;
}

RouteSet::Route RouteSet::unpack(Packed packed) {
  return {topic::FilterId(packed >> 32), static_cast<mqtt::QoS>(packed >> 2 & 3u), (packed & 2u) != 0};
}

std::size_t RouteSet::place_of(topic::FilterId filter) const {
  const auto all = routes();
  const auto at =
      std::ranges::lower_bound(all, filter, {}, [](Packed packed) { return unpack(packed).filter; });
  return static_cast<std::size_t>(at - all.begin());
}

bool RouteSet::is_at(std::size_t place, topic::FilterId filter) const {
  return place < routes().size() && unpack(routes()[place]).filter == filter;
}

bool RouteSet::put(const Route& route) {
  const std::size_t place = place_of(route.filter);
  if (is_at(place, route.filter)) {
    routes()[place] = pack(route);
    return false;
  }
  if (word_ == 0) {
    word_ = pack(route);
    return true;
  }
  if (!is_block()) word_ = reinterpret_cast<Packed>(new Block{word_});
  block().insert(block().begin() + static_cast<std::ptrdiff_t>(place), pack(route));
  return true;
}

bool RouteSet::erase(topic::FilterId filter) {
  const std::size_t place = place_of(filter);
  if (!is_at(place, filter)) return false;
  if (!is_block()) {
    word_ = 0;
    return true;
  }
  Block& many = block();
  many.erase(many.begin() + static_cast<std::ptrdiff_t>(place));
  if (many.size() == 1) {
    const Packed last = many.front();
    clear();
    word_ = last;
  } else if (many.capacity() > 2 * many.size()) {
    many.shrink_to_fit();
  }
  return true;
}

void RouteSet::clear() {
  if (is_block()) delete &block();
  word_ = 0;
}

}  // namespace tenon::broker
