#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace tenon::broker {

// How short memory is. At each level all that the levels below it say is so, too.
enum class MemoryLevel : std::uint8_t {
  well,
  high,      // publishers are read, and connections accepted, slowly
  refusing,  // nobody is let in
  shedding,  // messages with QoS 0 to clients are dropped, and idle clients are sent away
};

constexpr std::string_view to_string(MemoryLevel level) {
  constexpr std::string_view names[] = {"well", "high", "refusing", "shedding"};
  return names[static_cast<std::size_t>(level)];
}

// Whether the process uses more memory than it should, by steps: a level begins above its mark, and ends when
// the process is down to nine tenths of that. The first mark is seven tenths of what the process may have;
// the others are at 85 and 95 hundredths. Any thread; note() by one thread at a time.
class MemoryMark {
 public:
  // 0: there is no mark.
  explicit MemoryMark(std::uint64_t high_bytes) : high_bytes_(high_bytes) {}

  // True: level() has changed.
  bool note(std::uint64_t resident_bytes) {
    const MemoryLevel former = level();
    MemoryLevel now = MemoryLevel::well;
    for (const MemoryLevel next : {MemoryLevel::high, MemoryLevel::refusing, MemoryLevel::shedding}) {
      const std::uint64_t mark = mark_of(next);
      if (mark != 0 && resident_bytes > (next <= former ? mark / 10 * 9 : mark)) now = next;
    }
    level_.store(now, std::memory_order_relaxed);
    return now != former;
  }

  MemoryLevel level() const { return level_.load(std::memory_order_relaxed); }
  bool is_high() const { return level() >= MemoryLevel::high; }
  bool refuses() const { return level() >= MemoryLevel::refusing; }
  bool sheds() const { return level() >= MemoryLevel::shedding; }

  // Above it the level begins; 0: never.
  std::uint64_t mark_of(MemoryLevel level) const {
    constexpr std::uint64_t hundredths[] = {0, 70, 85, 95};
    return high_bytes_ / 70 * hundredths[static_cast<std::size_t>(level)] +
           high_bytes_ % 70 * hundredths[static_cast<std::size_t>(level)] / 70;
  }

 private:
  const std::uint64_t high_bytes_;
  std::atomic<MemoryLevel> level_{MemoryLevel::well};
};

}  // namespace tenon::broker
