// Reading entries.
#include <algorithm>

#include "segment/journal.h"
#include "segment/segments/entry_walk.h"

namespace tenon::segment_log {

using sdk::Failure;

// The stretch of an extent: from the disk as far as the cache does not reach, then block by block.
void Journal::add_pieces(const Extent& extent, std::uint64_t entries_end,
                         std::vector<Piece>& ret_pieces) const {
  std::uint32_t at = extent.offset;
  const std::uint32_t end = extent.offset + extent.stretch_bytes;
  while (at < end) {
    TailCache::Ref block = cache_.find(extent.segment, at);
    std::uint32_t piece_end = end;
    if (block && block->offset > at) {
      piece_end = std::min(end, block->offset);
      block = nullptr;
    } else if (block) {
      piece_end = std::min(end, static_cast<std::uint32_t>(block->end()));
    }
    ret_pieces.push_back({extent.segment, at, piece_end - at, entries_end, std::move(block)});
    at = piece_end;
  }
}

// What to look through for entries [begin, end): not much more than `bytes_max` of them.
void Journal::plan_pieces(const Group& group, std::uint64_t begin, std::uint64_t end, std::uint64_t bytes_max,
                          std::vector<Piece>& ret_pieces) const {
  std::uint64_t bytes = 0;
  for (auto at = group.extent_at(begin); at != group.extents().end() && at->first < end; ++at) {
    add_pieces(*at, std::min(end, at->end()), ret_pieces);
    const std::uint64_t wanted = at->end() - std::max(begin, at->first);
    bytes += at->live_bytes * wanted / at->count;
    if (bytes > bytes_max) return;
  }
}

// False when the page is full. Throws a Failure with TENON_E_NOT_FOUND when the segment has gone meanwhile.
bool Journal::read_piece(const Piece& piece, tenon_group_id id, std::uint64_t& next) {
  bool is_full = false;
  const auto add = [&](const EntryView& entry) {
    if (next >= piece.end) return false;
    is_full = !page_.add(next, entry);
    return !is_full;
  };
  if (piece.block) {
    page_.keep_block(piece.block);
    const Bytes bytes = Bytes(piece.block->bytes).subspan(piece.offset - piece.block->offset, piece.bytes);
    walk_entries(id_of(piece.segment), piece.offset, bytes, Bodies::trust, id, next, add);
    return !is_full;
  }
  std::vector<std::uint8_t>& buffer = page_.keep_buffer(piece.bytes);
  if (!reader_.load(piece.segment, piece.offset, buffer))
    throw Failure(TENON_E_NOT_FOUND, files_.path(piece.segment) + " is missing");
  walk_entries(id_of(piece.segment), piece.offset, buffer, Bodies::check, id, next, add);
  return !is_full;
}

tenon_status Journal::read(tenon_group_id id, std::uint64_t begin, std::uint64_t end, std::uint64_t bytes_max,
                           tenon_log_page* ret_page) {
  std::vector<Piece> pieces;
  for (;;) {
    pieces.clear();
    {
      const std::lock_guard lock(mutex_);
      const Group* group = index_.find(id);
      if (group == nullptr) return TENON_E_NOT_FOUND;
      if (!group->damage().empty()) throw Failure(TENON_E_CORRUPT, std::string(group->damage()));
      if (!group->holds(begin) || begin >= end) return TENON_E_NOT_FOUND;
      end = std::min(end, group->last().index + 1);
      plan_pieces(*group, begin, end, bytes_max, pieces);
    }
    page_.begin(bytes_max);
    std::uint64_t next = begin;
    try {
      for (const Piece& piece : pieces)
        if (!read_piece(piece, id, next)) break;
    } catch (const Failure& failure) {
      if (failure.status() != TENON_E_NOT_FOUND) throw;
      // Moved to another place, or forgotten, while nobody held the lock: look again.
      const bool is_gone = std::any_of(pieces.begin(), pieces.end(),
                                       [&](const Piece& piece) { return !is_held(piece.segment); });
      if (is_gone) continue;
      throw Failure(TENON_E_CORRUPT, failure.what());
    }
    if (page_.is_empty())
      throw Failure(TENON_E_CORRUPT, files_.path(pieces.front().segment) + ", offset " +
                                         std::to_string(pieces.front().offset) +
                                         ": an entry is not where it was written");
    *ret_page = page_.view();
    return TENON_OK;
  }
}

}  // namespace tenon::segment_log
