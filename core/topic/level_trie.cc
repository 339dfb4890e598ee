#include "topic/level_trie.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/digest/hash.h"
#include "base/text/topic_syntax.h"

namespace tenon::topic {
namespace {

constexpr std::string_view plus = "+";
constexpr std::string_view hash = "#";

// Whether `at` is the end of a level of `path`.
bool ends_level(std::string_view path, std::size_t at) {
  return at == path.size() || path[at] == '/';
}

// How many bytes of whole levels both paths start with. REQUIRES: their first levels are equal.
std::size_t common_levels(std::string_view a, std::string_view b) {
  const std::size_t limit = std::min(a.size(), b.size());
  const auto differ = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(limit), b.begin());
  const auto at = static_cast<std::size_t>(differ.first - a.begin());
  if (ends_level(a, at) && ends_level(b, at)) return at;
  return a.rfind('/', at - 1);
}

// What follows the first `bytes` bytes and the '/' behind them.
std::string_view behind(std::string_view path, std::size_t bytes) {
  return path.substr(bytes + 1);
}

}  // namespace

LevelTrie::LevelTrie(std::uint64_t hash_seed) : hash_seed_(hash_seed) {
  const NodeId id = nodes_.acquire();
  TENON_DCHECK(id == root);
  (void)id;
}

LevelTrie::~LevelTrie() {
  for (std::uint32_t id = 0; id < nodes_.slot_count(); ++id) set_label(nodes_[id], {});
}

std::uint32_t LevelTrie::edge_hash(NodeId parent, std::string_view level) const {
  return static_cast<std::uint32_t>(keyed_hash(level, hash_seed_ + parent * 0x9E3779B97F4A7C15u) >> 32);
}

// REQUIRES: the child's parent and label are set.
std::uint32_t LevelTrie::edge_hash_to(NodeId child) const {
  return edge_hash(nodes_[child].parent, first_level(nodes_[child].label()));
}

LevelTrie::NodeId LevelTrie::find_child(NodeId parent, std::string_view level) const {
  return edges_.find(edge_hash(parent, level), [&](NodeId id) {
    const Node& child = nodes_[id];
    const std::string_view label = child.label();
    return child.parent == parent && label.starts_with(level) && ends_level(label, level.size());
  });
}

// `label` may be part of the node's present label.
void LevelTrie::set_label(Node& node, std::string_view label) {
  char* const former = node.label_bytes > label_inline_bytes ? node.label_heap : nullptr;
  const std::size_t former_bytes = node.label_bytes;
  node.label_bytes = static_cast<std::uint16_t>(label.size());
  if (label.size() <= label_inline_bytes) {
    char text[label_inline_bytes];
    std::copy(label.begin(), label.end(), text);
    std::memcpy(node.label_inline, text, label.size());
  } else {
    char* const text = new char[label.size()];
    std::memcpy(text, label.data(), label.size());
    node.label_heap = text;
    heap_label_bytes_ += label.size();
  }
  if (!former) return;
  heap_label_bytes_ -= former_bytes;
  delete[] former;
}

// Makes `child`, whose label is set, a child of `parent`.
void LevelTrie::link(NodeId parent, NodeId child) {
  Node& node = nodes_[child];
  Node& above = nodes_[parent];
  const std::string_view level = first_level(node.label());
  node.parent = parent;
  node.previous = no_node;
  node.next = above.first_child;
  if (node.next != no_node) nodes_[node.next].previous = child;
  above.first_child = child;
  above.has_plus_child |= level == plus;
  above.has_hash_child |= level == hash;
  edges_.add(edge_hash(parent, level), child);
}

void LevelTrie::unlink(NodeId child) {
  edges_.remove(edge_hash_to(child), child);
  const Node& node = nodes_[child];
  Node& above = nodes_[node.parent];
  const std::string_view level = first_level(node.label());
  if (node.previous != no_node)
    nodes_[node.previous].next = node.next;
  else
    above.first_child = node.next;
  if (node.next != no_node) nodes_[node.next].previous = node.previous;
  if (level == plus) above.has_plus_child = false;
  if (level == hash) above.has_hash_child = false;
}

// Puts `by` where `former` is in its parent. REQUIRES: by's label is set and starts with the same level.
void LevelTrie::replace(NodeId former, NodeId by) {
  edges_.replace(edge_hash_to(former), former, by);
  const Node& old = nodes_[former];
  Node& node = nodes_[by];
  node.parent = old.parent;
  node.next = old.next;
  node.previous = old.previous;
  if (node.previous != no_node)
    nodes_[node.previous].next = by;
  else
    nodes_[node.parent].first_child = by;
  if (node.next != no_node) nodes_[node.next].previous = by;
}

LevelTrie::NodeId LevelTrie::make_leaf(NodeId parent, std::string_view label) {
  const NodeId leaf = nodes_.acquire();
  set_label(nodes_[leaf], label);
  link(parent, leaf);
  return leaf;
}

// Gives the first `at` bytes of the child's label to a new node between it and its parent.
LevelTrie::NodeId LevelTrie::split(NodeId child, std::size_t at) {
  const NodeId upper = nodes_.acquire();
  const std::string_view label = nodes_[child].label();
  set_label(nodes_[upper], label.substr(0, at));
  replace(child, upper);
  set_label(nodes_[child], behind(label, at));
  link(upper, child);
  return upper;
}

LevelTrie::NodeId LevelTrie::insert(std::string_view path) {
  TENON_BUG(!path.empty() && path.size() <= topic_bytes_max, "a path has 1 to 65535 bytes");
  NodeId node = root;
  for (;;) {
    const NodeId child = find_child(node, first_level(path));
    if (child == no_node) return make_leaf(node, path);
    const std::string_view label = nodes_[child].label();
    const std::size_t common = common_levels(label, path);
    node = common == label.size() ? child : split(child, common);
    if (common == path.size()) return node;
    path = behind(path, common);
  }
}

LevelTrie::NodeId LevelTrie::find(std::string_view path) const {
  NodeId node = root;
  for (;;) {
    node = find_child(node, first_level(path));
    if (node == no_node) return no_node;
    const std::string_view label = nodes_[node].label();
    if (!path.starts_with(label) || !ends_level(path, label.size())) return no_node;
    if (path.size() == label.size()) return node;
    path = behind(path, label.size());
  }
}

void LevelTrie::drop(NodeId node) {
  set_label(nodes_[node], {});
  nodes_.release(node);
}

// The child takes over the place and the levels of its parent.
void LevelTrie::join_with_only_child(NodeId node) {
  const NodeId child = nodes_[node].first_child;
  std::string label(nodes_[node].label());
  label += '/';
  label += nodes_[child].label();
  unlink(child);
  set_label(nodes_[child], label);
  replace(node, child);
  drop(node);
}

void LevelTrie::erase(NodeId node) {
  nodes_[node].payload = no_payload;
  while (node != root && nodes_[node].payload == no_payload) {
    const NodeId first = nodes_[node].first_child;
    if (first != no_node) {
      if (nodes_[first].next == no_node) join_with_only_child(node);
      return;
    }
    const NodeId parent = nodes_[node].parent;
    unlink(node);
    drop(node);
    node = parent;
  }
}

void LevelTrie::path_of(NodeId node, std::string& out) const {
  std::size_t size = 0;
  for (NodeId at = node; at != root; at = nodes_[at].parent) size += nodes_[at].label_bytes + 1u;
  out.resize(size == 0 ? 0 : size - 1, '/');
  std::size_t end = out.size();
  for (NodeId at = node; at != root; at = nodes_[at].parent) {
    const std::string_view label = nodes_[at].label();
    label.copy(out.data() + end - label.size(), label.size());
    end -= label.size();
    if (end > 0) out[--end] = '/';
  }
}

std::size_t LevelTrie::memory_bytes() const {
  return nodes_.memory_bytes() + edges_.memory_bytes() + heap_label_bytes_;
}

}  // namespace tenon::topic
