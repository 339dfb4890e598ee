#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world/event_queue.h"
#include "sim/world/trace.h"
#include "support/sim_random.h"

namespace tenon::sim {

// What all of a simulation share: time, chance, the trace, and what the checkers found. Everything follows
// from the seed.
class World {
 public:
  World(std::uint64_t seed, bool is_shown) : seed_(seed), trace_(events_, is_shown) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  EventQueue& events() { return events_; }
  MonoNs now_ns() const { return events_.now_ns(); }
  Trace& trace() { return trace_; }

  // Numbers of its own for each part, so that one that draws more does not change what others draw.
  test::SimRandom random_for(std::string_view part, std::uint64_t number = 0) const;

  // Something that must never be was seen.
  void fail(std::string what);
  const std::vector<std::string>& failures() const { return failures_; }
  bool has_failed() const { return !failures_.empty(); }

 private:
  const std::uint64_t seed_;
  EventQueue events_;
  Trace trace_;
  std::vector<std::string> failures_;
};

// min_ns <= the result < max_ns, more often near the lower end. REQUIRES: 0 < min_ns < max_ns.
std::int64_t draw_delay_ns(test::SimRandom& random, std::int64_t min_ns, std::int64_t max_ns);

}  // namespace tenon::sim
