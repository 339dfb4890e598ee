#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/network/network.h"
#include "sim/node/sim_node.h"

namespace tenon::sim {

// What an acknowledged SUBSCRIBE or UNSUBSCRIBE promises of its route:
//   - every node that was in contact with the one that asked, all the while, follows it when it is
//   acknowledged, and from then on (PROMISE-3);
//   - a node that starts follows, once it says that it has caught up, all that was acknowledged before;
//   - when the world is whole again, every node follows all of it.
class RouteChecker final : public NodeObserver {
 public:
  using Nodes = std::vector<std::unique_ptr<SimNode>>;
  using Option = std::uint32_t;  // the subscription id that tells the states of a route apart; 0: no route

  // All outlive the checker.
  RouteChecker(World& world, const Network& network, const Nodes& nodes)
      : world_(world), network_(network), nodes_(nodes) {}

  // Those that must follow what `node` asks for now, if it still holds when it is acknowledged.
  struct Contact {
    std::uint32_t node = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t link = 0;  // the generation of the link to it
  };
  std::vector<Contact> contacts(std::uint32_t node) const;

  // `key` is the route's in the store, `range` the one that holds it.
  void on_asked(const std::string& key, const kv::RangeId& range);
  void on_acknowledged(const std::string& key, Option option, std::uint32_t node,
                       const std::vector<Contact>& contacts);
  // Nobody knows what becomes of it: nothing is expected of the route any more.
  void on_unknown(const std::string& key);

  // From time to time.
  void look();
  // The world is whole again: how many routes some node does not follow as it should.
  std::size_t wrong_count() const;

  std::uint64_t acknowledged_count() const { return acknowledged_count_; }

  void on_birth(std::uint32_t node) override;
  void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) override;
  void on_started(std::uint32_t node) override;
  void on_caught_up(std::uint32_t node, const kv::RangeId& range) override;

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
  Option option_at(const SimNode& node, const std::string& key) const {
    return node.followed_route(key).value_or(0);
  }
  void require(const SimNode& node, const std::string& key, const Route& route, const std::string& when);

  World& world_;
  const Network& network_;
  const Nodes& nodes_;
  std::map<std::string, Route> routes_;
  std::map<std::uint32_t, std::vector<Promise>> at_start_;  // by node: what stood when it started
  std::uint64_t acknowledged_count_ = 0;
  std::set<std::pair<std::uint32_t, kv::RangeId>> behind_;  // replicas that are being rebuilt, in this life
};

}  // namespace tenon::sim
