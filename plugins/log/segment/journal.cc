#include "segment/journal.h"

#include <algorithm>
#include <utility>

#include "segment/segments/scan.h"
#include "shared/byte_order.h"

namespace tenon::segment_log {

using sdk::Failure;

Journal::Journal(Setup setup)
    : disk_(std::move(setup.disk)),
      log_(std::move(setup.log)),
      health_(std::move(setup.health)),
      counters_(setup.counters),
      dir_(std::move(setup.dir)),
      options_(setup.options),
      journal_id_(setup.fresh_id),
      cache_(options_.cache_bytes),
      files_(disk_, health_, dir_),
      move_reader_(disk_, dir_),
      reader_(disk_, dir_) {
  recover();
}

tenon_status Journal::groups(tenon_log_group_fn fn, void* user) const {
  for (const tenon_group_id& id : index_.ids()) {
    const Group& group = *index_.find(id);
    const tenon_log_group out{sizeof out,
                              group.damage().empty() ? TENON_OK : TENON_E_CORRUPT,
                              id,
                              group.base(),
                              group.last(),
                              sdk::abi(group.hard_state()),
                              sdk::abi(group.damage())};
    if (const tenon_status status = fn(user, &out); status != TENON_OK) return status;
  }
  return TENON_OK;
}

// -- writing

void Journal::write_v(std::span<const tenon_log_write> writes) {
  files_.refuse_if_latched();
  std::uint64_t bytes = 0;
  for (const tenon_log_write& write : writes) {
    bytes += record_bytes(write.hard_state.len);
    for (std::uint32_t i = 0; i < write.entry_count; ++i)
      bytes += entry_head_bytes + write.entries[i].data.len;
  }
  if (bytes > batch_bytes_max / 2)
    throw Failure(TENON_E_INVALID, "a call of more than 512 MiB; write it in several");
  if (!has_too_much_garbage()) return try_write(writes, bytes, 0);
  const std::uint64_t move_bytes_max =
      std::max(2 * bytes, std::min<std::uint64_t>(256 * 1024, options_.segment_bytes / 4));
  try {
    try_write(writes, bytes, move_bytes_max);
  } catch (const Failure& failure) {
    if (files_.is_latched()) throw;
    moving_.clear();
    // A group of this call may have shown as damaged when it was moved: that is written down first.
    if (failure.status() == TENON_E_CORRUPT) write_moves(move_bytes_max);
    try_write(writes, bytes, 0);
  }
}

void Journal::try_write(std::span<const tenon_log_write> writes, std::uint64_t bytes,
                        std::uint64_t move_bytes_max) {
  Batch batch = begin_batch(bytes);
  Outlook outlook(index_);
  if (move_bytes_max > 0) add_moves(batch, outlook, move_bytes_max);
  for (const tenon_log_write& write : writes) add_write(batch, outlook, write);
  if (!batch.is_idle()) commit(std::move(batch));
}

Batch Journal::begin_batch(std::uint64_t bytes) {
  if (files_.fits_head(bytes, options_.segment_bytes))
    return Batch(id_of(files_.head()), files_.head_end(), next_batch_);
  Batch batch(id_of(files_.head() + 1), 0, next_batch_);
  add_directory(batch);
  return batch;
}

void Journal::add_directory(Batch& batch) const {
  using shared::store_le32;
  using shared::store_le64;
  const std::vector<tenon_group_id> ids = index_.ids();
  std::vector<std::uint8_t> body(directory_head_bytes + directory_row_bytes * ids.size());
  store_le64(body.data(), files_.head_end());
  store_le64(body.data() + 8, ids.size());
  std::uint8_t* row = body.data() + directory_head_bytes;
  for (const tenon_group_id& id : ids) {
    store_le64(row, id.range);
    store_le64(row + 8, id.incarnation);
    store_le32(row + 16, index_.find(id)->number);
    row += directory_row_bytes;
  }
  RecordHead head;
  head.type = RecordType::directory;
  batch.add(head, body, {});
}

void Journal::add_write(Batch& batch, Outlook& outlook, const tenon_log_write& write) const {
  if (!outlook.take(write)) return;
  const Outlook::State& state = outlook.of(write.group);
  RecordHead head;
  head.group = write.group;
  head.number = state.number;
  head.base = state.base;
  if ((write.flags & TENON_LOG_REMOVE) != 0) {
    head.type = RecordType::remove;
    batch.add(head, {}, {});
    return;
  }
  if ((write.flags & TENON_LOG_SET_BASE) != 0) head.flags |= record_sets_base;
  const bool sets_hard_state = (write.flags & TENON_LOG_SET_HARD_STATE) != 0;
  if (sets_hard_state) head.flags |= record_sets_hard_state;
  batch.add_write(head, {write.entries, write.entry_count},
                  sets_hard_state ? sdk::bytes_of(write.hard_state) : Bytes());
}

void Journal::commit(Batch batch) {
  batch.seal();
  try {
    files_.write(batch);
  } catch (const Failure&) {
    moving_.clear();
    throw;
  }
  ++next_batch_;
  counters_.bytes.add(static_cast<std::int64_t>(batch.bytes().size()));
  {
    const std::lock_guard lock(mutex_);
    note(batch);
  }
  look_whether_mended(batch);
  counters_.commits.add();
  drop_needless();
  counters_.disk_bytes.set(static_cast<std::int64_t>(disk_bytes_));
}

// With the last damaged group removed, nothing is wrong any more.
void Journal::look_whether_mended(const Batch& batch) {
  if (!shows_damage_) return;
  const auto& records = batch.records();
  const bool removes = std::any_of(records.begin(), records.end(), [](const Batch::Record& record) {
    return record.head.type == RecordType::remove;
  });
  if (!removes || index_.has_damage()) return;
  shows_damage_ = false;
  health_.ok();
}

// Takes a batch that is durable into index, files and cache.
void Journal::note(Batch& batch) {
  for (const Batch::Record& record : batch.records()) {
    index_.apply(record.head, batch.body(record), batch.segment(), batch.offset() + record.at);
    if (record.head.type != RecordType::write) continue;
    entry_count_ += record.head.entry_count;
    counters_.entries.add(record.head.entry_count);
  }
  const std::uint64_t bytes = batch.bytes().size();
  byte_count_ += bytes;
  disk_bytes_ += bytes;
  segments_[batch.segment()].bytes = batch.offset() + bytes;
  cache_.add(batch.segment(), batch.offset(), batch.take_bytes());
}

void Journal::drop_needless() {
  while (!segments_.empty()) {
    const auto [number, file] = *segments_.begin();
    if (number == files_.head() && files_.has_head()) return;
    if (!index_.is_needless(number)) return;
    {
      // First out of sight: a reader that does not find the file must know why.
      const std::lock_guard lock(mutex_);
      segments_.erase(number);
      disk_bytes_ -= file.bytes;
    }
    if (files_.drop(number, file.is_damaged)) {
      if (file.is_damaged)
        log_.warn("journal.segment_set_aside", "a damaged segment was set aside",
                  {{"file", files_.path(number) + ".damaged"}});
      continue;
    }
    const std::lock_guard lock(mutex_);
    segments_[number] = file;
    disk_bytes_ += file.bytes;
    return;
  }
}

void Journal::compact(tenon_group_id id, tenon_log_point base) {
  const Group* group = index_.find(id);
  if (group == nullptr) throw Failure(TENON_E_NOT_FOUND, "no such group");
  if (!group->damage().empty()) throw Failure(TENON_E_CORRUPT, std::string(group->damage()));
  if (base.index <= group->base().index) return;
  if (base.index > group->last().index || group->term_of(base.index) != base.term)
    throw Failure(TENON_E_INVALID, "the log has no entry " + std::to_string(base.index) + " of term " +
                                       std::to_string(base.term));
  {
    const std::lock_guard lock(mutex_);
    index_.forget(id, base);
  }
  if (files_.is_latched()) return;
  try {
    clean(1024 * 1024);
  } catch (const Failure&) {
    // Forgetting was asked for and done; the space is freed with a later call.
    if (files_.is_latched()) throw;
  }
}

// -- looking

tenon_status Journal::term_at(tenon_group_id id, std::uint64_t index, std::uint64_t* ret_term) const {
  const std::lock_guard lock(mutex_);
  const Group* group = index_.find(id);
  if (group == nullptr) return TENON_E_NOT_FOUND;
  if (!group->damage().empty()) return TENON_E_CORRUPT;
  if (index != group->base().index && !group->holds(index)) return TENON_E_NOT_FOUND;
  *ret_term = group->term_of(index);
  return TENON_OK;
}

tenon_status Journal::bounds(tenon_group_id id, tenon_log_bounds* ret_bounds) const {
  const std::lock_guard lock(mutex_);
  const Group* group = index_.find(id);
  if (group == nullptr) return TENON_E_NOT_FOUND;
  if (!group->damage().empty()) return TENON_E_CORRUPT;
  ret_bounds->base = group->base();
  ret_bounds->last = group->last();
  return TENON_OK;
}

void Journal::stats(tenon_log_stats* ret_stats) const {
  const std::lock_guard lock(mutex_);
  ret_stats->latched = files_.is_latched() ? 1 : 0;
  ret_stats->disk_bytes = disk_bytes_;
  ret_stats->live_bytes = index_.live_bytes();
  ret_stats->memory_bytes = index_.memory_bytes() + cache_.bytes();
  ret_stats->group_count = index_.group_count();
  ret_stats->entry_count = entry_count_;
  ret_stats->byte_count = byte_count_;
  ret_stats->sync_count = files_.sync_count();
}

bool Journal::is_held(std::uint32_t segment) const {
  const std::lock_guard lock(mutex_);
  return segments_.contains(segment);
}

void Journal::verify() {
  SegmentFiles::Files files;
  {
    const std::lock_guard lock(mutex_);
    files = segments_;
  }
  std::vector<std::uint8_t> bytes;
  for (const auto& [number, file] : files) {
    bytes.resize(file.bytes);
    if (!reader_.load(number, 0, bytes)) {
      if (!is_held(number)) continue;  // dropped meanwhile
      throw Failure(TENON_E_CORRUPT, files_.path(number) + " is missing");
    }
    SegmentId id;
    if (decode_head_block(bytes, &id) != HeadState::valid)
      throw Failure(TENON_E_CORRUPT, files_.path(number) + ", offset 0: the head is damaged");
    Scan scan(id_of(number), bytes);
    for (ScanItem item; scan.next(&item);)
      if (item.kind != ScanItem::Kind::record || !item.has_trailer)
        throw Failure(TENON_E_CORRUPT, files_.path(number) + ", offset " + std::to_string(item.offset) +
                                           ": the checksum of a record is wrong");
  }
}

}  // namespace tenon::segment_log
