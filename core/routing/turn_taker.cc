#include "routing/turn_taker.h"

#include <algorithm>

#include "base/digest/hash.h"

namespace tenon::routing {

namespace {

// Each bit of both counts for each of the result (the finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9E3779B97F4A7C15u * (b + 1);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// The member with the highest score for `what`: when one comes or goes, only what it gets or got moves. A
// node that stands for several members has as many scores.
std::size_t best_for(const GroupMatch& group, std::uint64_t what) {
  std::size_t best = 0;
  std::uint64_t best_score = 0;
  std::uint64_t same = 0;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const ReceiverKey key = group.members[i].key;
    same = i > 0 && group.members[i - 1].key == key ? same + 1 : 0;
    const std::uint64_t score = mixed(what, mixed(static_cast<std::uint64_t>(key), same));
    if (i > 0 && score <= best_score) continue;
    best = i;
    best_score = score;
  }
  return best;
}

}  // namespace

std::size_t TurnTaker::pick(const GroupMatch& group, Spread spread, ReceiverKey source,
                            std::string_view topic, const IsLocal& is_local) {
  const std::size_t count = group.members.size();
  if (count == 0) return 0;
  if (count == 1) return 0;
  const auto from = static_cast<std::uint64_t>(source);
  if (group.sharing == Sharing::ordered) return best_for(group, keyed_hash(topic, from));
  switch (spread) {
    case Spread::round_robin:
      break;
    case Spread::random:
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      return random_ % count;
    case Spread::sticky:
      return pick_sticky(group, turns_[group.id]);
    case Spread::hash_client:
      return best_for(group, from != 0 ? from : keyed_hash(topic, 0));
    case Spread::hash_topic:
      return best_for(group, keyed_hash(topic, 0));
    case Spread::local_first: {
      const auto locals = static_cast<std::size_t>(std::ranges::count_if(group.members, is_local));
      if (locals == 0) break;
      std::size_t left = turns_[group.id].next++ % locals;
      for (std::size_t i = 0; i < count; ++i)
        if (is_local(group.members[i]) && left-- == 0) return i;
      break;
    }
  }
  return turns_[group.id].next++ % count;
}

std::size_t TurnTaker::pick_sticky(const GroupMatch& group, Turn& turn) {
  const auto found = std::ranges::find(group.members, turn.chosen, &Receiver::key);
  if (found != group.members.end()) return static_cast<std::size_t>(found - group.members.begin());
  const std::size_t best = best_for(group, group.digest);
  turn.chosen = group.members[best].key;
  return best;
}

}  // namespace tenon::routing
