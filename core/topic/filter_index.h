#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/topic_syntax.h"

namespace tenon::topic {

// Who subscribed, and what the subscription says (QoS, options, subscription id, ...).
template <class Key, class Value>
struct Subscriber {
  Key key;
  Value value;
};

// Subscriptions by filter: answers which of them want a message to a topic.
//
// Key names a subscriber and is comparable and hashable through `std::hash`; Value is anything movable. Both
// should be small (together 16 bytes or less): they are stored in place. A subscription is identified by
// (filter with its group, key); a plain one and one in a group are two.
//
// Cost: insert, erase: O(length of the filter), whatever the number of subscribers and groups of the filter.
// match: one step per node of the matching part; filters that share no prefix with the topic cost nothing.
// Iterative throughout: depth and shape of filters cannot exhaust the stack.
// Thread: not synchronised; const members may run at the same time as each other.
template <class Key, class Value>
class FilterIndex {
 public:
  using Entry = Subscriber<Key, Value>;

  // The members of one shared subscription ($share or $oshare with this group name and pattern).
  class Group {
   public:
    Sharing sharing() const;
    std::string_view name() const;
    // Never used again by another group of this index: keep what belongs to the group (whose turn it is) by
    // it.
    std::uint64_t id() const;
    // At least one; the order changes when members leave.
    std::span<const Entry> members() const;
  };

  // `hash_seed` is secret and random, so that nobody can choose colliding level names.
  explicit FilterIndex(std::uint64_t hash_seed);

  // Adds or replaces [MQTT-3.8.4-3]; returns the value that was replaced.
  // REQUIRES: is_topic_filter(filter.pattern) and filter.well_shaped; the same for all members below.
  std::optional<Value> insert(const SplitFilter& filter, const Key& key, Value value);
  // Returns the value that was removed; empty when there was none. [MQTT-3.10.4-1]
  std::optional<Value> erase(const SplitFilter& filter, const Key& key);
  // Null when there is none. Valid until the next insert or erase.
  const Value* find(const SplitFilter& filter, const Key& key) const;

  // Calls on_entry(const Entry&) for each plain subscription and on_group(const Group&) for each group that
  // wants messages to `name`; the caller picks the member. Order is unspecified. A key comes once per filter
  // of its own that matches, so overlapping filters name it repeatedly [MQTT-3.3.4-2]. REQUIRES:
  // is_topic_name(name).
  template <class OnEntry, class OnGroup>
  void match(std::string_view name, OnEntry&& on_entry, OnGroup&& on_group) const;

  // Calls visit(const SplitFilter&, const Entry&) for every subscription. The filter's views live for the
  // call.
  template <class Visit>
  void for_each(Visit&& visit) const;

  // Subscriptions, those in groups included.
  std::size_t size() const;
  std::size_t filter_count() const;
  std::size_t group_count() const;
  // Everything held, in bytes, by the structure's own count (allocator overhead not included).
  std::size_t memory_bytes() const;
};

}  // namespace tenon::topic
