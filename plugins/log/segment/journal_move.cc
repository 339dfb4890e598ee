// Stragglers: what few entries an old segment still holds are written again, so that it can go.
#include <algorithm>

#include "segment/journal.h"
#include "segment/segments/entry_walk.h"

namespace tenon::segment_log {

using sdk::Failure;

// Disk held stays below twice what is wanted and a few segments; so as much has been written since the last
// round as is wanted at most, and no byte is written again more than once for each that was new.
bool Journal::has_too_much_garbage() const {
  return disk_bytes_ > 2 * index_.live_bytes() + 2 * options_.segment_bytes;
}

// Adds to the batch what keeps the oldest segment, about `bytes_max` of it.
void Journal::add_moves(Batch& batch, Outlook& outlook, std::uint64_t bytes_max) {
  if (segments_.empty()) return;
  const std::uint32_t oldest = segments_.begin()->first;
  if (oldest == files_.head() && files_.has_head()) return;
  if (moving_segment_ != oldest || moving_.empty()) {
    moving_segment_ = oldest;
    moving_ = index_.groups_of(oldest);
  }
  const std::uint64_t limit = batch.bytes().size() + bytes_max;
  while (!moving_.empty() && batch.bytes().size() < limit) {
    const std::uint64_t before = batch.bytes().size();
    const bool is_whole = move_group(batch, outlook, moving_.back(), oldest, limit - before);
    counters_.moved_bytes.add(static_cast<std::int64_t>(batch.bytes().size() - before));
    if (!is_whole) return;
    moving_.pop_back();
  }
}

// `count` entries of an extent from its first on, as they stand in a body.
std::vector<std::uint8_t> Journal::raw_entries(tenon_group_id id, const Extent& extent, std::uint32_t count) {
  std::vector<std::uint8_t> stretch(extent.stretch_bytes);
  if (!move_reader_.load(extent.segment, extent.offset, stretch))
    throw Failure(TENON_E_CORRUPT, files_.path(extent.segment) + " is missing");
  std::vector<std::uint8_t> raw;
  std::uint64_t next = extent.first;
  const std::uint64_t end = extent.first + count;
  walk_entries(id_of(extent.segment), extent.offset, stretch, Bodies::check, id, next,
               [&](const EntryView& entry) {
                 if (next >= end) return false;
                 const std::uint8_t* head = entry.data.data() - entry_head_bytes;
                 raw.insert(raw.end(), head, head + entry_head_bytes + entry.data.size());
                 return true;
               });
  if (next != end)
    throw Failure(TENON_E_CORRUPT, files_.path(extent.segment) + ", offset " + std::to_string(extent.offset) +
                                       ": an entry is not where it was written");
  return raw;
}

void Journal::add_damage(Batch& batch, Outlook& outlook, tenon_group_id id, std::string_view text) {
  RecordHead head;
  head.group = id;
  head.type = RecordType::damage;
  head.number = ++outlook.of(id).number;
  outlook.of(id).is_damaged = true;
  batch.add(head, sdk::bytes_of(sdk::abi(text)), {});
}

// Adds records that state the group anew with its entries in segments up to `segment`. False when some are
// left for the next batch. A group whose entries can't be read is damaged from now on.
bool Journal::move_group(Batch& batch, Outlook& outlook, tenon_group_id id, std::uint32_t segment,
                         std::uint64_t bytes_max) {
  const Group* group = index_.find(id);
  if (group == nullptr || group->needs > segment) return true;
  if (!group->damage().empty()) {
    add_damage(batch, outlook, id, group->damage());
    return true;
  }
  RecordHead head;
  head.group = id;
  head.type = RecordType::move;
  head.flags = record_sets_hard_state;
  head.base = group->base();
  const auto add = [&](Bytes entries) {
    head.number = ++outlook.of(id).number;
    batch.add(head, entries, group->hard_state());
  };
  const std::uint64_t limit = batch.bytes().size() + bytes_max;
  bool has_stated = false;
  for (const Extent& extent : group->extents()) {
    if (extent.segment > segment) continue;
    if (has_stated && batch.bytes().size() >= limit) return false;
    try {
      const std::vector<std::uint8_t> raw = raw_entries(id, extent, extent.count);
      head.first = extent.first;
      head.entry_count = extent.count;
      add(raw);
    } catch (const Failure& failure) {
      if (failure.status() != TENON_E_CORRUPT) throw;
      report_damage(failure.what());
      add_damage(batch, outlook, id, failure.what());
      return true;
    }
    has_stated = true;
  }
  if (!has_stated) add({});
  return true;
}

// A commit of moves only. False: there was nothing to move.
bool Journal::write_moves(std::uint64_t bytes_max) {
  Batch batch = begin_batch(0);
  Outlook outlook(index_);
  add_moves(batch, outlook, bytes_max);
  if (batch.is_idle()) return false;
  commit(std::move(batch));
  return true;
}

// Frees space without a write to wait for.
void Journal::clean(std::uint64_t bytes_max) {
  while (has_too_much_garbage()) {
    const std::uint64_t before = disk_bytes_;
    if (!write_moves(bytes_max)) return;
    if (disk_bytes_ >= before && moving_.empty()) return;
  }
}

}  // namespace tenon::segment_log
