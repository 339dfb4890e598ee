#include "segment/segments/scan.h"

#include <algorithm>

namespace tenon::segment_log {
namespace {

constexpr std::uint32_t sector_bytes = 512;

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// True when some of [offset, end) was never written, as far as it shows: a whole sector, or the end, which is
// no zero in any record.
bool is_partly_unwritten(Bytes file, std::uint32_t offset, std::uint32_t end) {
  if (end > file.size() || end - offset < 8 || is_zero(file.subspan(end - 8, 8))) return true;
  for (std::uint32_t at = offset; at < end;) {
    const std::uint32_t next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
    if (is_zero(file.subspan(at, next - at))) return true;
    at = next;
  }
  return false;
}

// The head is written in one go with the first batch.
bool is_head_unwritten(Bytes file) {
  return file.size() < head_block_bytes ||
         (is_zero(file.first(sector_bytes)) && is_zero(file.subspan(head_copy_offset, sector_bytes)));
}

}  // namespace

bool Scan::is_record_at(std::uint32_t offset, RecordHead* ret_head) const {
  return decode_record_head(id_, offset, file_.subspan(offset), ret_head);
}

bool Scan::next(ScanItem* ret_item) {
  if (at_ >= file_.size()) return false;
  ScanItem item;
  item.offset = at_;
  if (is_record_at(at_, &item.head)) {
    const std::uint64_t end = at_ + record_bytes(item.head.body_bytes);
    item.kind = ScanItem::Kind::broken_body;
    RecordTrailer trailer;
    if (end <= file_.size()) {
      item.body = file_.subspan(at_ + record_head_bytes, item.head.body_bytes);
      if (body_is_sound(item.head, item.body)) item.kind = ScanItem::Kind::record;
      item.has_trailer = decode_trailer(id_, static_cast<std::uint32_t>(end), file_.first(end), &trailer);
    }
    item.end = static_cast<std::uint32_t>(end);
    // A length that leads behind the end: whatever follows is found by searching.
    at_ = end <= file_.size() ? item.end : static_cast<std::uint32_t>(file_.size());
  } else {
    item.kind = ScanItem::Kind::stretch;
    RecordHead next;
    do at_ += 8;
    while (at_ < file_.size() && !is_record_at(at_, &next));
    at_ = std::min(at_, static_cast<std::uint32_t>(file_.size()));
    item.end = at_;
    explain(item);
  }
  *ret_item = std::move(item);
  return true;
}

void Scan::explain(ScanItem& stretch) const {
  std::uint32_t end = stretch.end;
  RecordTrailer trailer;
  while (end > stretch.offset && decode_trailer(id_, end, file_.first(end), &trailer) &&
         trailer.record_bytes <= end - stretch.offset) {
    stretch.trailers.push_back(trailer);
    end -= trailer.record_bytes;
  }
  std::reverse(stretch.trailers.begin(), stretch.trailers.end());
  stretch.is_explained = end == stretch.offset;
}

Tail find_tail(SegmentId id, Bytes file, HeadState head, std::uint64_t readable_from) {
  Tail tail;
  tail.end = static_cast<std::uint32_t>(file.size());
  std::vector<ScanItem> wrong;
  Scan scan(id, file);
  for (ScanItem item; scan.next(&item);) {
    if (item.kind != ScanItem::Kind::stretch) tail.last_batch_offset = item.head.batch_offset;
    if (item.kind != ScanItem::Kind::record || !item.has_trailer) wrong.push_back(std::move(item));
  }
  const bool is_first_batch = tail.last_batch_offset <= head_block_bytes;
  if (head != HeadState::valid) {
    // Never written, or written and damaged since.
    if (is_first_batch && is_head_unwritten(file)) tail.end = 0;
    return tail;
  }
  for (const ScanItem& item : wrong) {
    // A stretch at the end of the file that no trailer ends is a record without its end.
    const bool has_no_end =
        item.kind == ScanItem::Kind::stretch && item.end == file.size() && !item.is_explained;
    const bool may_be_torn = has_no_end || is_partly_unwritten(file, item.offset, item.end);
    if (item.offset < std::max<std::uint64_t>(tail.last_batch_offset, readable_from) || !may_be_torn)
      continue;
    tail.end = std::min(tail.end, item.offset);
    break;
  }
  // Without a record it tells nothing.
  if (tail.end <= head_block_bytes) tail.end = 0;
  return tail;
}

}  // namespace tenon::segment_log
