#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::topic {

// One value per topic name, found by name or by filter: the shape of retained messages.
//
// Cost: set, erase, find: O(length of the name). match: one step per node of the matching part of the tree.
// Iterative throughout. Thread: not synchronised; const members may run at the same time as each other.
template <class Value>
class RetainedIndex {
 public:
  explicit RetainedIndex(std::uint64_t hash_seed);

  // Sets the value of `name`; returns the former one. [MQTT-3.3.1-5] REQUIRES: is_topic_name(name).
  std::optional<Value> set(std::string_view name, Value value);
  // Removes and returns it; empty when there was none. Prunes. [MQTT-3.3.1-6]
  std::optional<Value> erase(std::string_view name);
  // Null when there is none. Valid until the next set or erase.
  const Value* find(std::string_view name) const;

  // Calls visit(std::string_view name, const Value&) for every topic that `pattern` matches, by the same
  // rules as topic::matches; stops when it returns false. `name` lives for the call. Order is unspecified.
  // Returns false when stopped. REQUIRES: is_topic_filter(pattern).
  template <class Visit>
  bool match(std::string_view pattern, Visit&& visit) const;

  std::size_t size() const;
  std::size_t memory_bytes() const;
};

}  // namespace tenon::topic
