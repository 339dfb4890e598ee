#pragma once

#include <tenon/draft/replication.h>

#include <algorithm>
#include <cstring>

namespace tenon::raft {

// What the host does for a replicator, with its `user`.
class Env {
 public:
  // Takes a full-size copy of the table, zero where the host's own ends.
  Env(const tenon_replication_env* table, void* user) : user_(user) {
    std::memcpy(&table_, table, std::min<std::size_t>(table->struct_size, sizeof table_));
  }

  const tenon_replication_env* operator->() const { return &table_; }
  void* user() const { return user_; }

 private:
  tenon_replication_env table_{};
  void* user_;
};

}  // namespace tenon::raft
