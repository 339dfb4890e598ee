#include "segment/group.h"

#include <algorithm>
#include <utility>

#include "segment/segments/format.h"

namespace tenon::segment_log {
namespace {

// A stretch is read whole to get at any entry in it: it grows to so much, over gaps of so much.
constexpr std::uint32_t stretch_bytes_max = 64 * 1024;
constexpr std::uint32_t gap_bytes_max = 4 * 1024;

// What is left of an extent when only `count` entries from `first` on count.
Extent part_of(const Extent& extent, std::uint64_t first, std::uint64_t count) {
  Extent part = extent;
  part.first = first;
  part.count = static_cast<std::uint32_t>(count);
  part.live_bytes = static_cast<std::uint32_t>(std::uint64_t{extent.live_bytes} * count / extent.count);
  part.is_closed |= part.end() != extent.end();
  return part;
}

}  // namespace

tenon_log_point Group::last() const {
  if (extents_.empty()) return base_;
  return {extents_.back().end() - 1, extents_.back().term};
}

std::vector<Extent>::const_iterator Group::extent_at(std::uint64_t index) const {
  return std::partition_point(extents_.begin(), extents_.end(),
                              [&](const Extent& extent) { return extent.end() <= index; });
}

std::uint64_t Group::term_of(std::uint64_t index) const {
  return index == base_.index ? base_.term : extent_at(index)->term;
}

bool Group::is_gapless() const {
  std::uint64_t next = base_.index + 1;
  for (const Extent& extent : extents_) {
    if (extent.first != next) return false;
    next = extent.end();
  }
  return true;
}

void Group::set_hard_state(sdk::Bytes bytes) {
  if (bytes.size() != hard_state_bytes_)
    hard_state_ = bytes.empty() ? nullptr : std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), hard_state_.get());
  hard_state_bytes_ = static_cast<std::uint32_t>(bytes.size());
}

void Group::erase(std::uint64_t first, std::uint64_t end) {
  if (extents_.empty() || first >= end || first >= extents_.back().end() || end <= extents_.front().first)
    return;
  const auto from = extents_.begin() + (extent_at(first) - extents_.cbegin());
  auto to = from;
  std::vector<Extent> left;  // of the first and the last extent that are touched
  for (; to != extents_.end() && to->first < end; ++to) {
    entry_bytes_ -= to->live_bytes;
    if (to->first < first) left.push_back(part_of(*to, to->first, first - to->first));
    if (to->end() > end) left.push_back(part_of(*to, end, to->end() - end));
  }
  for (const Extent& extent : left) entry_bytes_ += extent.live_bytes;
  // What follows the one before is other than what was erased: it is read on its own.
  if (from != extents_.begin() && to != from) std::prev(from)->is_closed = true;
  const auto place = extents_.erase(from, to);
  extents_.insert(place, left.begin(), left.end());
  if (extents_.empty()) extents_.shrink_to_fit();
}

bool Group::merge_into_last(const Extent& extent) {
  Extent& last = extents_.back();
  const std::uint64_t last_end = std::uint64_t{last.offset} + last.stretch_bytes;
  if (last.end() != extent.first || last.term != extent.term || last.segment != extent.segment ||
      last.is_closed || extent.offset < last.offset)
    return false;
  // Runs of one record share its stretch.
  const std::uint64_t end = std::uint64_t{extent.offset} + extent.stretch_bytes;
  if (extent.offset > last_end + gap_bytes_max || end - last.offset > stretch_bytes_max) return false;
  last.count += extent.count;
  last.stretch_bytes = static_cast<std::uint32_t>(end - last.offset);
  last.live_bytes += extent.live_bytes;
  return true;
}

void Group::insert(const Extent& extent) {
  entry_bytes_ += extent.live_bytes;
  if (!extents_.empty() && extents_.back().end() <= extent.first) {
    if (!merge_into_last(extent)) extents_.push_back(extent);
    return;
  }
  if (extents_.empty()) extents_.reserve(1);
  extents_.insert(extents_.begin() + (extent_at(extent.first) - extents_.cbegin()), extent);
}

std::uint64_t Group::live_bytes() const {
  return entry_bytes_ + record_bytes(hard_state_bytes_);
}

std::uint64_t Group::memory_bytes() const {
  // The node of the map, and what malloc adds to each piece.
  constexpr std::uint64_t node_bytes = sizeof(tenon_group_id) + sizeof(Group) + 24;
  return node_bytes + (hard_state_bytes_ > 0 ? hard_state_bytes_ + 8 : 0) +
         extents_.capacity() * sizeof(Extent) + (damage_ ? damage_->capacity() + sizeof *damage_ : 0);
}

std::uint32_t Group::oldest_segment() const {
  std::uint32_t oldest = anchor;
  for (const Extent& extent : extents_) oldest = std::min(oldest, extent.segment);
  return oldest;
}

}  // namespace tenon::segment_log
