#include "observe/log/repeat_limit.h"

namespace tenon::observe {

RepeatLimit::Verdict RepeatLimit::admit(std::string_view event, std::string_view source, MonoNs now) {
  Window& window = window_of(event, source, now);
  std::uint64_t suppressed_before = 0;
  if (passed(window, now)) {
    suppressed_before = window.suppressed;
    window = {.start = now};
  }
  if (window.written >= per_window_max_) {
    ++window.suppressed;
    return {};
  }
  ++window.written;
  return {true, suppressed_before};
}

std::vector<RepeatLimit::Held> RepeatLimit::take_passed(MonoNs now) {
  std::vector<Held> held;
  for (auto it = windows_.begin(); it != windows_.end();) {
    if (!passed(it->second, now)) {
      ++it;
      continue;
    }
    if (it->second.suppressed > 0) held.push_back({it->first.first, it->first.second, it->second.suppressed});
    it = windows_.erase(it);
  }
  return held;
}

RepeatLimit::Window& RepeatLimit::window_of(std::string_view event, std::string_view source, MonoNs now) {
  if (auto it = windows_.find(KeyView(event, source)); it != windows_.end()) return it->second;
  if (windows_.size() >= key_count_max)
    std::erase_if(windows_, [&](const auto& w) { return passed(w.second, now) && w.second.suppressed == 0; });
  if (windows_.size() >= key_count_max)
    return windows_.try_emplace(Key{}, Window{.start = now}).first->second;
  return windows_.emplace(Key{event, source}, Window{.start = now}).first->second;
}

}  // namespace tenon::observe
