#pragma once

#include <map>

#include "base/clock.h"
#include "store/request.h"

namespace tenon::store {

class Replica;

// Has new ranges led soon: where a range that was split is led, the new one's member stands for election at
// once, and again until somebody leads it, as the other nodes come to the split a little later. Pure; one
// thread.
class NewLeaders {
 public:
  void add(const RangeId& range) { waiting_[range] = {}; }

  // fn(range): its replica, or null. With each tick.
  template <class Find>
  void tick(MonoNs now_ns, Find&& find) {
    for (auto at = waiting_.begin(); at != waiting_.end();)
      at = step(find(at->first), at->second, now_ns) ? waiting_.erase(at) : std::next(at);
  }

 private:
  struct Waiting {
    MonoNs next_ns = 0;
    std::int64_t pause_ns = 50 * ns_per_ms;
    MonoNs give_up_ns = 0;
  };
  // True: it is over.
  static bool step(Replica* replica, Waiting& waiting, MonoNs now_ns);

  std::map<RangeId, Waiting> waiting_;
};

}  // namespace tenon::store
