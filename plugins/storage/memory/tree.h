#pragma once

#include <optional>

#include "memory/node.h"

namespace tenon::storage_memory {

// An ordered map from keys to records: a B+ tree whose nodes are shared between versions. A copy of the tree
// is a snapshot and costs one reference; a change copies only the nodes on its way that another version holds
// too.
//
// The methods that change return by how many bytes the records of this version grew (Record::size()). They
// throw std::bad_alloc; the tree is then still ordered, but what it holds of the change is open: drop it and
// go on with the copy of before. One thread; `meter` outlives all copies.
class Tree {
 public:
  explicit Tree(MemoryMeter& meter) : meter_(&meter) {}

  // Adds the record, or puts it in the place of one with the same key.
  std::int64_t put(RecordRef record);
  // A missing key is no error.
  std::int64_t erase(tenon_bytes key);
  // Removes the keys in [begin, end); an empty end is the end of the tree.
  std::int64_t erase_range(tenon_bytes begin, tenon_bytes end);

  // Null without one. Valid as long as this version.
  const Record* find(tenon_bytes key) const;
  // Null when empty; for Cursor.
  NodeRef root() const { return root_; }

 private:
  // The upper half of a node that was full, and the least key that belongs there.
  struct Split {
    RecordRef low;
    NodeRef node;
  };
  using MaybeSplit = std::optional<Split>;

  MaybeSplit put_below(NodeRef& slot, RecordRef& record, std::int64_t& growth);
  MaybeSplit put_in_leaf(Leaf& leaf, RecordRef& record, std::int64_t& growth);
  Split split_leaf(Leaf& leaf, std::size_t at, RecordRef& record);
  MaybeSplit add_child(Inner& inner, std::size_t at, Split child);
  RecordRef low_of(const Leaf& leaf);

  // Removes the records of the leaf that `begin` leads to, from `begin` on and below `end`.
  std::int64_t erase_in_leaf(NodeRef& slot, tenon_bytes begin, tenon_bytes end);
  void rebalance(Inner& inner, std::size_t at);
  void shrink_root();

  static void own(NodeRef& slot);

  MemoryMeter* meter_;
  NodeRef root_;
};

}  // namespace tenon::storage_memory
