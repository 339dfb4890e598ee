#include "memory/tree.h"

#include <utility>
#include <vector>

#include "memory/cursor.h"

namespace tenon::storage_memory {
namespace {

// A node with fewer entries is merged into a neighbour, if both together stay well below full.
constexpr std::size_t entries_min = Node::fanout / 4;
constexpr std::size_t merged_max = Node::fanout * 3 / 4;

void merge_into(Node& left, const RecordRef& low_of_right, Node& right) {
  if (left.is_leaf()) {
    as_leaf(right).records.move_tail(0, as_leaf(left).records);
    return;
  }
  as_inner(right).children[0].low = low_of_right;
  as_inner(right).children.move_tail(0, as_inner(left).children);
}

}  // namespace

// Makes sure that this version alone leads to the node, so that it may be changed.
void Tree::own(NodeRef& slot) {
  if (slot->is_shared()) slot = slot->clone();
}

const Record* Tree::find(tenon_bytes key) const {
  const Node* node = root_.get();
  if (node == nullptr) return nullptr;
  while (!node->is_leaf()) {
    const Inner& inner = as_inner(*node);
    node = inner.children[inner.child_for(key)].node.get();
  }
  const Leaf& leaf = as_leaf(*node);
  const std::size_t at = leaf.lower_bound(key);
  return leaf.holds(at, key) ? leaf.records[at].get() : nullptr;
}

std::int64_t Tree::put(RecordRef record) {
  std::int64_t growth = 0;
  if (!root_) root_ = NodeRef(Leaf::make(*meter_).get());
  if (MaybeSplit split = put_below(root_, record, growth)) {
    const auto top = Inner::make(*meter_);
    top->children.push_back({RecordRef(), std::move(root_)});
    top->children.push_back({std::move(split->low), std::move(split->node)});
    root_ = NodeRef(top.get());
  }
  return growth;
}

Tree::MaybeSplit Tree::put_below(NodeRef& slot, RecordRef& record, std::int64_t& growth) {
  own(slot);
  if (slot->is_leaf()) return put_in_leaf(as_leaf(*slot), record, growth);
  Inner& inner = as_inner(*slot);
  const std::size_t at = inner.child_for(record->key());
  MaybeSplit split = put_below(inner.children[at].node, record, growth);
  if (!split) return std::nullopt;
  return add_child(inner, at + 1, std::move(*split));
}

Tree::MaybeSplit Tree::put_in_leaf(Leaf& leaf, RecordRef& record, std::int64_t& growth) {
  const std::size_t at = leaf.lower_bound(record->key());
  growth += static_cast<std::int64_t>(record->size());
  if (leaf.holds(at, record->key())) {
    growth -= static_cast<std::int64_t>(leaf.records[at]->size());
    leaf.records[at] = std::move(record);
    return std::nullopt;
  }
  if (leaf.records.full()) return split_leaf(leaf, at, record);
  leaf.records.insert(at, std::move(record));
  return std::nullopt;
}

// Splits in the middle; at the end when the record goes there, so that keys in ascending order fill the
// leaves.
Tree::Split Tree::split_leaf(Leaf& leaf, std::size_t at, RecordRef& record) {
  const auto right = Leaf::make(*meter_);
  const std::size_t middle = at == Node::fanout ? Node::fanout : Node::fanout / 2;
  leaf.records.move_tail(middle, right->records);
  if (at < middle)
    leaf.records.insert(at, std::move(record));
  else
    right->records.insert(at - middle, std::move(record));
  return {low_of(*right), NodeRef(right.get())};
}

// Only the key: the value must not live on in the inner nodes when its record is gone.
RecordRef Tree::low_of(const Leaf& leaf) {
  return Record::make(*meter_, leaf.records[0]->key(), {});
}

Tree::MaybeSplit Tree::add_child(Inner& inner, std::size_t at, Split child) {
  if (!inner.children.full()) {
    inner.children.insert(at, {std::move(child.low), std::move(child.node)});
    return std::nullopt;
  }
  const auto right = Inner::make(*meter_);
  const std::size_t middle = at == Node::fanout ? Node::fanout - 1 : Node::fanout / 2;
  inner.children.move_tail(middle, right->children);
  if (at <= middle)
    inner.children.insert(at, {std::move(child.low), std::move(child.node)});
  else
    right->children.insert(at - middle, {std::move(child.low), std::move(child.node)});
  return Split{right->children[0].low, NodeRef(right.get())};
}

std::int64_t Tree::erase(tenon_bytes key) {
  if (find(key) == nullptr) return 0;
  std::vector<std::uint8_t> behind(key.data, key.data + key.len);  // the next possible key
  behind.push_back(0);
  const std::int64_t growth = erase_in_leaf(root_, key, {behind.data(), behind.size()});
  shrink_root();
  return growth;
}

std::int64_t Tree::erase_range(tenon_bytes begin, tenon_bytes end) {
  std::int64_t growth = 0;
  std::vector<std::uint8_t> key;
  for (;;) {
    Cursor cursor(root_);
    cursor.seek(begin);
    if (!cursor.valid() || (end.len > 0 && compare(cursor.record().key(), end) >= 0)) return growth;
    const tenon_bytes found = cursor.record().key();
    key.assign(found.data, found.data + found.len);
    cursor = Cursor();
    growth += erase_in_leaf(root_, {key.data(), key.size()}, end);
    shrink_root();
  }
}

std::int64_t Tree::erase_in_leaf(NodeRef& slot, tenon_bytes begin, tenon_bytes end) {
  own(slot);
  if (!slot->is_leaf()) {
    Inner& inner = as_inner(*slot);
    const std::size_t at = inner.child_for(begin);
    const std::int64_t growth = erase_in_leaf(inner.children[at].node, begin, end);
    rebalance(inner, at);
    return growth;
  }
  Leaf& leaf = as_leaf(*slot);
  const std::size_t first = leaf.lower_bound(begin);
  const std::size_t last = end.len > 0 ? leaf.lower_bound(end) : leaf.records.size();
  std::int64_t growth = 0;
  for (std::size_t i = first; i < last; ++i) growth -= static_cast<std::int64_t>(leaf.records[i]->size());
  leaf.records.erase(first, last);
  return growth;
}

void Tree::rebalance(Inner& inner, std::size_t at) {
  const std::size_t size = inner.children[at].node->size();
  if (size >= entries_min) return;
  if (size == 0) {
    inner.children.erase(at, at + 1);
    return;
  }
  if (inner.children.size() < 2) return;
  const std::size_t left = at > 0 ? at - 1 : at;
  Inner::Child& a = inner.children[left];
  Inner::Child& b = inner.children[left + 1];
  if (a.node->size() + b.node->size() > merged_max) return;
  own(a.node);
  own(b.node);
  merge_into(*a.node, b.low, *b.node);
  inner.children.erase(left + 1, left + 2);
}

void Tree::shrink_root() {
  while (root_ && root_->size() == 0) root_ = NodeRef();
  while (root_ && !root_->is_leaf() && root_->size() == 1) {
    NodeRef only = as_inner(*root_).children[0].node;
    root_ = std::move(only);
  }
}

}  // namespace tenon::storage_memory
