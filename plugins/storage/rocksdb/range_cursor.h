#pragma once

#include <rocksdb/db.h>

#include <memory>

#include "common/row_key.h"

namespace tenon::storage_rocksdb {

inline rocksdb::Slice slice_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}
inline tenon_bytes bytes_of(const rocksdb::Slice& slice) {
  return {reinterpret_cast<const std::uint8_t*>(slice.data()), slice.size()};
}

// Walks the keys of a space between two keys, upwards or downwards, at a snapshot or (null) at the moment of
// its making. Ends before the database does. One thread.
class RangeCursor {
 public:
  RangeCursor(rocksdb::DB& db, const rocksdb::Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
              tenon_bytes end, bool reverse);
  RangeCursor(const RangeCursor&) = delete;
  RangeCursor& operator=(const RangeCursor&) = delete;

  bool is_on_item() const { return walk_ && walk_->Valid(); }
  // REQUIRES: is_on_item(). Valid until advance().
  tenon_bytes key() const { return storage::RowKey::strip(bytes_of(walk_->key())); }
  tenon_bytes value() const { return bytes_of(walk_->value()); }
  void advance() { reverse_ ? walk_->Prev() : walk_->Next(); }
  // Not ok: why the walk stopped.
  rocksdb::Status status() const { return walk_ ? walk_->status() : rocksdb::Status::OK(); }

 private:
  const bool reverse_;
  const storage::RowKey begin_;
  storage::RowKey end_;
  rocksdb::Slice lower_;  // the walk refers to both
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> walk_;  // null: the range is empty
};

}  // namespace tenon::storage_rocksdb
