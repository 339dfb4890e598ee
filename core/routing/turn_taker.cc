#include "routing/turn_taker.h"

#include <algorithm>
#include <optional>

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

struct Scored {
  std::size_t index = 0;
  std::uint64_t score = 0;
};

bool is_above(const Scored& one, const std::optional<Scored>& best) {
  return !best || one.score > best->score;
}

// The member with the highest score for `what` of those that are not away, or else of all: when one comes or
// goes, only what it gets or got moves. A node that stands for several members has as many scores.
std::size_t best_for(const GroupMatch& group, std::uint64_t what, const TurnTaker::PresenceOf& presence_of) {
  std::optional<Scored> present;
  std::optional<Scored> any;
  std::uint64_t same = 0;
  std::size_t asked_count = 0;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const ReceiverKey key = group.members[i].key;
    same = i > 0 && group.members[i - 1].key == key ? same + 1 : 0;
    const Scored scored{i, mixed(what, mixed(static_cast<std::uint64_t>(key), same))};
    if (is_above(scored, present) && asked_count++ < TurnTaker::asked_max &&
        presence_of(group.members[i]) != Presence::away)
      present = scored;
    if (is_above(scored, any)) any = scored;
  }
  return (present ? present : any)->index;
}

Presence always_here(const Receiver&) {
  return Presence::here;
}

}  // namespace

std::size_t TurnTaker::pick(const GroupMatch& group, Spread spread, ReceiverKey source,
                            std::string_view topic, const PresenceOf& presence_of) {
  const std::size_t count = group.members.size();
  if (count <= 1) return 0;
  const auto from = static_cast<std::uint64_t>(source);
  if (group.sharing == Sharing::ordered) return best_for(group, keyed_hash(topic, from), always_here);
  switch (spread) {
    case Spread::round_robin:
      break;
    case Spread::random:
      return pick_random(group, presence_of);
    case Spread::sticky:
      return pick_sticky(group, turns_[group.id], presence_of);
    case Spread::hash_client:
      return best_for(group, from != 0 ? from : keyed_hash(topic, 0), presence_of);
    case Spread::hash_topic:
      return best_for(group, keyed_hash(topic, 0), presence_of);
    case Spread::local_first: {
      const auto is_local = [&](const Receiver& member) { return presence_of(member) == Presence::here; };
      const auto locals = static_cast<std::size_t>(std::ranges::count_if(group.members, is_local));
      if (locals == 0) break;
      std::size_t left = turns_[group.id].next++ % locals;
      for (std::size_t i = 0; i < count; ++i)
        if (is_local(group.members[i]) && left-- == 0) return i;
      break;
    }
  }
  return pick_next(group, turns_[group.id], presence_of);
}

// The turns of those that are away are used up, so that the others have as many as each other.
std::size_t TurnTaker::pick_next(const GroupMatch& group, Turn& turn, const PresenceOf& presence_of) {
  const std::size_t count = group.members.size();
  const std::uint64_t first = turn.next++;
  for (std::size_t i = 0; i < std::min(count, asked_max); ++i) {
    const std::size_t index = (first + i) % count;
    if (presence_of(group.members[index]) == Presence::away) continue;
    turn.next += i;
    return index;
  }
  return first % count;
}

std::size_t TurnTaker::pick_random(const GroupMatch& group, const PresenceOf& presence_of) {
  const std::size_t count = group.members.size();
  const std::size_t first = random() % count;
  if (presence_of(group.members[first]) != Presence::away) return first;
  // Of those behind it each has the same chance: the one that is found as the n-th takes its place with 1 /
  // n.
  std::size_t chosen = first;
  std::size_t found_count = 0;
  for (std::size_t i = 1; i < std::min(count, asked_max); ++i) {
    const std::size_t index = (first + i) % count;
    if (presence_of(group.members[index]) == Presence::away) continue;
    if (random() % ++found_count == 0) chosen = index;
  }
  return chosen;
}

std::size_t TurnTaker::pick_sticky(const GroupMatch& group, Turn& turn, const PresenceOf& presence_of) {
  const auto is_away = [&](const Receiver& member) { return presence_of(member) == Presence::away; };
  const auto found = std::ranges::find(group.members, turn.chosen, &Receiver::key);
  const bool has_chosen = found != group.members.end();
  const auto chosen = static_cast<std::size_t>(found - group.members.begin());
  if (has_chosen && !is_away(*found)) return chosen;
  const std::size_t best = best_for(group, group.digest, presence_of);
  if (has_chosen && is_away(group.members[best])) return chosen;
  turn.chosen = group.members[best].key;
  return best;
}

std::uint64_t TurnTaker::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

}  // namespace tenon::routing
