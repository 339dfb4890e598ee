#pragma once

#include <mutex>
#include <set>

#include "broker/durable/will_permits.h"

namespace tenon::broker {

// The wills of this node that wait for interceptors: their ranges hand them out again meanwhile, to whichever
// worker. Any thread.
class InterceptedWills {
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
  bool contains(const WillName& will) const {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(will);
  }

 private:
  mutable std::mutex mutex_;
  std::set<WillName> waiting_;
};

}  // namespace tenon::broker
