#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace tenon::observe {

// Holds back records of an event that repeats too fast: per event and source, so many per window of time.
//
// Pure state. Not thread-safe. Its memory is bounded: past `key_count_max` pairs, new ones share one
// allowance.
class RepeatLimit {
 public:
  static constexpr std::size_t key_count_max = 1024;

  struct Verdict {
    bool write = false;
    std::uint64_t suppressed = 0;  // with write: how many were held back in the window before
  };
  struct Held {
    std::string event;
    std::string source;
    std::uint64_t count = 0;
  };

  RepeatLimit(std::uint32_t per_window_max, MonoNs window_ns)
      : per_window_max_(per_window_max), window_ns_(window_ns) {}

  Verdict admit(std::string_view event, std::string_view source, MonoNs now);

  // What was held back in windows that have passed; told once.
  std::vector<Held> take_passed(MonoNs now);

 private:
  struct Window {
    MonoNs start = 0;
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
  };
  using Key = std::pair<std::string, std::string>;
  using KeyView = std::pair<std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return KeyView(a.first, a.second) < KeyView(b.first, b.second);
    }
  };

  Window& window_of(std::string_view event, std::string_view source, MonoNs now);
  bool passed(const Window& window, MonoNs now) const { return now - window.start >= window_ns_; }

  const std::uint32_t per_window_max_;
  const MonoNs window_ns_;
  std::map<Key, Window, Less> windows_;
};

}  // namespace tenon::observe
