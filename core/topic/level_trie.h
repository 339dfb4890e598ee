#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topic/edge_table.h"
#include "topic/pool.h"

namespace tenon::topic {

// A set of paths (names or filters: levels separated by '/') with one number attached to each, as a tree by
// level in which runs of levels without a branch are one node. FilterIndex and RetainedIndex are made of it.
//
// A path of 65,535 levels is one node, or as many as it shares branches with others; every walk is a loop.
// Children are found through one hash table for the whole tree: a node costs 40 bytes, about 13 in the table,
// and its text beyond 16 bytes.
//
// Invariant: every node but the root has a payload or at least two children.
// Thread: not synchronised; const members and the walkers may run at the same time as each other.
class LevelTrie {
 public:
  using NodeId = std::uint32_t;
  using Payload = std::uint32_t;
  static constexpr NodeId no_node = 0xFFFFFFFF;
  static constexpr Payload no_payload = 0xFFFFFFFF;

  // `hash_seed` is secret and random, so that nobody can choose colliding level names.
  explicit LevelTrie(std::uint64_t hash_seed);
  LevelTrie(const LevelTrie&) = delete;
  LevelTrie& operator=(const LevelTrie&) = delete;
  ~LevelTrie();

  // The node of `path`, made when missing. The caller sets a payload on it, or erases it, before the next
  // change. REQUIRES: 1 <= path.size() <= 65535.
  NodeId insert(std::string_view path);
  // no_node when there is no such path. A node without payload may be found.
  NodeId find(std::string_view path) const;
  // Takes the payload off and removes what nothing needs any more. Ids of other nodes stay valid unless the
  // node had no payload.
  void erase(NodeId node);

  Payload payload(NodeId node) const { return nodes_[node].payload; }
  void set_payload(NodeId node, Payload payload) { nodes_[node].payload = payload; }
  // Replaces `out` by the path of the node.
  void path_of(NodeId node, std::string& out) const;

  std::size_t node_count() const { return nodes_.size(); }
  std::size_t memory_bytes() const;

 private:
  friend class FilterWalker;
  friend class NameWalker;

  static constexpr std::size_t label_inline_bytes = 16;
  static constexpr NodeId root = 0;

  // Invariant: `label` is one or more whole levels; only the root's is no level at all.
  struct Node {
    NodeId parent = no_node;
    NodeId first_child = no_node;
    NodeId next = no_node;  // siblings
    NodeId previous = no_node;
    Payload payload = no_payload;
    std::uint16_t label_bytes = 0;
    // So that a match looks for no child that is not there: 43 ns instead of 73 where none of 100 filters
    // match, 218 instead of 335 where one of 100,000 does (build/tests/bench/topic_bench,
    // docs/internals/tricks.md). Requires link() and unlink() to keep them right.
    bool has_plus_child = false;
    bool has_hash_child = false;
    union {
      char label_inline[label_inline_bytes] = {};
      char* label_heap;
    };

    std::string_view label() const {
      return {label_bytes <= label_inline_bytes ? label_inline : label_heap, label_bytes};
    }
  };
  static_assert(sizeof(Node) == 40);

  // Names the edge from a parent to the child whose label starts with `level`.
  std::uint32_t edge_hash(NodeId parent, std::string_view level) const;
  std::uint32_t edge_hash_to(NodeId child) const;
  NodeId find_child(NodeId parent, std::string_view level) const;

  NodeId make_leaf(NodeId parent, std::string_view label);
  NodeId split(NodeId child, std::size_t at);
  void join_with_only_child(NodeId node);
  void link(NodeId parent, NodeId child);
  void unlink(NodeId child);
  void replace(NodeId former, NodeId by);
  void set_label(Node& node, std::string_view label);
  void drop(NodeId node);

  Pool<Node> nodes_;
  EdgeTable edges_;
  std::size_t heap_label_bytes_ = 0;
  std::uint64_t hash_seed_;
};

// The level at the start of `path`.
inline std::string_view first_level(std::string_view path) {
  return path.substr(0, path.find('/'));
}

// Where a walk still has to go. Small walks allocate nothing, which is 170 of 870 ns of a match with
// wildcards on the way (match_with_wildcards_beside of build/tests/bench/topic_bench).
class WalkStack {
 public:
  struct Step {
    LevelTrie::NodeId node;
    std::uint32_t at;
  };
  bool empty() const { return count_ == 0; }
  void push(Step step) {
    if (count_ < inline_count)
      inline_[count_] = step;
    else
      spilled_.push_back(step);
    ++count_;
  }
  Step pop() {
    --count_;
    if (count_ < inline_count) return inline_[count_];
    const Step step = spilled_.back();
    spilled_.pop_back();
    return step;
  }

 private:
  static constexpr std::size_t inline_count = 48;
  std::size_t count_ = 0;
  Step inline_[inline_count];
  std::vector<Step> spilled_;
};

// Goes through the filters of a tree that want messages to a name: while ((node = walker.next()) != no_node).
// The tree must not change meanwhile. REQUIRES: is_topic_name(name), which outlives the walker.
class FilterWalker {
 public:
  FilterWalker(const LevelTrie& trie, std::string_view name);
  LevelTrie::NodeId next();
  // How many nodes were looked at so far.
  std::size_t looked_at() const { return looked_at_; }

 private:
  void expand(LevelTrie::NodeId node, std::uint32_t at);
  void try_child(LevelTrie::NodeId child, std::uint32_t at);

  const LevelTrie& trie_;
  std::string_view name_;
  std::size_t looked_at_ = 0;
  WalkStack stack_;
};

// Goes through the names of a tree that a filter matches, as FilterWalker does through filters. Visits only
// nodes whose parents match so far. REQUIRES: is_topic_filter(pattern), which outlives the walker.
class NameWalker {
 public:
  NameWalker(const LevelTrie& trie, std::string_view pattern);
  // Through every path, those that start with '$' included.
  explicit NameWalker(const LevelTrie& trie);
  LevelTrie::NodeId next();

 private:
  void expand(LevelTrie::NodeId node, std::uint32_t at);
  void try_siblings(LevelTrie::NodeId node, std::uint32_t at);
  std::uint32_t match_label(std::string_view label, std::uint32_t at) const;
  bool is_hidden(LevelTrie::NodeId node) const;

  const LevelTrie& trie_;
  std::string_view pattern_;
  WalkStack stack_;
};

}  // namespace tenon::topic
