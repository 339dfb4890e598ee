#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "broker/remote/remote_port.h"

namespace tenon::broker {

// Which messages this node wants from others, for connections of its own, and which members of shared
// subscriptions are here (by their names in place of filters, with Wants::all); tells each node that it is
// linked to, and knows who has taken note. Soft state: whoever gets a link is told everything. Any thread,
// until start() of one only.
class OwnRoutes {
 public:
  // What a subscription wants of the messages that match it.
  enum class Wants : std::uint8_t {
    all,        // it has no inbox
    only_qos0,  // it has, and an own QoS of 1 or 2: the rest waits there
  };

  // From now on others are told. Never called: this node is alone, and all the rest costs nothing.
  void start(RemotePort& port);

  bool is_alone() const { return !started_.load(std::memory_order_acquire); }

  // Each add() is taken back by a remove() with the same words.
  void add(std::string_view filter, Wants wants) { change(filter, wants, 1); }
  void remove(std::string_view filter, Wants wants) { change(filter, wants, -1); }

  // True: all nodes that are linked match by all that was added so far. False: `then` is called, on any
  // thread, once they do; a node whose link ends is waited for no more.
  bool when_known(std::function<void()> then);

  // To all nodes that are linked.
  void send_to_all(RemoteMessage kind, std::string_view body);

  void on_peer_up(kv::NodeId node);
  void on_peer_down(kv::NodeId node);
  void on_known(kv::NodeId node, std::uint64_t sequence);
  // It lacks something.
  void on_wanted(kv::NodeId node);
  // Now and then: what waits is sent when the way is free, and what may have got lost is told again.
  void tick(MonoNs now_ns);

  std::size_t filter_count() const;

 private:
  struct Count {
    std::uint32_t all = 0;
    std::uint32_t only_qos0 = 0;

    bool none() const { return all == 0 && only_qos0 == 0; }
  };
  struct Peer {
    std::uint64_t known = 0;          // changes that it has taken note of
    std::uint64_t seen = UINT64_MAX;  // the same, when tick() looked last; none: it has not
    MonoNs stalled_since_ns = 0;
    std::deque<std::string> waiting;  // bodies for it, oldest first, until the way to it is free
    bool wants_all = false;           // so much would wait that all there is goes in its place
  };
  struct Waiter {
    std::uint64_t sequence = 0;
    std::function<void()> then;
  };

  static RemoteRoute route_of(std::string_view filter, const Count& count);
  void change(std::string_view filter, Wants wants, int step);
  void send_all(kv::NodeId node, Peer& peer);
  // What can't be sent now waits for push(), and all that comes behind it; when that is more than there are
  // filters, none of it.
  void send(kv::NodeId node, Peer& peer, std::string&& body);
  void push(kv::NodeId node, Peer& peer);
  bool is_known(std::uint64_t sequence) const;
  std::vector<Waiter> take_ready();
  static void run(std::vector<Waiter>&& ready);

  std::atomic<bool> started_{false};
  mutable std::mutex
      mutex_;  // guards everything below; sends are made under it, so that they keep their order
  RemotePort* port_ = nullptr;
  std::uint64_t sequence_ = 0;  // of the last change
  std::unordered_map<std::string, Count> filters_;
  std::map<kv::NodeId, Peer> peers_;  // that are linked
  std::deque<Waiter> waiters_;        // ascending
};

}  // namespace tenon::broker
