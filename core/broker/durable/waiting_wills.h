#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/durable/will_permits.h"

namespace tenon::broker {

// The wills that are due and not done: their ranges hand them out again meanwhile, to whichever worker of
// whichever node leads them. Inboxes take each once; connections know nothing of it, so that is remembered
// here: for a day of those that take their time, and of all others until the range of one whose publisher is
// gone has handed it out again. Any thread.
class WaitingWills {
 public:
  // False: this node is at it already.
  bool begin(const WillName& will);
  // This node is not at it any more: it is on record that it is done, or it is handed out again.
  enum class End : std::uint8_t { done, not_done };
  void end(const WillName& will, End how);

  // This node publishes it. Who gets it besides inboxes: all; all but connections of this node, which have
  // had it from another one that may have ended before it came to others; nobody, as it was published before.
  enum class Reach : std::uint8_t { all, others, nobody };
  Reach publish(const WillName& will, UnixMs now_ms);
  // Another node has published it: connections of this one get it now. False: they have had it.
  bool reach_own(const WillName& will, UnixMs now_ms);
  // Another node says that it has published it, and that it takes its time.
  void was_published(const WillName& will, UnixMs now_ms);
  // Those that this node has published and is still at: others are to be told, now or again. Forgets what is
  // too old.
  std::vector<WillName> tick(UnixMs now_ms);

  std::size_t size() const;

 private:
  struct Will {
    std::optional<UnixMs> reached_ms = {};  // connections of this node
    std::optional<UnixMs> told_ms = {};
    bool is_published = false;  // to all, by this node or by one that says so
    bool takes_time = false;
  };
  using Ends = std::deque<std::pair<UnixMs, WillName>>;

  bool reach(Will& one, const WillName& will, UnixMs now_ms);
  void keep_for_long(Will& one, const WillName& will);
  void forget(Ends& ends, UnixMs now_ms, bool takes_time);

  mutable std::mutex mutex_;
  std::map<WillName, Will> wills_;
  std::set<WillName> under_way_;
  Ends brief_;  // when which are forgotten
  Ends long_;
};

}  // namespace tenon::broker
