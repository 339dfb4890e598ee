#include "memory/cursor.h"

namespace tenon::storage_memory {

// Down to the leaf that `key` belongs to; the place in it may be its end.
void Cursor::descend(tenon_bytes key) {
  path_.clear();
  const Node* node = root_.get();
  if (node == nullptr) return;
  while (!node->is_leaf()) {
    const Inner& inner = as_inner(*node);
    const std::size_t at = inner.child_for(key);
    path_.push_back({node, at});
    node = inner.children[at].node.get();
  }
  path_.push_back({node, as_leaf(*node).lower_bound(key)});
}

// From `node` down along its first or last children.
void Cursor::to_edge(const Node* node, bool to_last) {
  for (;;) {
    const std::size_t at = to_last ? node->size() - 1 : 0;
    path_.push_back({node, at});
    if (node->is_leaf()) return;
    node = as_inner(*node).children[at].node.get();
  }
}

void Cursor::seek(tenon_bytes key) {
  descend(key);
  if (path_.empty() || path_.back().at < path_.back().node->size()) return;
  --path_.back().at;
  next();
}

void Cursor::seek_before(tenon_bytes key) {
  descend(key);
  if (!path_.empty()) previous();
}

void Cursor::seek_last() {
  path_.clear();
  if (root_) to_edge(root_.get(), true);
}

void Cursor::next() {
  while (!path_.empty() && path_.back().at + 1 >= path_.back().node->size()) path_.pop_back();
  if (path_.empty()) return;
  Step& step = path_.back();
  ++step.at;
  if (!step.node->is_leaf()) to_edge(as_inner(*step.node).children[step.at].node.get(), false);
}

void Cursor::previous() {
  while (!path_.empty() && path_.back().at == 0) path_.pop_back();
  if (path_.empty()) return;
  Step& step = path_.back();
  --step.at;
  if (!step.node->is_leaf()) to_edge(as_inner(*step.node).children[step.at].node.get(), true);
}

}  // namespace tenon::storage_memory
