#include "session/sent_aliases.h"

#include <algorithm>

#include "base/assert.h"

namespace tenon::session {

SentAliases::SentAliases(std::uint16_t alias_max)
    : sets_(std::max<std::size_t>(1, alias_max / set_size)),
      ways_(std::min<std::size_t>(alias_max, set_size)) {
  TENON_BUG(alias_max > 0, "a table of no aliases");
}

SentAliases::Choice SentAliases::choose(std::string_view topic, std::uint64_t hash) {
  if (topic.size() < topic_bytes_min || topic.size() > topic_bytes_max) return {};
  const std::size_t index = set_index(hash);
  if (!sets_[index]) sets_[index] = std::make_unique<Set>();
  Set& set = *sets_[index];
  const auto alias = [&](std::size_t way) { return static_cast<std::uint16_t>(index * set_size + way + 1); };
  const std::uint32_t tag = tag_of(hash);
  for (std::size_t way = 0; way < set.topics.size(); ++way) {
    if (set.tags[way] != tag || set.topics[way] != topic) continue;
    set.used = static_cast<std::uint16_t>(set.used | 1u << way);
    return {alias(way), true};
  }
  if (std::find(set.seen.begin(), set.seen.end(), tag) != set.seen.end())
    return {alias(free_way(set)), false};
  set.seen[set.seen_next] = tag;
  set.seen_next = static_cast<std::uint8_t>((set.seen_next + 1) % set_size);
  return {};
}

// The hand goes round and takes the first alias whose topic has not come since it was here last.
std::size_t SentAliases::free_way(Set& set) const {
  if (set.topics.size() < ways_) return set.topics.size();
  while ((set.used >> set.hand & 1u) != 0) {
    set.used = static_cast<std::uint16_t>(set.used & ~(1u << set.hand));
    set.hand = static_cast<std::uint8_t>((set.hand + 1) % ways_);
  }
  return set.hand;
}

void SentAliases::keep(std::uint16_t alias, std::string_view topic, std::uint64_t hash) {
  const std::size_t way = (alias - 1u) % set_size;
  Set& set = *sets_[set_index(hash)];
  if (way < set.topics.size()) {
    set.topics[way] = topic;
    set.hand = static_cast<std::uint8_t>((way + 1) % ways_);
  } else {
    set.topics.emplace_back(topic);
  }
  set.tags[way] = tag_of(hash);
  set.used = static_cast<std::uint16_t>(set.used | 1u << way);
  std::replace(set.seen.begin(), set.seen.end(), tag_of(hash), 0u);
}

}  // namespace tenon::session
