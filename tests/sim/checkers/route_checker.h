#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/checkers/route_follower.h"
#include "sim/network/network.h"
#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// What an acknowledged SUBSCRIBE or UNSUBSCRIBE promises of its route:
//   - every node that was in contact with the one that asked, all the while, itself or over one other,
//   follows it when it is acknowledged, and from then on (PROMISE-3);
//   - a node that starts, or whose replica is rebuilt, follows, once it says that it has caught up, all that
//   was acknowledged before, and before its replica had a state. Until then one whose replica began without
//   one owes nothing: its publishers wait;
//   - a node that gets a link goes by no routes until it says that this contact is settled, nor by those that
//   it had before until it says that it has caught up: then it follows all that was acknowledged before it
//   said that it is behind;
//   - when the world is whole again, every node follows all of it, and each has said that it has caught up.
class RouteChecker final : public NodeObserver {
 public:
  using Nodes = std::vector<const RouteFollower*>;  // by place
  using Option = std::uint32_t;  // the subscription id that tells the states of a route apart; 0: no route

  // `ranges` are those of the store. All that is pointed to outlives the checker.
  RouteChecker(World& world, const Network& network, Nodes nodes, std::vector<kv::RangeId> ranges)
      : world_(world), network_(network), nodes_(std::move(nodes)), ranges_(std::move(ranges)) {}

  // From one node to another: the places where it comes past, and the generations of the links between them.
  struct Way {
    std::vector<std::uint32_t> places;
    std::vector<std::uint64_t> links;
  };
  // Those that must follow what `node` asks for now, if one of the ways still holds when it is acknowledged.
  struct Contact {
    std::uint32_t node = 0;
    std::uint64_t incarnation = 0;
    std::vector<Way> ways;
  };
  std::vector<Contact> contacts(std::uint32_t node) const;

  // `key` is the route's in the store, `range` the one that holds it.
  void on_asked(const std::string& key, const kv::RangeId& range);
  void on_acknowledged(const std::string& key, Option option, const std::vector<Contact>& contacts);
  // Nobody knows what becomes of it: nothing is expected of the route any more.
  void on_unknown(const std::string& key);

  // From time to time.
  void look();
  // The world is whole again: how many routes some node does not follow as it should.
  std::size_t wrong_count() const;
  // The same: how many replicas that could have caught up have not said so.
  std::size_t behind_count() const;

  std::uint64_t acknowledged_count() const { return acknowledged_count_; }

  void on_birth(std::uint32_t node) override;
  void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) override;
  void on_replica_closed(std::uint32_t node, const kv::RangeId& range) override;
  void on_started(std::uint32_t node) override;
  void on_caught_up(std::uint32_t node, const kv::RangeId& range) override;
  void on_fell_behind(std::uint32_t node, const kv::RangeId& range) override;
  void on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) override;
  void on_contact_settled(std::uint32_t node, std::uint64_t other) override;

 private:
  struct Route {
    kv::RangeId range;
    std::optional<Option> expected;  // empty: it changes, or nobody knows
    std::uint64_t change = 0;        // counts what was asked for
    std::set<std::pair<std::uint32_t, std::uint64_t>>
        followers;  // nodes and incarnations that must follow it
  };
  struct Promise {
    std::string key;
    std::uint64_t change = 0;
  };
  using Place = std::pair<std::uint32_t, kv::RangeId>;  // a node's replica of a range

  Option option_at(const RouteFollower& node, const std::string& key) const {
    return node.followed_route(key).value_or(0);
  }
  // What its replica follows counts. REQUIRES: it is up.
  bool is_bound(const RouteFollower& node, const kv::RangeId& range) const {
    return node.has_whole_replica(range) && !behind_.contains({node.place(), range});
  }
  // Of these places: empty if it is not there.
  std::optional<Way> way(std::vector<std::uint32_t>&& places) const;
  bool holds(const Way& way) const;
  void owe(std::uint32_t node, const kv::RangeId& range);
  void fall_behind(std::uint32_t node, const kv::RangeId& range);
  void require(const RouteFollower& node, const std::string& key, const Route& route,
               const std::string& when);

  World& world_;
  const Network& network_;
  const Nodes nodes_;
  const std::vector<kv::RangeId> ranges_;
  std::map<std::string, Route> routes_;
  std::map<Place, std::vector<Promise>> owed_;  // once the replica has caught up
  std::set<Place> matched_;                     // replicas that have caught up, and not fallen behind since
  std::set<std::pair<std::uint32_t, std::uint64_t>> unsettled_;  // links, by node and by the other's id
  std::set<Place> behind_;  // replicas without a state, or not caught up since they had none, in this life
  std::uint64_t acknowledged_count_ = 0;
};

}  // namespace tenon::sim
