#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kv/range_record.h"
#include "kv/snapshot/chunk.h"

namespace tenon::kv {

// Where the rows of a snapshot wait until all of it is there. Nobody reads them before.
class SnapshotStaging {
 public:
  // What was staged before counts no more.
  virtual Status begin(const RangeRecord& record) = 0;
  // Rows in the order of their whole keys, each once.
  virtual Status stage(SnapshotSpace space, std::span<const SnapshotRow> rows) = 0;

 protected:
  ~SnapshotStaging() = default;
};

// Takes the chunks of one snapshot in order and checks them. Once is_complete(), what is staged is the state
// of record(), and whoever owns the staging puts it in the place of the old one. One thread at a time.
class SnapshotReceiver {
 public:
  // For a replica of `range`. `staging` outlives it.
  SnapshotReceiver(const RangeId& range, SnapshotStaging& staging) : range_(range), staging_(staging) {}

  // The chunk that is wanted; to go on after a break, ask for it again.
  std::uint64_t next() const { return next_; }
  bool is_complete() const { return is_complete_; }
  // Empty before the header came.
  const std::optional<RangeRecord>& record() const { return record_; }

  // The chunk of number next(). Any error but that of the staging leaves everything as it was, and nothing of
  // the chunk is staged:
  //   corrupt      damaged on its way, or made wrong: what and where
  //   invalid      whole, but not the chunk that is wanted: of another number, snapshot or range
  //   unsupported  of a newer version
  // After an error of the staging no chunk is taken any more: begin with a new receiver.
  Status take(std::string_view bytes);

 private:
  Status check_head(const SnapshotChunk& chunk) const;
  Status take_header(const SnapshotChunk& chunk);
  Status take_rows(const SnapshotChunk& chunk);
  Status take_end(const SnapshotChunk& chunk);
  // In order, behind those that came before, and of this range.
  Status check_rows(const SnapshotChunk& chunk) const;
  bool belongs(SnapshotSpace space, std::string_view key) const;

  const RangeId range_;
  SnapshotStaging& staging_;
  std::optional<RangeRecord> record_;
  std::uint64_t next_ = 0;
  SnapshotCounts counts_;
  SnapshotSpace last_space_ = SnapshotSpace::state;
  std::optional<std::string> last_key_;  // in last_space_
  bool is_complete_ = false;
  bool is_broken_ = false;
};

}  // namespace tenon::kv
