#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "topic/level_trie.h"
#include "topic/pool.h"

namespace tenon::topic {

// One value per topic name, found by name or by filter: the shape of retained messages.
//
// Value is default-constructible and movable.
// Cost: set, erase and find depend on the length of the name. match takes one step per node of the matching
// part. Every walk is a loop. Thread: not synchronised; const members may run at the same time as each other.
template <class Value>
class RetainedIndex {
 public:
  // `hash_seed` is secret and random, so that nobody can choose colliding level names.
  explicit RetainedIndex(std::uint64_t hash_seed) : names_(hash_seed) {}

  // Sets the value of `name` and returns the former one. [MQTT-3.3.1-5] REQUIRES: is_topic_name(name).
  std::optional<Value> set(std::string_view name, Value value) {
    const LevelTrie::NodeId node = names_.insert(name);
    const std::uint32_t at = names_.payload(node);
    if (at != LevelTrie::no_payload) return std::exchange(values_[at], std::move(value));
    const std::uint32_t made = values_.acquire();
    values_[made] = std::move(value);
    names_.set_payload(node, made);
    return std::nullopt;
  }

  // Removes and returns it; empty when there was none. [MQTT-3.3.1-6]
  std::optional<Value> erase(std::string_view name) {
    const LevelTrie::NodeId node = names_.find(name);
    if (node == LevelTrie::no_node || names_.payload(node) == LevelTrie::no_payload) return std::nullopt;
    const std::uint32_t at = names_.payload(node);
    std::optional<Value> former(std::move(values_[at]));
    values_.release(at);
    names_.erase(node);
    return former;
  }

  // Null when there is none. Valid until the next set or erase.
  const Value* find(std::string_view name) const {
    const LevelTrie::NodeId node = names_.find(name);
    if (node == LevelTrie::no_node || names_.payload(node) == LevelTrie::no_payload) return nullptr;
    return &values_[names_.payload(node)];
  }

  // Calls visit(const Value&), or visit(std::string_view name, const Value&), for every topic that `pattern`
  // matches, by the same rules as topic::matches, until it returns false. `name` lives for the call; a
  // visitor that does without it is faster. Order is unspecified. Returns false when stopped. REQUIRES:
  // is_topic_filter(pattern).
  template <class Visit>
  bool match(std::string_view pattern, Visit&& visit) const {
    NameWalker walker(names_, pattern);
    return visit_all(walker, visit);
  }

  // The same for every topic, those that start with '$' included.
  template <class Visit>
  bool for_each(Visit&& visit) const {
    NameWalker walker(names_);
    return visit_all(walker, visit);
  }

  std::size_t size() const { return values_.size(); }
  // What it holds, without what the values own and the allocator's overhead.
  std::size_t memory_bytes() const { return names_.memory_bytes() + values_.memory_bytes(); }

 private:
  template <class Visit>
  bool visit_all(NameWalker& walker, Visit& visit) const {
    std::string name;
    for (auto node = walker.next(); node != LevelTrie::no_node; node = walker.next()) {
      const Value& value = values_[names_.payload(node)];
      if constexpr (std::invocable<Visit&, std::string_view, const Value&>) {
        names_.path_of(node, name);
        if (!visit(std::string_view(name), value)) return false;
      } else {
        if (!visit(value)) return false;
      }
    }
    return true;
  }

  LevelTrie names_;  // payload: a value
  Pool<Value> values_;
};

}  // namespace tenon::topic
