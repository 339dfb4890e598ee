#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mqtt/types.h"
#include "topic/filter_id.h"

namespace tenon::broker {

// The routes of one inbox: filters of the node's subscription table, by the names that it has for them,
// sorted.
//
// Eight bytes with no route or one, as most sessions have; more stand in a block. Pure; not thread-safe.
class RouteSet {
 public:
  struct Route {
    topic::FilterId filter{};
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    bool is_in_doubt = false;  // its range is being loaded, and it has not come yet
  };

  RouteSet() = default;
  ~RouteSet() { clear(); }
  RouteSet(const RouteSet&) = delete;
  RouteSet& operator=(const RouteSet&) = delete;

  // Adds, or replaces that of the same filter; true when it is new.
  bool put(const Route& route);
  // False: there is none.
  bool erase(topic::FilterId filter);
  bool empty() const { return word_ == 0; }

  // Calls fn(const Route&) for each; it may not change the set.
  template <class Fn>
  void for_each(Fn fn) const {
    for (const Packed packed : routes()) fn(unpack(packed));
  }
  // Those are in doubt for which is_doubtful(topic::FilterId) is true, and no others.
  template <class Fn>
  void doubt(Fn is_doubtful) {
    for (Packed& packed : routes()) {
      Route route = unpack(packed);
      route.is_in_doubt = is_doubtful(route.filter);
      packed = pack(route);
    }
  }

 private:
  // The filter in the upper half, so that routes sort by it; odd.
  using Packed = std::uintptr_t;
  using Block = std::vector<Packed>;
  static_assert(sizeof(Packed) == 8 && alignof(Block) > 1);

  static Packed pack(const Route& route);
  static Route unpack(Packed packed);
  bool is_block() const { return word_ != 0 && (word_ & 1) == 0; }
  Block& block() const { return *reinterpret_cast<Block*>(word_); }
  std::span<Packed> routes() {
    return is_block() ? std::span(block()) : std::span(&word_, word_ != 0 ? 1 : 0);
  }
  std::span<const Packed> routes() const { return const_cast<RouteSet*>(this)->routes(); }
  // Where it stands, or would.
  std::size_t place_of(topic::FilterId filter) const;
  bool is_at(std::size_t place, topic::FilterId filter) const;
  void clear();

  Packed word_ = 0;  // 0: no route; odd: the only one; else a Block of two and more
};

}  // namespace tenon::broker
