#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "routing/match_set.h"
#include "routing/spread.h"

namespace tenon::routing {

// Which member of a shared subscription gets a message, as one worker decides it. Pure; not thread-safe.
class TurnTaker {
 public:
  // `seed` is random.
  explicit TurnTaker(std::uint64_t seed = 1) : random_(seed | 1) {}

  // Whether a member is served by this node.
  using IsLocal = std::function<bool(const Receiver& member)>;

  // The index of the member that gets the next message of `topic`; 0 without members. An ordered group has
  // the same one for all messages of one publisher and topic, whatever `spread` says, as long as that member
  // stays.
  std::size_t pick(const GroupMatch& group, Spread spread, ReceiverKey source, std::string_view topic,
                   const IsLocal& is_local);
  // Groups that are gone are forgotten all together, now and then.
  void trim(std::size_t count_max) {
    if (turns_.size() > count_max) turns_.clear();
  }

 private:
  struct Turn {
    std::uint64_t next = 0;
    ReceiverKey chosen = ReceiverKey::none;  // sticky
  };
  std::size_t pick_sticky(const GroupMatch& group, Turn& turn);

  std::unordered_map<std::uint64_t, Turn> turns_;  // by group
  std::uint64_t random_;
};

}  // namespace tenon::routing
