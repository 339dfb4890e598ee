#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "segment/segments/format.h"

namespace tenon::segment_log {

// The bytes of one commit while they are put together, and then of the records in it.
class Batch {
 public:
  struct Record {
    RecordHead head;
    std::uint32_t at;  // in bytes()
  };

  // Begins at `offset` of a segment; 0: a new one, whose head block comes first.
  Batch(SegmentId segment, std::uint32_t offset, std::uint64_t number);

  // `head` needs no sizes. REQUIRES: the batch stays below batch_bytes_max.
  void add_write(RecordHead head, std::span<const tenon_log_entry> entries, Bytes hard_state);
  // `entries` as they stand in a body.
  void add(RecordHead head, Bytes entries, Bytes hard_state);
  // Writes the checksums. Once, behind the last record.
  void seal();

  // True without a record, but for a directory.
  bool is_idle() const { return records_.empty() || records_.back().head.type == RecordType::directory; }
  bool begins_segment() const { return offset_ == 0; }
  std::uint32_t segment() const { return static_cast<std::uint32_t>(segment_.number); }
  std::uint32_t offset() const { return offset_; }
  Bytes bytes() const { return bytes_; }
  std::vector<std::uint8_t> take_bytes() { return std::move(bytes_); }
  const std::vector<Record>& records() const { return records_; }
  Bytes body(const Record& record) const {
    return bytes().subspan(record.at + record_head_bytes, record.head.body_bytes);
  }

 private:
  void begin(const RecordHead& head);
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void end(Bytes hard_state);

  SegmentId segment_;
  std::uint32_t offset_;
  std::uint64_t number_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Record> records_;
};

}  // namespace tenon::segment_log
