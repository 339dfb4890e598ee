#pragma once

#include <vector>

#include "memory/node.h"

namespace tenon::storage_memory {

// A place in one version of a tree. Holds that version: later changes of the tree neither move nor free what
// the cursor sees. One thread.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(NodeRef root) : root_(std::move(root)) {}

  // To the first record whose key is not below `key`.
  void seek(tenon_bytes key);
  // To the last record whose key is below `key`.
  void seek_before(tenon_bytes key);
  // To the last record.
  void seek_last();

  // False before the first seek, and beyond either end.
  bool valid() const { return !path_.empty(); }
  // REQUIRES of all below: valid().
  const Record& record() const { return *as_leaf(*path_.back().node).records[path_.back().at]; }
  void next();
  void previous();

 private:
  struct Step {
    const Node* node;
    std::size_t at;
  };
  void descend(tenon_bytes key);
  void to_edge(const Node* node, bool to_last);

  NodeRef root_;
  std::vector<Step> path_;  // from the root to a leaf; empty when not valid
};

}  // namespace tenon::storage_memory
