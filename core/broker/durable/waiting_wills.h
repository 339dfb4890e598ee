#pragma once

#include <mutex>
#include <set>

#include "broker/durable/will_permits.h"

namespace tenon::broker {

// The wills of this node that wait for routes or interceptors: their ranges hand them out again meanwhile, to
// whichever worker. Any thread.
class WaitingWills {
 public:
  // False: it waits already.
  bool begin(const WillName& will) {
    const std::lock_guard lock(mutex_);
    return waiting_.insert(will).second;
  }
  void end(const WillName& will) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(will);
  }

 private:
  std::mutex mutex_;
  std::set<WillName> waiting_;
};

}  // namespace tenon::broker
