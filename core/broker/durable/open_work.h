#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/client_directory.h"

namespace tenon::broker {

// What a worker's links have begun and others may have to wait for, even when the link has gone: attaches to
// stored sessions that are not settled, or messages that are held back (HeldMessages).
//
// One thread.
class OpenWork {
 public:
  // Once more does nothing.
  void begin(const ConnectionAddress& link) { open_.try_emplace(key_of(link)); }
  // True: `then` is taken, and called when that link's is settled. False: none is open.
  bool wait(const ConnectionAddress& link, std::function<void()>& then, MonoNs now_ns) {
    const auto found = open_.find(key_of(link));
    if (found == open_.end()) return false;
    Waiters& waiters = found->second;
    if (waiters.all.empty()) waiters.since_ns = now_ns;
    waiters.all.push_back(std::move(then));
    return true;
  }
  // It has come to its end, whatever that is.
  void settle(const ConnectionAddress& link) { settle(key_of(link)); }
  // Nobody waits any longer for what was waited for since `since_ns` or before.
  void give_up(MonoNs since_ns) {
    std::vector<Key> late;
    for (const auto& [link, waiters] : open_)
      if (!waiters.all.empty() && waiters.since_ns <= since_ns) late.push_back(link);
    for (const Key& link : late) settle(link);
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // slot, generation
  static Key key_of(const ConnectionAddress& link) { return {link.slot, link.generation}; }

  struct Waiters {
    MonoNs since_ns = 0;  // of the first of them
    std::vector<std::function<void()>> all;
  };

  void settle(const Key& link) {
    const auto entry = open_.extract(link);
    if (entry.empty()) return;
    for (const auto& then : entry.mapped().all) then();
  }

  std::map<Key, Waiters> open_;
};

}  // namespace tenon::broker
