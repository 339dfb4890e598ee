#include "rocksdb/range_cursor.h"

namespace tenon::storage_rocksdb {

RangeCursor::RangeCursor(rocksdb::DB& db, const rocksdb::Snapshot* snapshot, std::uint32_t space,
                         tenon_bytes begin, tenon_bytes end, bool reverse)
    : reverse_(reverse), begin_(space, begin) {
  end_.set_end(space, end);
  lower_ = slice_of(begin_.get());
  upper_ = slice_of(end_.get());
  if (lower_.compare(upper_) >= 0) return;
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_lower_bound = &lower_;
  options.iterate_upper_bound = &upper_;
  walk_.reset(db.NewIterator(options));
  reverse_ ? walk_->SeekToLast() : walk_->SeekToFirst();
}

}  // namespace tenon::storage_rocksdb
