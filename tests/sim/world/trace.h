#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "sim/world/event_queue.h"

namespace tenon::sim {

// What happened, as one number that two runs of a seed must agree on, and as lines for people when asked for.
// One thread.
class Trace {
 public:
  Trace(const EventQueue& events, bool is_shown) : events_(events), is_shown_(is_shown) {}

  // `what` is a word; the numbers and the text say the rest.
  void note(std::string_view what, std::initializer_list<std::uint64_t> numbers, std::string_view text = {});
  std::uint64_t digest() const { return digest_; }
  std::uint64_t event_count() const { return event_count_; }

 private:
  void mix(std::uint64_t value);

  const EventQueue& events_;
  const bool is_shown_;
  std::uint64_t digest_ = 0xCBF29CE484222325u;
  std::uint64_t event_count_ = 0;
};

// The same on every machine.
std::uint64_t digest_of(std::string_view text, std::uint64_t seed = 0xCBF29CE484222325u);

}  // namespace tenon::sim
