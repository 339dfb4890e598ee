#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "broker/client_directory.h"
#include "broker/remote/claim_clock.h"
#include "broker/remote/remote_wire.h"
#include "kv/descriptor.h"

namespace tenon::broker {

// One connection for a client id among all nodes, where no inbox decides: the one with the higher stamp. Each
// node tells the others of those that come in; a node with which a link comes up is told of all that it may
// have missed. Any thread.
class ClaimDesk {
 public:
  // `clients` outlives this.
  explicit ClaimDesk(const ClientDirectory& clients) : clients_(clients) {}

  ClaimClock& clock() { return clock_; }

  // What claims of another node come to here.
  struct Verdict {
    std::vector<ConnectionAddress> give_way;  // a newer connection is at the other node
    std::vector<ConnectionAddress> leave;     // the id belongs to another user, who is there
    RemoteClaims answer;                      // for the other node; empty: nothing
  };
  Verdict take(const RemoteClaims& claims);

  // Now and then; times never go back.
  void tick(MonoNs now_ns);
  // Behind the point from which new claims are sent to the node. It is to hear of those that it may not have
  // got: since its link was last known to work; of all, when there was none.
  void on_peer_up(kv::NodeId node);
  void on_peer_down(kv::NodeId node);

  // The way to other nodes.
  struct Way {
    std::function<bool(kv::NodeId)> is_congested;
    std::function<void(kv::NodeId, RemoteClaims&&)> send;
  };
  // Sends such claims, in pieces, until the way to it is congested; the next call goes on. Behind
  // on_peer_up() and now and then.
  void tell_missed(const Way& way);

 private:
  // What was the highest stamp at a time; before the first tick none was.
  struct Mark {
    MonoNs at_ns = INT64_MIN / 2;
    std::uint64_t stamp = 0;
  };
  // What a node still has to hear.
  struct Missed {
    std::uint64_t above = 0;    // stamps
    std::size_t next_part = 0;  // of the directory
  };

  const ClientDirectory& clients_;
  ClaimClock clock_;
  std::mutex mutex_;                                 // guards what follows
  std::deque<Mark> marks_{Mark{}};                   // never empty
  std::map<kv::NodeId, std::uint64_t> known_until_;  // of nodes that are not linked any more
  std::map<kv::NodeId, Missed> missed_;              // of nodes that are linked
};

}  // namespace tenon::broker
