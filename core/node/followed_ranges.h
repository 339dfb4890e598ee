#pragma once

#include <map>

#include "base/clock.h"
#include "kv/descriptor.h"

namespace tenon::node {

// Which replicas of this node the messages of its publishers may be matched with: those that have all that
// was acknowledged before the node's start, or before it got its newest link. One that had, and is behind, is
// waited for as long as somebody leads its range, and two seconds in any case. Without a leader nobody can
// say what is missing, and what needs no range goes on: such a node is not in contact, and promises nothing
// to those who subscribe elsewhere.
//
// Pure. One thread.
class FollowedRanges {
 public:
  void caught_up(const kv::RangeId& range, MonoNs now_ns);
  void fell_behind(const kv::RangeId& range, MonoNs now_ns);
  void leader_changed(const kv::RangeId& range, bool is_led, MonoNs now_ns);
  // There is no such replica any more, or it can't be used: the next one has to catch up first.
  void ended(const kv::RangeId& range) { ranges_.erase(range); }
  void clear() { ranges_.clear(); }

  bool counts(const kv::RangeId& range, MonoNs now_ns) const;
  // Calls `fn` for each that counts.
  template <class Fn>
  void each(MonoNs now_ns, Fn&& fn) const {
    for (const auto& [range, replica] : ranges_)
      if (counts(replica, now_ns)) fn(range);
  }

 private:
  struct Replica {
    bool had_all = false;  // once
    bool has_all = false;
    bool is_led = false;
    MonoNs since_ns = 0;  // of the newest change
  };
  static bool counts(const Replica& replica, MonoNs now_ns);

  std::map<kv::RangeId, Replica> ranges_;
};

}  // namespace tenon::node
