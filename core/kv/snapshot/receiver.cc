#include "kv/snapshot/receiver.h"

#include <utility>

namespace tenon::kv {
namespace {

Error wrong(Errc code, const SnapshotChunk& chunk, std::string_view what) {
  return {code, "snapshot of range " + std::to_string(chunk.id.range.number) + " at index " +
                    std::to_string(chunk.id.applied.index) + ", chunk " + std::to_string(chunk.number) +
                    ": " + std::string(what)};
}

}  // namespace

Status SnapshotReceiver::take(std::string_view bytes) {
  if (is_broken_) return Error{Errc::invalid, "snapshot: its rows could not be staged; begin anew"};
  const Result<SnapshotChunk> chunk = decode_snapshot_chunk(bytes);
  if (!chunk) return chunk.error();
  const Status head = check_head(*chunk);
  if (!head) return head;
  switch (chunk->kind) {
    case SnapshotChunk::Kind::header:
      return take_header(*chunk);
    case SnapshotChunk::Kind::rows:
      return take_rows(*chunk);
    case SnapshotChunk::Kind::end:
      return take_end(*chunk);
  }
  return wrong(Errc::corrupt, *chunk, "there is no such kind of chunk");
}

Status SnapshotReceiver::check_head(const SnapshotChunk& chunk) const {
  if (chunk.id.range != range_) return wrong(Errc::invalid, chunk, "it is of another range");
  if (is_complete_) return wrong(Errc::invalid, chunk, "the snapshot is complete");
  if (chunk.number != next_)
    return wrong(Errc::invalid, chunk, "chunk " + std::to_string(next_) + " is the next");
  if (record_ && chunk.id.applied != record_->applied)
    return wrong(
        Errc::invalid, chunk,
        "the snapshot that is being received is that at index " + std::to_string(record_->applied.index));
  if ((chunk.kind == SnapshotChunk::Kind::header) != (next_ == 0))
    return wrong(Errc::corrupt, chunk, "the header stands at the beginning, and there only");
  return {};
}

Status SnapshotReceiver::take_header(const SnapshotChunk& chunk) {
  if (chunk.record.id != chunk.id.range || chunk.record.applied != chunk.id.applied)
    return wrong(Errc::corrupt, chunk, "its record is of another range or index");
  const Status begun = staging_.begin(chunk.record);
  is_broken_ = !begun.ok();
  if (is_broken_) return begun;
  record_ = chunk.record;
  ++next_;
  return {};
}

Status SnapshotReceiver::take_rows(const SnapshotChunk& chunk) {
  const Status check = check_rows(chunk);
  if (!check) return check;
  const Status staged = staging_.stage(chunk.space, chunk.rows);
  is_broken_ = !staged.ok();
  if (is_broken_) return staged;
  (chunk.space == SnapshotSpace::state ? counts_.state : counts_.sources) += chunk.rows.size();
  last_space_ = chunk.space;
  last_key_ = chunk.rows.back().key;
  ++next_;
  return {};
}

Status SnapshotReceiver::take_end(const SnapshotChunk& chunk) {
  if (chunk.counts != counts_)
    return wrong(Errc::corrupt, chunk,
                 "it ends with " + std::to_string(chunk.counts.state) + " and " +
                     std::to_string(chunk.counts.sources) + " rows, " + std::to_string(counts_.state) +
                     " and " + std::to_string(counts_.sources) + " came");
  is_complete_ = true;
  ++next_;
  return {};
}

Status SnapshotReceiver::check_rows(const SnapshotChunk& chunk) const {
  if (chunk.rows.empty()) return wrong(Errc::corrupt, chunk, "it has no rows");
  if (chunk.space < last_space_)
    return wrong(Errc::corrupt, chunk, "the state's rows come before those of the senders");
  std::optional<std::string_view> before;
  if (last_key_ && last_space_ == chunk.space) before = *last_key_;
  for (std::size_t i = 0; i < chunk.rows.size(); ++i) {
    const std::string_view key = chunk.rows[i].key;
    if (before && key <= *before)
      return wrong(Errc::corrupt, chunk, "row " + std::to_string(i) + " is not behind the one before it");
    if (!belongs(chunk.space, key))
      return wrong(Errc::corrupt, chunk, "row " + std::to_string(i) + " is outside of the range");
    before = key;
  }
  return {};
}

bool SnapshotReceiver::belongs(SnapshotSpace space, std::string_view key) const {
  if (space == SnapshotSpace::state) return record_->descriptor.holds(key);
  return key.starts_with(range_key(range_));
}

}  // namespace tenon::kv
