#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "admin/backup/backup_source.h"
#include "broker/shard.h"
#include "kv/snapshot/chunk.h"

namespace tenon::node {

// Writes the rows of one chunk of a store's state by commands, all at once: sessions by inbox::Import, those
// retained by retain::Import, settings of `meta` if there is none in their place. Holds itself until it is
// over. On the shard's worker.
class RestoreRows : public std::enable_shared_from_this<RestoreRows> {
 public:
  // `shard` outlives it. `then` is called once.
  RestoreRows(broker::Shard& shard, std::uint64_t restore, admin::Then<admin::RestoredRows> then)
      : shard_(shard), restore_(restore), then_(std::move(then)) {}
  // `store` is the one that the rows are of; they are views for the call.
  void start(kv::StoreId store, const kv::SnapshotChunk& chunk);

 private:
  Status write_session_rows(const kv::SnapshotChunk& chunk);
  Status write_retained(const kv::SnapshotRow& row);
  Status write_setting(const kv::SnapshotRow& row);
  void count(std::uint64_t written, std::uint64_t kept);
  void fail(const Error& error);
  void begin_one() { ++open_; }
  void end_one();

  broker::Shard& shard_;
  const std::uint64_t restore_;
  admin::Then<admin::RestoredRows> then_;
  admin::RestoredRows rows_;
  std::optional<Error> failure_;
  std::size_t open_ = 1;  // commands, and the reading of the chunk
};

}  // namespace tenon::node
