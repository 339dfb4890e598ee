#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/text/topic_syntax.h"
#include "topic/entry_set.h"
#include "topic/filter_id.h"
#include "topic/level_trie.h"
#include "topic/pool.h"

namespace tenon::topic {

// The text of a filter as a client wrote it, with the "$share/GROUP/" in front where there is one.
std::string full_text(const SplitFilter& filter);
// The first eight bytes of its SHA-256.
std::uint64_t digest_of(std::string_view text);

// The members of one shared subscription: $share or $oshare with one group name and one pattern.
template <class Key, class Value>
class Group {
 public:
  using Entry = Subscriber<Key, Value>;

  Sharing sharing() const { return sharing_; }
  std::string_view name() const { return name_; }
  // Never used again for another group of the same index: what belongs to a group (whose turn it is, ...) is
  // kept by it.
  std::uint64_t id() const { return id_; }
  // Of the filter's whole text: the same in all indexes, and nobody can find two with the same.
  std::uint64_t digest() const { return digest_; }
  // At least one. Their order changes when members leave. Valid until the index changes.
  std::span<const Entry> members() const { return members_.entries(); }

 private:
  template <class K, class V>
  friend class FilterIndex;

  Sharing sharing_ = Sharing::none;
  std::string name_;
  std::uint64_t id_ = 0;
  std::uint64_t digest_ = 0;
  EntrySet<Key, Value> members_;
  std::uint32_t cell_ = 0;  // the pattern that it belongs to
  std::uint32_t next_ = 0;  // in the list of that pattern's groups
  std::uint32_t previous_ = 0;
};

// Subscriptions by filter: answers which of them want a message to a topic.
//
// Key names a subscriber; it is comparable, and hashable by std::hash. Value is what the subscription says.
// Both are nothrow movable, and should be small (16 bytes together): they are stored in place. A subscription
// is identified by (filter with its group, key): a plain one and one in a group are two.
//
// Cost: insert, erase and find depend on the length of the filter, not on the number of its subscribers and
// groups. match looks at each node of the matching part once, a node being levels without a branch; filters
// that share no prefix with the topic cost nothing. Where '+' stands in the first W levels only, it looks at
// fewer than 4 * 2^W nodes and, for each of the N levels below those, 2 * 2^W, however many filters there
// are: half of them are a '#'. Every walk is a loop: the depth and the shape of filters cannot exhaust the
// stack. Thread: not synchronised; const members may run at the same time as each other.
template <class Key, class Value>
class FilterIndex {
 public:
  using Entry = Subscriber<Key, Value>;
  using SharedGroup = Group<Key, Value>;

  // `hash_seed` is secret and random, so that nobody can choose colliding level names.
  explicit FilterIndex(std::uint64_t hash_seed) : patterns_(hash_seed), shared_filters_(hash_seed + 1) {}

  // Adds, or replaces [MQTT-3.8.4-3] and returns the former value.
  // REQUIRES: filter.well_shaped, is_topic_filter(filter.pattern), and at most 65535 bytes in all; also
  // below.
  std::optional<Value> insert(const SplitFilter& filter, const Key& key, Value value) {
    auto& entries =
        filter.sharing == Sharing::none ? make_cell(filter.pattern).plain : make_group(filter).members_;
    std::optional<Value> former = entries.insert(key, std::move(value));
    if (!former) ++size_;
    return former;
  }

  // Removes and returns it; empty when there was none. [MQTT-3.10.4-1]
  std::optional<Value> erase(const SplitFilter& filter, const Key& key) {
    std::optional<Value> former =
        filter.sharing == Sharing::none ? erase_plain(filter.pattern, key) : erase_shared(filter, key);
    if (former) --size_;
    return former;
  }

  // Null when there is none. Valid until the next insert or erase.
  const Value* find(const SplitFilter& filter, const Key& key) const {
    if (filter.sharing == Sharing::none) {
      const std::uint32_t cell = payload_of(patterns_, filter.pattern);
      return cell == LevelTrie::no_payload ? nullptr : cells_[cell].plain.find(key);
    }
    const std::uint32_t group = payload_of(shared_filters_, full_text(filter));
    return group == LevelTrie::no_payload ? nullptr : groups_[group].members_.find(key);
  }

  // Empty: nobody subscribes to it. The same until its last subscription is erased; then it may name another.
  std::optional<FilterId> id_of(const SplitFilter& filter) const {
    const bool is_shared = filter.sharing != Sharing::none;
    const LevelTrie& trie = is_shared ? shared_filters_ : patterns_;
    const LevelTrie::NodeId node = is_shared ? trie.find(full_text(filter)) : trie.find(filter.pattern);
    if (node == LevelTrie::no_node || trie.payload(node) == LevelTrie::no_payload) return std::nullopt;
    if (!is_shared && cells_[trie.payload(node)].plain.empty()) return std::nullopt;
    return FilterId{node << 1 | (is_shared ? 1u : 0u)};
  }

  // The whole filter, with the "$share/GROUP/" in front where there is one. REQUIRES: somebody subscribes to
  // it.
  std::string text_of(FilterId id) const {
    const auto number = static_cast<std::uint32_t>(id);
    std::string text;
    ((number & 1u) ? shared_filters_ : patterns_).path_of(number >> 1, text);
    return text;
  }

  // Calls on_entry(const Entry&) for each plain subscription and on_group(const SharedGroup&) for each group
  // that wants messages to `name`; the caller picks the member. Order is unspecified. A key comes once for
  // each of its own filters that match, so overlapping filters name it repeatedly [MQTT-3.3.4-2]. Returns how
  // many nodes it has looked at. REQUIRES: is_topic_name(name).
  template <class OnEntry, class OnGroup>
  std::size_t match(std::string_view name, OnEntry&& on_entry, OnGroup&& on_group) const {
    FilterWalker walker(patterns_, name);
    for (auto node = walker.next(); node != LevelTrie::no_node; node = walker.next()) {
      const Cell& cell = cells_[patterns_.payload(node)];
      for (const Entry& entry : cell.plain.entries()) on_entry(entry);
      for (std::uint32_t id = cell.first_group; id != no_group; id = groups_[id].next_) on_group(groups_[id]);
    }
    return walker.looked_at();
  }

  // Calls visit(const SplitFilter&, const Entry&) for every subscription; the filter's views live for the
  // call. The index must not change meanwhile.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::string pattern;
    NameWalker walker(patterns_);
    for (auto node = walker.next(); node != LevelTrie::no_node; node = walker.next()) {
      patterns_.path_of(node, pattern);
      const Cell& cell = cells_[patterns_.payload(node)];
      visit_all(SplitFilter{Sharing::none, true, {}, pattern}, cell.plain, visit);
      for (std::uint32_t id = cell.first_group; id != no_group; id = groups_[id].next_)
        visit_all(SplitFilter{groups_[id].sharing_, true, groups_[id].name_, pattern}, groups_[id].members_,
                  visit);
    }
  }

  // Subscriptions, those in groups included.
  std::size_t size() const { return size_; }
  // Distinct patterns.
  std::size_t pattern_count() const { return cells_.size(); }
  std::size_t group_count() const { return groups_.size(); }

  // What it holds, the sets of more than one subscriber and the allocator's overhead not included.
  std::size_t memory_bytes() const {
    return patterns_.memory_bytes() + shared_filters_.memory_bytes() + cells_.memory_bytes() +
           groups_.memory_bytes();
  }

 private:
  static constexpr std::uint32_t no_group = 0xFFFFFFFF;

  // All that is known about one pattern.
  struct Cell {
    EntrySet<Key, Value> plain;
    std::uint32_t first_group = no_group;
    LevelTrie::NodeId node = LevelTrie::no_node;
    bool unused() const { return plain.empty() && first_group == no_group; }
  };

  static std::uint32_t payload_of(const LevelTrie& trie, std::string_view path) {
    const LevelTrie::NodeId node = trie.find(path);
    return node == LevelTrie::no_node ? LevelTrie::no_payload : trie.payload(node);
  }

  template <class Visit>
  static void visit_all(const SplitFilter& filter, const EntrySet<Key, Value>& entries, Visit& visit) {
    for (const Entry& entry : entries.entries()) visit(filter, entry);
  }

  std::uint32_t make_cell_id(std::string_view pattern) {
    const LevelTrie::NodeId node = patterns_.insert(pattern);
    if (patterns_.payload(node) == LevelTrie::no_payload) {
      patterns_.set_payload(node, cells_.acquire());
      cells_[patterns_.payload(node)].node = node;
    }
    return patterns_.payload(node);
  }
  Cell& make_cell(std::string_view pattern) { return cells_[make_cell_id(pattern)]; }

  void drop_cell_if_unused(std::uint32_t id) {
    if (!cells_[id].unused()) return;
    patterns_.erase(cells_[id].node);
    cells_.release(id);
  }

  SharedGroup& make_group(const SplitFilter& filter) {
    const std::string text = full_text(filter);
    const LevelTrie::NodeId node = shared_filters_.insert(text);
    if (shared_filters_.payload(node) == LevelTrie::no_payload) {
      const std::uint32_t id = groups_.acquire();
      shared_filters_.set_payload(node, id);
      groups_[id].sharing_ = filter.sharing;
      groups_[id].name_ = filter.group;
      groups_[id].id_ = next_group_id_++;
      groups_[id].digest_ = digest_of(text);
      add_to_cell(id, make_cell_id(filter.pattern));
    }
    return groups_[shared_filters_.payload(node)];
  }

  void add_to_cell(std::uint32_t id, std::uint32_t cell) {
    SharedGroup& group = groups_[id];
    group.cell_ = cell;
    group.previous_ = no_group;
    group.next_ = cells_[cell].first_group;
    if (group.next_ != no_group) groups_[group.next_].previous_ = id;
    cells_[cell].first_group = id;
  }

  void remove_from_cell(std::uint32_t id) {
    const SharedGroup& group = groups_[id];
    if (group.previous_ != no_group)
      groups_[group.previous_].next_ = group.next_;
    else
      cells_[group.cell_].first_group = group.next_;
    if (group.next_ != no_group) groups_[group.next_].previous_ = group.previous_;
    drop_cell_if_unused(group.cell_);
  }

  std::optional<Value> erase_plain(std::string_view pattern, const Key& key) {
    const std::uint32_t id = payload_of(patterns_, pattern);
    if (id == LevelTrie::no_payload) return std::nullopt;
    std::optional<Value> former = cells_[id].plain.erase(key);
    if (former) drop_cell_if_unused(id);
    return former;
  }

  std::optional<Value> erase_shared(const SplitFilter& filter, const Key& key) {
    const LevelTrie::NodeId node = shared_filters_.find(full_text(filter));
    if (node == LevelTrie::no_node || shared_filters_.payload(node) == LevelTrie::no_payload)
      return std::nullopt;
    const std::uint32_t id = shared_filters_.payload(node);
    std::optional<Value> former = groups_[id].members_.erase(key);
    if (former && groups_[id].members_.empty()) {
      remove_from_cell(id);
      shared_filters_.erase(node);
      groups_.release(id);
    }
    return former;
  }

  LevelTrie patterns_;        // payload: a cell
  LevelTrie shared_filters_;  // full text; payload: a group
  Pool<Cell> cells_;
  Pool<SharedGroup> groups_;
  std::size_t size_ = 0;
  std::uint64_t next_group_id_ = 1;
};

}  // namespace tenon::topic
