#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/hash.h"
#include "routing/match_set.h"

namespace tenon::routing {

// Whose turn it is in each shared subscription, as one worker counts it. Pure; not thread-safe.
class TurnTaker {
 public:
  // The index of the member that gets the next message of `topic`. Shared: each in turn. Ordered: the same
  // one for all messages of one publisher and topic, as long as the members stay.
  std::size_t pick(const GroupMatch& group, ReceiverKey source, std::string_view topic) {
    const std::size_t count = group.members.size();
    if (group.sharing == Sharing::ordered)
      return keyed_hash(topic, static_cast<std::uint64_t>(source)) % count;
    return turn_[group.id]++ % count;
  }
  // Groups that are gone are forgotten all together, now and then.
  void trim(std::size_t count_max) {
    if (turn_.size() > count_max) turn_.clear();
  }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> turn_;
};

}  // namespace tenon::routing
