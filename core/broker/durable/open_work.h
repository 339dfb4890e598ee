#pragma once

#include <functional>
#include <map>
#include <vector>

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
  bool wait(const ConnectionAddress& link, std::function<void()>& then) {
    const auto found = open_.find(key_of(link));
    if (found == open_.end()) return false;
    found->second.push_back(std::move(then));
    return true;
  }
  // It has come to its end, whatever that is.
  void settle(const ConnectionAddress& link) {
    const auto entry = open_.extract(key_of(link));
    if (entry.empty()) return;
    for (const auto& then : entry.mapped()) then();
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // slot, generation
  static Key key_of(const ConnectionAddress& link) { return {link.slot, link.generation}; }

  std::map<Key, std::vector<std::function<void()>>> open_;
};

}  // namespace tenon::broker
