#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tenon/bytes.hpp>

namespace tenon::segment_log {

// Order of ids, and equality, for containers.
struct IdLess {
  bool operator()(const tenon_group_id& a, const tenon_group_id& b) const {
    return a.range != b.range ? a.range < b.range : a.incarnation < b.incarnation;
  }
};
struct IdEqual {
  bool operator()(const tenon_group_id& a, const tenon_group_id& b) const {
    return a.range == b.range && a.incarnation == b.incarnation;
  }
};

// Where entries [first, first + count), all of one term, lie: in records of the group within a stretch of a
// segment, which may also hold records of others. Of two records with the same entry, either will do.
struct Extent {
  std::uint64_t first;
  std::uint64_t term;
  std::uint32_t count;
  std::uint32_t segment;
  std::uint32_t offset;
  std::uint32_t stretch_bytes;
  std::uint32_t live_bytes;  // of the entries that count, about
  bool is_closed;            // behind its last entry the stretch holds some that were replaced

  std::uint64_t end() const { return first + count; }
};

// What is known of one group: where its entries are, and its hard state. An idle group takes about 200 bytes.
//
// Invariant: extents are in order of their indexes and do not overlap. Without damage they are also without a
// gap, from base + 1 on; only while segments are replayed may there be gaps.
class Group {
 public:
  const tenon_log_point& base() const { return base_; }
  // The last entry; `base` when there is none.
  tenon_log_point last() const;
  // The term of an entry, or of the base. REQUIRES: there is one.
  std::uint64_t term_of(std::uint64_t index) const;
  bool holds(std::uint64_t index) const { return index > base_.index && index <= last().index; }
  // The first extent that ends behind `index`.
  std::vector<Extent>::const_iterator extent_at(std::uint64_t index) const;
  const std::vector<Extent>& extents() const { return extents_; }
  // False when an entry between base and last is nowhere.
  bool is_gapless() const;
  sdk::Bytes hard_state() const { return {hard_state_.get(), hard_state_bytes_}; }

  void set_hard_state(sdk::Bytes bytes);
  void set_base(tenon_log_point base) { base_ = base; }
  // Drops the entries [first, end).
  void erase(std::uint64_t first, std::uint64_t end);
  // REQUIRES: no entry of it is there.
  void insert(const Extent& extent);

  // What was lost, and where; empty: nothing.
  std::string_view damage() const { return damage_ ? std::string_view(*damage_) : std::string_view(); }
  void set_damage(std::string text) { damage_ = std::make_unique<std::string>(std::move(text)); }

  // Bytes on disk that stand for what the group holds now, about; and bytes of memory.
  std::uint64_t live_bytes() const;
  std::uint64_t memory_bytes() const;
  // The oldest segment that a replay would need: where base and hard state stand, or an entry.
  std::uint32_t oldest_segment() const;

  std::uint32_t number = 0;  // of its last record
  std::uint32_t anchor = 0;  // the segment whose record last stated the hard state
  std::uint32_t needs = 0;   // the oldest segment held for it; never above oldest_segment()

 private:
  bool merge_into_last(const Extent& extent);

  tenon_log_point base_{};
  std::unique_ptr<std::uint8_t[]> hard_state_;
  std::uint32_t hard_state_bytes_ = 0;
  std::uint64_t entry_bytes_ = 0;
  std::vector<Extent> extents_;
  std::unique_ptr<std::string> damage_;
};

}  // namespace tenon::segment_log
