#pragma once

#include <functional>
#include <map>
#include <vector>

#include "broker/client_directory.h"

namespace tenon::broker {

// The attaches of a worker's links to stored sessions that are not settled: nobody knows yet whether they
// have a session, or a former connection is still to end. Whoever takes a session over from one of them has
// to wait until it is, as it waits itself for the former connection.
//
// One thread.
class OpenAttaches {
 public:
  // Asked for. Once more does nothing.
  void begin(const ConnectionAddress& link) { open_.try_emplace(key_of(link)); }
  // True: `then` is taken, and called when that attach is settled. False: none is open.
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
