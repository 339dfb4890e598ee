#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <tenon/failure.hpp>

#include "segment/group.h"
#include "segment/segments/format.h"

namespace tenon::segment_log {

// Whether the bodies of records are compared with their checksums: not again in memory.
enum class Bodies { check, trust };

// Walks the records in `piece`, which begins at `offset` of a segment, and calls visit(EntryView) -> bool for
// each entry of `group` from `next` on, counting `next` up, until visit answers false. Passes over damaged
// records of others, and over bytes that are no record: what is missing shows in `next`. Throws a Failure
// with TENON_E_CORRUPT and the place when the body of a wanted record is damaged.
template <class Visit>
void walk_entries(const SegmentId& id, std::uint32_t offset, Bytes piece, Bodies bodies, tenon_group_id group,
                  std::uint64_t& next, Visit&& visit) {
  const auto broken = [&] {
    return sdk::Failure(TENON_E_CORRUPT, segment_name(id.number) + ", offset " + std::to_string(offset) +
                                             ": the checksum of a record is wrong");
  };
  std::uint64_t step = 0;
  for (; !piece.empty(); piece = piece.subspan(step), offset += static_cast<std::uint32_t>(step)) {
    RecordHead head;
    step = std::min<std::uint64_t>(8, piece.size());
    if (!decode_record_head(id, offset, piece, &head) || record_bytes(head.body_bytes) > piece.size())
      continue;
    step = record_bytes(head.body_bytes);
    const bool is_wanted = IdEqual()(head.group, group) && next >= head.first &&
                           next < head.first + head.entry_count &&
                           (head.type == RecordType::write || head.type == RecordType::move);
    if (!is_wanted) continue;
    Bytes body = piece.subspan(record_head_bytes, head.body_bytes);
    if (bodies == Bodies::check && !body_is_sound(head, body)) throw broken();
    EntryView entry;
    for (std::uint64_t at = head.first; at < head.first + head.entry_count; ++at) {
      if (!next_entry(body, &entry)) throw broken();
      if (at != next) continue;
      if (!visit(entry)) return;
      ++next;
    }
  }
}

}  // namespace tenon::segment_log
