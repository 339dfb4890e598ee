#include "store/ranges.h"

#include <algorithm>

namespace tenon::store {

bool Ranges::is_past(const kv::RangeId& id, const kv::Descriptor& descriptor) const {
  const auto table = tables_.find(descriptor.store);
  if (table == tables_.end()) return false;
  if (table->second.is_superseded(id)) return true;
  const std::uint32_t era = kv::era_of(descriptor.epoch);
  const auto is_later = [&](const kv::RangeTable::Entry* holder) {
    return holder && holder->id != id && kv::era_of(holder->descriptor.epoch) > era;
  };
  if (!kv::is_provisional(id, descriptor.epoch)) return is_later(table->second.find(descriptor.begin));
  const auto pieces = table->second.pieces(descriptor.begin, descriptor.end);
  return std::any_of(pieces.begin(), pieces.end(), [&](const auto& piece) { return is_later(piece.entry); });
}

bool Ranges::is_past_for_now(const kv::RangeId& id, const kv::Descriptor& descriptor) const {
  const kv::RangeTable& table = tables_.at(descriptor.store);
  if (table.is_superseded(id)) return !table.has_ended_for_good(id);
  const kv::RangeTable::Entry* holder = table.find(descriptor.begin);
  return holder && kv::is_provisional(holder->id, holder->descriptor.epoch);
}

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
