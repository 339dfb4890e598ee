#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "routing/match_set.h"
#include "routing/spread.h"

namespace tenon::routing {

// Where a member of a shared subscription can take a message.
enum class Presence : std::uint8_t {
  here,       // it is connected to this node
  elsewhere,  // to another one
  away,       // it is a stored session without a connection
};

// Which member of a shared subscription gets a message, as one worker decides it. Pure; not thread-safe.
class TurnTaker {
 public:
  // `seed` is random.
  explicit TurnTaker(std::uint64_t seed = 1) : random_(seed | 1) {}

  using PresenceOf = std::function<Presence(const Receiver& member)>;

  // The index of the member that gets the next message of `topic`; 0 without members. One that is away gets
  // it when all are, or as many as are asked for that; only `local_first` looks at all for those that are
  // here. An ordered group has the same one for all messages of one publisher and topic, whatever `spread`
  // says, as long as that member stays, connected or not.
  static constexpr std::size_t asked_max = 128;
  std::size_t pick(const GroupMatch& group, Spread spread, ReceiverKey source, std::string_view topic,
                   const PresenceOf& presence_of);
  // Groups that are gone are forgotten all together, now and then.
  void trim(std::size_t count_max) {
    if (turns_.size() > count_max) turns_.clear();
  }

 private:
  struct Turn {
    std::uint64_t next = 0;
    ReceiverKey chosen = ReceiverKey::none;  // sticky
  };
  static std::size_t pick_next(const GroupMatch& group, Turn& turn, const PresenceOf& presence_of);
  static std::size_t pick_sticky(const GroupMatch& group, Turn& turn, const PresenceOf& presence_of);
  std::size_t pick_random(const GroupMatch& group, const PresenceOf& presence_of);
  std::uint64_t random();

  std::unordered_map<std::uint64_t, Turn> turns_;  // by group
  std::uint64_t random_;
};

}  // namespace tenon::routing
