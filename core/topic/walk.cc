#include <algorithm>

#include "base/text/topic_syntax.h"
#include "topic/level_trie.h"

namespace tenon::topic {
namespace {

using NodeId = LevelTrie::NodeId;
constexpr NodeId no_node = LevelTrie::no_node;

constexpr std::string_view plus = "+";
constexpr std::string_view hash = "#";

// Steps say how far a path is used up: an offset of its next level, or one more than its size when no level
// is left, or one of these marks, which are above every size.
constexpr std::uint32_t whole_subtree = 0x7FFFFFFF;
constexpr std::uint32_t mismatch = 0x7FFFFFFE;
constexpr std::uint32_t matched = 0x7FFFFFFD;
// The step goes through the node and those of its siblings that follow it.
constexpr std::uint32_t siblings_bit = 0x80000000;

// How many bytes both start with.
std::size_t common_bytes(std::string_view a, std::string_view b) {
  const auto limit = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + limit, b.begin()).first - a.begin());
}

// The first offset behind the level that starts at `at`.
std::uint32_t next_level(std::uint32_t at, std::string_view level) {
  return at + static_cast<std::uint32_t>(level.size()) + 1;
}

}  // namespace

FilterWalker::FilterWalker(const LevelTrie& trie, std::string_view name) : trie_(trie), name_(name) {
  stack_.push({LevelTrie::root, 0});
}

LevelTrie::NodeId FilterWalker::next() {
  while (!stack_.empty()) {
    const WalkStack::Step step = stack_.pop();
    if (step.at == matched) return step.node;
    expand(step.node, step.at);
    if (step.at > name_.size() && trie_.payload(step.node) != LevelTrie::no_payload) return step.node;
  }
  return no_node;
}

// Goes on below a node whose levels match the name up to `at`.
void FilterWalker::expand(LevelTrie::NodeId id, std::uint32_t at) {
  const LevelTrie::Node& node = trie_.nodes_[id];
  if (node.first_child == no_node) return;
  // [MQTT-4.7.2-1]
  const bool wildcards = id != LevelTrie::root || !name_.starts_with('$');
  // "sport/#" matches "sport" too (MQTT 5.0 §4.7.1.2).
  if (node.has_hash_child && wildcards) {
    stack_.push({trie_.find_child(id, hash), matched});
    ++looked_at_;
  }
  if (at > name_.size()) return;
  if (node.has_plus_child && wildcards) try_child(trie_.find_child(id, plus), at);
  const NodeId child = trie_.find_child(id, first_level(name_.substr(at)));
  if (child != no_node) try_child(child, at);
}

// Compares the child's whole label with the name from `at` on. What both have in words is compared at once,
// as a name has no wildcards: they differ where the label has one. REQUIRES: at <= name_.size().
void FilterWalker::try_child(LevelTrie::NodeId child, std::uint32_t at) {
  ++looked_at_;
  std::string_view label = trie_.nodes_[child].label();
  for (;;) {
    const std::size_t same = common_bytes(label, name_.substr(at));
    label.remove_prefix(same);
    at += static_cast<std::uint32_t>(same);
    const bool ends_level = at == name_.size() || name_[at] == '/';
    if (label.empty()) return ends_level ? stack_.push({child, at + 1}) : void();
    if (label[0] == '#' || (label == "/#" && at == name_.size())) return stack_.push({child, matched});
    if (label[0] != '+') return;
    label.remove_prefix(1);
    at = static_cast<std::uint32_t>(std::min(name_.find('/', at), name_.size()));
  }
}

NameWalker::NameWalker(const LevelTrie& trie, std::string_view pattern) : trie_(trie), pattern_(pattern) {
  stack_.push({LevelTrie::root, 0});
}

NameWalker::NameWalker(const LevelTrie& trie) : trie_(trie) {
  stack_.push({LevelTrie::root, whole_subtree});
}

LevelTrie::NodeId NameWalker::next() {
  while (!stack_.empty()) {
    const WalkStack::Step step = stack_.pop();
    if (step.at & siblings_bit) {
      try_siblings(step.node, step.at & ~siblings_bit);
      continue;
    }
    expand(step.node, step.at);
    const bool used_up = step.at > pattern_.size();
    // "sport/#" matches "sport" too (MQTT 5.0 §4.7.1.2).
    const bool matches = used_up || pattern_.substr(step.at) == hash;
    if (matches && trie_.payload(step.node) != LevelTrie::no_payload) return step.node;
  }
  return no_node;
}

// Goes on below a node whose levels match the pattern up to `at`.
void NameWalker::expand(LevelTrie::NodeId id, std::uint32_t at) {
  const NodeId first_child = trie_.nodes_[id].first_child;
  if (first_child == no_node) return;
  if (at == whole_subtree) return stack_.push({first_child, whole_subtree | siblings_bit});
  if (at > pattern_.size()) return;
  const std::string_view level = first_level(pattern_.substr(at));
  if (level == hash) return stack_.push({first_child, whole_subtree | siblings_bit});
  if (level == plus) return stack_.push({first_child, at | siblings_bit});
  const NodeId child = trie_.find_child(id, level);
  if (child == no_node) return;
  const std::uint32_t end = match_label(trie_.nodes_[child].label(), at);
  if (end != mismatch) stack_.push({child, end});
}

void NameWalker::try_siblings(LevelTrie::NodeId id, std::uint32_t at) {
  const LevelTrie::Node& node = trie_.nodes_[id];
  if (node.next != no_node) stack_.push({node.next, at | siblings_bit});
  if (is_hidden(id)) return;
  const std::uint32_t end = match_label(node.label(), at);
  if (end != mismatch) stack_.push({id, end});
}

// How far the pattern is used up behind the levels of `label`, or a mark.
std::uint32_t NameWalker::match_label(std::string_view label, std::uint32_t at) const {
  if (at == whole_subtree) return whole_subtree;
  for (;;) {
    if (at > pattern_.size()) return mismatch;
    const std::string_view wanted = first_level(pattern_.substr(at));
    if (wanted == hash) return whole_subtree;
    const std::string_view level = first_level(label);
    if (wanted != plus && wanted != level) return mismatch;
    at = next_level(at, wanted);
    if (level.size() == label.size()) return at;
    label.remove_prefix(level.size() + 1);
  }
}

// [MQTT-4.7.2-1]
bool NameWalker::is_hidden(LevelTrie::NodeId id) const {
  const LevelTrie::Node& node = trie_.nodes_[id];
  if (node.parent != LevelTrie::root || !node.label().starts_with('$')) return false;
  return pattern_.starts_with('+') || pattern_.starts_with('#');
}

}  // namespace tenon::topic
