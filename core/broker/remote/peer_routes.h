#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "broker/remote/members_elsewhere.h"
#include "broker/remote/node_slots.h"
#include "broker/remote/remote_wire.h"
#include "broker/subscriptions.h"

namespace tenon::broker {

// Which messages other nodes want, and which members of shared subscriptions are there, as they have said:
// keeps the node's tables in step with it. On the thread of the links to other nodes.
class PeerRoutes {
 public:
  // All outlive this.
  PeerRoutes(Subscriptions& subscriptions, NodeSlots& slots, MembersElsewhere& members)
      : subscriptions_(subscriptions), slots_(slots), members_(members) {}

  enum class Taken : std::uint8_t {
    known,    // from now on this node matches by them
    part,     // of all routes; more is to come
    missing,  // an earlier change did not come: all of them are to be told again
    waiting,  // the same, and that was asked for already
  };
  Taken take(kv::NodeId from, const RoutesMessage& message);
  // Its link has ended: nothing is for it any more.
  void forget(kv::NodeId node);

  // Routes of all nodes, without members. Any thread.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Routes = std::map<std::string, routing::SubscriptionOptions, std::less<>>;
  struct Node {
    std::uint64_t sequence = 0;
    bool is_whole = false;  // everything was told once
    bool has_asked = false;
    Routes routes;                   // names of members, too
    std::optional<Routes> incoming;  // parts of all that there is
  };

  static routing::SubscriptionOptions options_of(const RemoteRoute& route);
  void put(kv::NodeId node, Routes& routes, const std::string& filter,
           const routing::SubscriptionOptions& options);
  void remove(kv::NodeId node, Routes& routes, std::string_view filter);
  Taken take_part(kv::NodeId from, Node& node, const RoutesMessage& message);
  void replace(kv::NodeId from, Node& node, Routes&& wanted);
  static Taken miss(Node& node);

  Subscriptions& subscriptions_;
  NodeSlots& slots_;
  MembersElsewhere& members_;
  std::map<kv::NodeId, Node> nodes_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace tenon::broker
