#pragma once

#include <map>

#include "base/clock.h"
#include "kv/descriptor.h"

namespace tenon::node {

// Which replicas of this node the messages of its publishers may be matched with: those that have all that
// was acknowledged before the node's start, or before it got its newest link. One that had, and fell behind,
// is waited for: without end where this node sees a majority of the range's voters, which has a leader, or
// elects one; else for two seconds. Who sees no majority can't find out what is missing, and what needs no
// range goes on: to those who subscribe elsewhere such a node promises nothing.
//
// Pure. One thread.
class FollowedRanges {
 public:
  void caught_up(const kv::RangeId& range) { ranges_[range] = {.had_all = true, .has_all = true}; }
  void fell_behind(const kv::RangeId& range, MonoNs now_ns) {
    Replica& replica = ranges_[range];
    replica.has_all = false;
    replica.since_ns = now_ns;
  }
  // There is no such replica any more, or it can't be used: the next one has to catch up first.
  void ended(const kv::RangeId& range) { ranges_.erase(range); }
  void clear() { ranges_.clear(); }

  // Calls `fn` for each that counts. `sees_majority` says it of a range.
  template <class SeesMajority, class Fn>
  void each(MonoNs now_ns, SeesMajority&& sees_majority, Fn&& fn) const {
    for (const auto& [range, replica] : ranges_)
      if (replica.has_all || (has_waited(replica, now_ns) && !sees_majority(range))) fn(range);
  }

 private:
  struct Replica {
    bool had_all = false;  // once
    bool has_all = false;
    MonoNs since_ns = 0;  // it fell behind
  };
  static bool has_waited(const Replica& replica, MonoNs now_ns) {
    return replica.had_all && now_ns - replica.since_ns >= 2 * ns_per_s;
  }

  std::map<kv::RangeId, Replica> ranges_;
};

}  // namespace tenon::node
