#pragma once

#include <tenon/draft/storage.h>

#include <vector>

#include "memory/cursor.h"

namespace tenon::storage_memory {

// Walks the records in [begin, end) of one version of a tree, upwards or downwards. An empty end is the end
// of the tree. One thread.
class RangeWalk {
 public:
  RangeWalk(NodeRef root, tenon_bytes begin, tenon_bytes end, bool reverse);

  // Null when none is left. Valid as long as the walk.
  const Record* current() const;
  // REQUIRES: current() is not null.
  void advance();

 private:
  Cursor cursor_;
  const bool reverse_;
  std::vector<std::uint8_t> stop_;  // upwards: the end; downwards: the begin
};

}  // namespace tenon::storage_memory
