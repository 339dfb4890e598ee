#include "sim/world/world.h"

#include <cstdio>

namespace tenon::sim {

test::SimRandom World::random_for(std::string_view part, std::uint64_t number) const {
  return test::SimRandom(digest_of(part, seed_ * 0x9E3779B97F4A7C15u + number + 1));
}

void World::fail(std::string what) {
  char when[32];
  std::snprintf(when, sizeof when, "%.6f s: ", static_cast<double>(now_ns()) / ns_per_s);
  failures_.push_back(when + std::move(what));
  trace_.note("fail", {}, failures_.back());
}

std::int64_t draw_delay_ns(test::SimRandom& random, std::int64_t min_ns, std::int64_t max_ns) {
  const auto width = static_cast<std::uint64_t>(max_ns - min_ns);
  // The smaller of two draws.
  const std::uint64_t a = random.below(width);
  const std::uint64_t b = random.below(width);
  return min_ns + static_cast<std::int64_t>(a < b ? a : b);
}

}  // namespace tenon::sim
