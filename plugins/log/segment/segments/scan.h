#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "segment/segments/format.h"

namespace tenon::segment_log {

// A piece of a segment as a scan finds it.
struct ScanItem {
  enum class Kind {
    record,       // sound
    broken_body,  // its head is sound, so it is known whose it was
    stretch,      // no sound record begins here; up to the next one, or to the end
  };
  Kind kind = Kind::record;
  std::uint32_t offset = 0;
  std::uint32_t end = 0;
  RecordHead head;           // of record and broken_body
  Bytes body;                // of record
  bool has_trailer = false;  // of record: its trailer is sound, too; nothing is lost without
  // Of a stretch: what the ends of its records tell, in order; complete when they explain every byte of it.
  std::vector<RecordTrailer> trailers;
  bool is_explained = false;
};

// Walks the bytes of one segment behind its head block. Finds its way again behind bytes that make no sense.
class Scan {
 public:
  // `file` from its first byte; must outlive the scan.
  Scan(SegmentId id, Bytes file) : id_(id), file_(file) {}

  // False at the end.
  bool next(ScanItem* ret_item);

 private:
  bool is_record_at(std::uint32_t offset, RecordHead* ret_head) const;
  void explain(ScanItem& stretch) const;

  SegmentId id_;
  Bytes file_;
  std::uint32_t at_ = head_block_bytes;
};

// What the last segment of a journal holds behind its last complete commit.
struct Tail {
  std::uint32_t last_batch_offset = head_block_bytes;  // rewritten and synced by open
  std::uint32_t end = 0;                               // what is behind it is cut off; 0: the whole file goes
};

// Decides what of the last segment is the end of a write that was not completed.
//
// A batch is written only after the one before it was synced: whatever is wrong in front of the last batch is
// damage. In the last batch, or behind it, bytes that are wrong are a torn write when they can be one: a
// write that was not completed leaves sectors, or its end, unwritten, which read as zeroes or are behind the
// end of the file; no record ends in zeroes. The first such place is where the journal ends; other wrong
// bytes are damage, and so is whatever lies before `readable_from`, up to where the disk could not be read.
Tail find_tail(SegmentId id, Bytes file, HeadState head, std::uint64_t readable_from = 0);

}  // namespace tenon::segment_log
