#include "segment/segments/batch.h"

#include "shared/byte_order.h"

namespace tenon::segment_log {

Batch::Batch(SegmentId segment, std::uint32_t offset, std::uint64_t number)
    : segment_(segment), offset_(offset), number_(number) {
  if (!begins_segment()) return;
  bytes_.resize(head_block_bytes);
  encode_head_block(segment_, bytes_);
}

void Batch::begin(const RecordHead& head) {
  records_.push_back({head, static_cast<std::uint32_t>(bytes_.size())});
  bytes_.resize(bytes_.size() + record_head_bytes);
}

void Batch::end(Bytes hard_state) {
  append(hard_state);
  Record& record = records_.back();
  record.head.hard_state_bytes = static_cast<std::uint32_t>(hard_state.size());
  record.head.body_bytes = static_cast<std::uint32_t>(bytes_.size() - record.at - record_head_bytes);
  bytes_.resize(record.at + record_bytes(record.head.body_bytes));
}

void Batch::add_write(RecordHead head, std::span<const tenon_log_entry> entries, Bytes hard_state) {
  head.entry_count = static_cast<std::uint32_t>(entries.size());
  head.first = entries.empty() ? 0 : entries.front().at.index;
  begin(head);
  for (const tenon_log_entry& entry : entries) {
    std::uint8_t entry_head[entry_head_bytes];
    shared::store_le64(entry_head, entry.at.term);
    shared::store_le32(entry_head + 8, entry.type);
    shared::store_le32(entry_head + 12, static_cast<std::uint32_t>(entry.data.len));
    append(entry_head);
    append(sdk::bytes_of(entry.data));
  }
  end(hard_state);
}

void Batch::add(RecordHead head, Bytes entries, Bytes hard_state) {
  begin(head);
  append(entries);
  end(hard_state);
}

void Batch::seal() {
  const std::uint32_t front = begins_segment() ? head_block_bytes : 0;
  const auto batch_bytes = static_cast<std::uint32_t>(bytes_.size() - front);
  for (Record& record : records_) {
    record.head.batch = number_;
    record.head.batch_offset = offset_ + front;
    record.head.batch_bytes = batch_bytes;
    seal_record(segment_, offset_ + record.at, record.head,
                std::span(bytes_).subspan(record.at, record_bytes(record.head.body_bytes)));
  }
}

}  // namespace tenon::segment_log
