#pragma once

#include <cstddef>
#include <vector>

#include "algorithm/types.h"

namespace tenon::raft {

// Appends that were sent to one peer and not answered, oldest first.
class Inflights {
 public:
  // An append whose last entry is `last` was sent. REQUIRES: last is beyond those before.
  void add(Index last, std::size_t bytes);

  // The peer has everything up to `index`.
  void acknowledge(Index index);

  void clear();

  // Whether another append would have to wait. The byte limit lets one through always.
  bool full(std::size_t count_max, std::size_t bytes_max) const {
    return count() >= count_max || (count() > 0 && bytes_ >= bytes_max);
  }

  std::size_t count() const { return sent_.size() - head_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t memory_bytes() const { return sent_.capacity() * sizeof(Sent); }

 private:
  struct Sent {
    Index last;
    std::size_t bytes;
  };
  std::vector<Sent> sent_;  // from head_ on
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tenon::raft
