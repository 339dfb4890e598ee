#include "kv/range_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kv/reshape/recovery.h"

namespace tenon::kv {
namespace {

auto order_of(const RangeId& id, const Epoch& epoch) {
  return std::tuple(era_of(epoch), id.incarnation, epoch.boundary, epoch.members);
}

// The weaker of two claims to the same keys comes first.
bool is_weaker(const RangeTable::Entry* a, const RangeTable::Entry* b) {
  const auto claim = [](const RangeTable::Entry& entry) {
    return std::tuple(entry.descriptor.epoch.boundary, entry.id.incarnation, entry.id.number);
  };
  return claim(*a) < claim(*b);
}

// Whether an end comes before another; an empty one is the last of all.
bool ends_before(std::string_view a, std::string_view b) {
  return !a.empty() && (b.empty() || a < b);
}

}  // namespace

RangeTable::Update RangeTable::update(const RangeId& id, const Descriptor& descriptor) {
  if (descriptor.store != store_ || id.number == no_range) return Update::wrong;
  return take(id, descriptor.epoch, {{id, descriptor}, false});
}

RangeTable::Update RangeTable::retire(const RangeId& id, const Epoch& last) {
  if (id.number == no_range) return Update::wrong;
  Known known{{id, {}}, true};
  known.entry.descriptor.store = store_;
  known.entry.descriptor.epoch = last;
  return take(id, last, std::move(known));
}

RangeTable::Update RangeTable::take(const RangeId& id, const Epoch& epoch, Known known) {
  const auto found = known_.find(id.number);
  if (found != known_.end()) {
    Known& before = found->second;
    const auto order_before = order_of(before.entry.id, before.entry.descriptor.epoch);
    if (order_of(id, epoch) < order_before) {
      if (id.incarnation != before.entry.id.incarnation) before.over.insert(id.incarnation);
      return Update::older;
    }
    // The end of a range comes behind the last that was heard of it, with the same epoch.
    if (order_of(id, epoch) == order_before && known.is_retired <= before.is_retired)
      return known.is_retired < before.is_retired ? Update::older : Update::known;
    if (before.entry.id == id && has_member(known.entry.descriptor.members, before.entry.leader)) {
      known.entry.leader = before.entry.leader;
      known.entry.leader_term = before.entry.leader_term;
    }
    known.over = std::move(before.over);
    known.over.insert(before.entry.id.incarnation);
    known.over.erase(id.incarnation);
    if (before.is_retired) --retired_count_;
    if (before.entry.id != id) bring_back_from(before.entry.id);
  }
  if (known.is_retired) ++retired_count_;
  known_.insert_or_assign(id.number, std::move(known));
  rebuild();
  return Update::taken;
}

void RangeTable::note_leader(const RangeId& id, NodeId leader, std::uint64_t term) {
  const auto found = known_.find(id.number);
  if (found == known_.end() || found->second.is_retired) return;
  Entry& entry = found->second.entry;
  if (entry.id != id || term < entry.leader_term || !has_member(entry.descriptor.members, leader)) return;
  entry.leader = leader;
  entry.leader_term = term;
}

const RangeTable::Entry* RangeTable::find(std::string_view key) const {
  const auto behind = holders_.upper_bound(key);
  if (behind == holders_.begin()) return nullptr;
  const std::uint64_t number = std::prev(behind)->second;
  return number == no_range ? nullptr : &known_.at(number).entry;
}

const RangeTable::Entry* RangeTable::find(const RangeId& id) const {
  const auto found = known_.find(id.number);
  if (found == known_.end() || found->second.is_retired || found->second.entry.id != id) return nullptr;
  return &found->second.entry;
}

std::vector<RangeTable::Piece> RangeTable::pieces(std::string_view begin, std::string_view end) const {
  std::vector<Piece> pieces;
  if (!end.empty() && end <= begin) return pieces;
  pieces.push_back({std::string(begin), {}, find(begin)});
  for (auto at = holders_.upper_bound(begin); at != holders_.end() && ends_before(at->first, end); ++at) {
    pieces.back().end = at->first;
    pieces.push_back({at->first, {}, find(at->first)});
  }
  pieces.back().end = end;
  return pieces;
}

std::vector<RangeTable::Piece> RangeTable::gaps() const {
  std::vector<Piece> gaps = pieces({}, {});
  std::erase_if(gaps, [](const Piece& piece) { return piece.entry != nullptr; });
  return gaps;
}

std::vector<RangeTable::Overlap> RangeTable::overlaps() const {
  std::vector<Overlap> overlaps;
  for (const Entry* entry : by_claim())
    for (const Piece& piece : pieces(entry->descriptor.begin, entry->descriptor.end))
      if (piece.entry != nullptr && piece.entry != entry)
        overlaps.push_back({piece.begin, piece.end, piece.entry->id, entry->id});
  return overlaps;
}

std::vector<const RangeTable::Entry*> RangeTable::by_claim() const {
  std::vector<const Entry*> entries;
  for (const auto& [number, known] : known_)
    if (!known.is_retired) entries.push_back(&known.entry);
  std::sort(entries.begin(), entries.end(), is_weaker);
  return entries;
}

void RangeTable::rebuild() {
  do {
    holders_.clear();
    for (const Entry* entry : by_claim()) claim(*entry);
  } while (retire_absorbed());
}

bool RangeTable::retire_absorbed() {
  bool found = false;
  for (auto& [number, known] : known_) {
    if (known.is_retired) continue;
    const Entry* holder = find(known.entry.descriptor.begin);
    if (!holder || holder == &known.entry) continue;
    if (holder->descriptor.epoch.boundary <= known.entry.descriptor.epoch.boundary) continue;
    known.is_retired = true;
    known.provisionally_by = is_provisional(holder->id, holder->descriptor.epoch) ? holder->id : RangeId{};
    ++retired_count_;
    bring_back_from(known.entry.id);
    found = true;
  }
  return found;
}

// A provisional range that is over has absorbed nothing: it was in the place of ranges that are there still.
void RangeTable::bring_back_from(const RangeId& over) {
  for (auto& [number, known] : known_) {
    if (!known.is_retired || known.provisionally_by != over) continue;
    known.is_retired = false;
    --retired_count_;
  }
}

bool RangeTable::is_retired(const RangeId& id) const {
  const auto found = known_.find(id.number);
  return found != known_.end() && found->second.is_retired && found->second.entry.id == id;
}

bool RangeTable::is_superseded(const RangeId& id) const {
  const auto found = known_.find(id.number);
  if (found == known_.end()) return false;
  const std::uint64_t counts = found->second.entry.id.incarnation;
  return counts > id.incarnation || (counts != id.incarnation && found->second.over.contains(id.incarnation));
}

bool RangeTable::has_ended_for_good(const RangeId& id) const {
  if (is_retired(id)) return known_.at(id.number).provisionally_by == RangeId{};
  if (!is_superseded(id)) return false;
  const Entry& entry = known_.at(id.number).entry;
  return !is_provisional(entry.id, entry.descriptor.epoch);
}

void RangeTable::claim(const Entry& entry) {
  const std::string& begin = entry.descriptor.begin;
  const std::string& end = entry.descriptor.end;
  // Who held the key at the end goes on from there.
  if (!end.empty()) {
    const Entry* behind = find(end);
    holders_.insert_or_assign(end, behind == nullptr ? no_range : behind->id.number);
  }
  holders_.erase(holders_.lower_bound(begin), end.empty() ? holders_.end() : holders_.find(end));
  holders_.insert_or_assign(begin, entry.id.number);
}

}  // namespace tenon::kv
