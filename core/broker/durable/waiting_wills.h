#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "broker/durable/will_permits.h"

namespace tenon::broker {

// The wills that are due and not done: their ranges hand them out again meanwhile, to whichever worker of
// whichever node leads them. Inboxes take each once; connections know nothing of it, so that is remembered
// here: for a day of those that take their time, and of all others for as long as the next leader of a range
// may hand out once more what the one before has done. Any thread.
class WaitingWills {
 public:
  // False: this node is at it already.
  bool begin(const WillName& will);
  // This node is not at it any more: it is on record that it is done, or it is handed out again.
  void end(const WillName& will);

  // Connections get the will now: those of all nodes, as this one publishes it, or those of this one, as
  // another one has. False: they have had it.
  bool reach_links(const WillName& will, UnixMs now_ms);
  // Another node says that they have had it, and that it takes its time.
  void has_reached_links(const WillName& will, UnixMs now_ms);
  // Those that connections have had, and that this node is still at: others are to be told, now or again.
  // Forgets what is too old.
  std::vector<WillName> tick(UnixMs now_ms);

  std::size_t size() const;

 private:
  struct Will {
    bool under_way = false;
    std::optional<UnixMs> reached_links_ms = {};
    std::optional<UnixMs> told_at_ms = {};
    bool takes_time = false;  // others were told of it, or have told
  };

  mutable std::mutex mutex_;
  std::map<WillName, Will> wills_;
};

}  // namespace tenon::broker
