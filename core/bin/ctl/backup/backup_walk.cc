#include "bin/ctl/backup/backup_walk.h"

#include <algorithm>
#include <optional>
#include <span>

namespace tenon::ctl {

namespace {

// Counts rows, and keeps none.
class CountedRows final : public kv::SnapshotStaging {
 public:
  Status begin(const kv::RangeRecord&) override { return {}; }
  Status stage(kv::SnapshotSpace space, std::span<const kv::SnapshotRow> rows) override {
    if (space != kv::SnapshotSpace::state) return {};
    count += rows.size();
    for (const kv::SnapshotRow& row : rows) bytes += row.key.size() + row.value.size();
    return {};
  }

  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// One range's state while it is read.
struct OpenPart {
  OpenPart(kv::StoreId store_in, std::string from_in, const kv::RangeId& range)
      : store(store_in), from(std::move(from_in)), receiver(range, rows) {}

  const kv::StoreId store;
  const std::string from;
  CountedRows rows;
  kv::SnapshotReceiver receiver;
};

bool is_backed_up(std::uint8_t store) {
  return std::any_of(std::begin(backup_stores), std::end(backup_stores),
                     [store](kv::StoreId one) { return static_cast<std::uint8_t>(one) == store; });
}

class Walk {
 public:
  Walk(BackupReader& reader, const VisitRows& visit) : reader_(reader), visit_(visit) {
    summary_.header = reader.header();
  }

  Result<BackupSummary> run() {
    while (true) {
      const auto block = reader_.next();
      if (!block.ok()) return block.error();
      summary_.bytes = block->at + block_head_bytes + block->body.size();
      Status taken;
      if (block->kind == BlockKind::part)
        taken = take_part(block->body);
      else if (block->kind == BlockKind::chunk)
        taken = take_chunk(block->body);
      else
        taken = check_whole();
      if (!taken.ok()) return at_visit_ ? taken.error() : reader_.error_at(block->at, taken.error());
      if (block->kind == BlockKind::end) return std::move(summary_);
    }
  }

 private:
  Status take_part(std::string_view body) {
    if (open_ || head_) return Error{Errc::corrupt, "a part begins before the one before it is whole"};
    auto head = decode_backup_part(body);
    if (!head.ok()) return head.error();
    if (!is_backed_up(head->store)) return Error{Errc::corrupt, "a part is of a store that no backup has"};
    const auto expected = next_key_.find(head->store);
    if (expected == next_key_.end() ? !head->from.empty()
                                    : !expected->second || *expected->second != head->from)
      return Error{Errc::corrupt, "a part does not begin where the one before it has ended"};
    head_ = std::move(head).value();
    return {};
  }

  Status take_chunk(std::string_view body) {
    const auto chunk = kv::decode_snapshot_chunk(body);
    if (!chunk.ok()) return chunk.error();
    if (head_) {
      open_.emplace(kv::StoreId{head_->store}, head_->from, chunk->id.range);
      head_.reset();
    }
    if (!open_) return Error{Errc::corrupt, "a chunk belongs to no part"};
    if (const Status taken = open_->receiver.take(body); !taken.ok()) return taken;
    const kv::RangeRecord& record = *open_->receiver.record();
    if (record.descriptor.store != open_->store || !record.descriptor.holds(open_->from))
      return Error{Errc::corrupt, "the state is not of the range that the part is said to be"};
    if (open_->receiver.is_complete()) return end_part(record);
    const bool has_rows =
        chunk->kind == kv::SnapshotChunk::Kind::rows && chunk->space == kv::SnapshotSpace::state;
    return has_rows && visit_ ? show(*chunk) : Status{};
  }

  // Those before the part's first key are another part's.
  Status show(const kv::SnapshotChunk& chunk) {
    kv::SnapshotChunk counted = chunk;
    std::erase_if(counted.rows, [this](const kv::SnapshotRow& row) { return row.key < open_->from; });
    if (counted.rows.empty()) return {};
    const Status visited = visit_(open_->store, counted);
    at_visit_ = !visited.ok();
    return visited;
  }

  Status end_part(const kv::RangeRecord& record) {
    summary_.parts.push_back({open_->store, record, open_->rows.count, open_->rows.bytes});
    auto& next = next_key_[static_cast<std::uint8_t>(open_->store)];
    next = record.descriptor.end.empty() ? std::nullopt : std::optional(record.descriptor.end);
    open_.reset();
    return {};
  }

  Status check_whole() {
    if (open_ || head_) return Error{Errc::corrupt, "the last part is not whole"};
    for (const kv::StoreId store : backup_stores) {
      const auto next = next_key_.find(static_cast<std::uint8_t>(store));
      if (next == next_key_.end() || next->second)
        return Error{Errc::corrupt,
                     "the store " + std::string(kv::to_string(store)) + " is not there up to its end"};
    }
    return {};
  }

  BackupReader& reader_;
  const VisitRows& visit_;
  BackupSummary summary_;
  std::optional<BackupPart> head_;  // whose chunks are to come
  std::optional<OpenPart> open_;
  // Where the next part of a store has to begin; none: the store is there to its end.
  std::map<std::uint8_t, std::optional<std::string>> next_key_;
  bool at_visit_ = false;
};

}  // namespace

Result<BackupSummary> walk_backup(const std::string& path, const VisitRows& visit) {
  auto reader = BackupReader::open(path);
  if (!reader.ok()) return reader.error();
  return Walk(*reader, visit).run();
}

}  // namespace tenon::ctl
