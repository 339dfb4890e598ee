#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"

namespace tenon::sim {

// Simulated time, and what is to happen in it. Events of the same moment happen in the order in which they
// were asked for. One thread.
class EventQueue {
 public:
  using Event = std::function<void()>;

  MonoNs now_ns() const { return now_ns_; }
  void after(std::int64_t delay_ns, Event event);
  // Lets the next event happen, and time go on to it. False: there is none before `end_ns`, which it then is.
  bool step(MonoNs end_ns);

 private:
  struct Entry {
    MonoNs at_ns;
    std::uint64_t number;
    Event event;
  };
  static bool is_later(const Entry& a, const Entry& b);

  MonoNs now_ns_ = 0;
  std::uint64_t next_number_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace tenon::sim
