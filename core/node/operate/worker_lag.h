#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace tenon::node {

// How late one worker comes to what it is given. Any thread.
class WorkerLag {
 public:
  // The worker is about to be given a task. False: it has not come to the last one yet.
  bool ask(MonoNs now_ns) {
    MonoNs none = 0;
    return asked_ns_.compare_exchange_strong(none, now_ns);
  }
  // It has come to it.
  void answer(MonoNs now_ns) { lag_ns_.store(now_ns - asked_ns_.exchange(0)); }
  // Of the last task, or of the one that it has not come to, if that is longer.
  std::int64_t ns(MonoNs now_ns) const {
    const MonoNs asked = asked_ns_.load();
    return std::max(lag_ns_.load(), asked == 0 ? 0 : now_ns - asked);
  }

 private:
  std::atomic<MonoNs> asked_ns_{0};  // 0: nothing is asked
  std::atomic<std::int64_t> lag_ns_{0};
};

}  // namespace tenon::node
