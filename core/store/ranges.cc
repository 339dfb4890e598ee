#include "store/ranges.h"

#include <algorithm>

namespace tenon::store {

Ranges::Claims Ranges::claims_on(const kv::RangeId& id, const kv::Descriptor& descriptor) const {
  Claims claims;
  claims.boundary = descriptor.epoch.boundary;
  const auto table = tables_.find(descriptor.store);
  if (table == tables_.end()) return claims;
  for (const auto& piece : table->second.pieces(descriptor.begin, descriptor.end)) {
    if (!piece.entry) continue;
    const std::uint32_t boundary = piece.entry->descriptor.epoch.boundary;
    claims.boundary = std::max(claims.boundary, boundary);
    const bool is_other = piece.entry->id.number != id.number && boundary > descriptor.epoch.boundary;
    if (!is_other || claims.is_taken || !claims.taken_from.empty()) continue;
    if (piece.begin == descriptor.begin)
      claims.is_taken = true;
    else
      claims.taken_from = piece.begin;
  }
  return claims;
}

}  // namespace tenon::store
