#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kv/descriptor.h"

namespace tenon::kv {

// Which ranges a store consists of, as far as a node has heard: a key leads to its range, to who holds it,
// and to who probably leads it. What it says is a hint, which the range itself corrects.
//
// Descriptors may come in any order and more than once; an older one never takes the place of a newer. Of two
// ranges that both claim a key, it belongs to the one with the higher boundary epoch, as a split or a merge
// gives a higher one than any range it was made from had. As no range ever gives up its first key while it is
// there, one whose first key is another's by a higher boundary epoch was absorbed: it is retired.
//
// Of the incarnations of a range the one of the latest era counts, and of those the highest: the former one
// of a provisional one may come back, in a later era. The provisional one is over then, and what it seemed to
// have absorbed is there again. A value: copy it to hand it to another thread.
class RangeTable {
 public:
  explicit RangeTable(StoreId store) : store_(store) {}

  struct Entry {
    RangeId id;
    Descriptor descriptor;
    NodeId leader = NodeId::none;  // of leader_term; none: not heard of, or no member any more
    std::uint64_t leader_term = 0;
  };
  // A piece of the keys: [begin, end), empty `end`: to the end of the store.
  struct Piece {
    std::string begin;
    std::string end;
    const Entry* entry = nullptr;  // null: no range is known to hold it
  };
  // Two ranges that claim the same keys.
  struct Overlap {
    std::string begin;
    std::string end;
    RangeId holder;  // the one that the table goes by
    RangeId other;
  };
  enum class Update : std::uint8_t {
    taken,
    known,  // nothing new
    older,  // not taken: a newer one is known
    wrong,  // not taken: of another store
  };

  // Takes time in the number of ranges, as do the other two that change what is where.
  Update update(const RangeId& id, const Descriptor& descriptor);
  // The range is no more (it was absorbed); what is heard of it from no later than `last` comes too late.
  Update retire(const RangeId& id, const Epoch& last);
  // It was absorbed, as far as is known.
  bool is_retired(const RangeId& id) const;
  // Another incarnation has taken its place: it was recovered, or was the provisional one of a range that was
  // there still, and is over.
  bool is_superseded(const RangeId& id) const;
  // It is retired or superseded, and not just by a provisional range.
  bool has_ended_for_good(const RangeId& id) const;
  // Ignored for a range that is not known, for a node that is no member, and from an older term.
  void note_leader(const RangeId& id, NodeId leader, std::uint64_t term);

  // All pointers are valid until the next change. Null: not known.
  const Entry* find(std::string_view key) const;
  const Entry* find(const RangeId& id) const;
  // The pieces that [begin, end) consists of, cut to it, in order and without a hole.
  std::vector<Piece> pieces(std::string_view begin, std::string_view end) const;

  // fn(const Entry&) for each range, in the order of their numbers.
  template <class Fn>
  void each(Fn&& fn) const {
    for (const auto& [number, known] : known_)
      if (!known.is_retired) fn(known.entry);
  }

  // The keys that no known range holds.
  std::vector<Piece> gaps() const;
  // For a moment there may be some behind a split or a merge; what stays is a fault.
  std::vector<Overlap> overlaps() const;
  std::size_t size() const { return known_.size() - retired_count_; }

 private:
  struct Known {
    Entry entry;
    bool is_retired = false;
    RangeId provisionally_by = {};      // a provisional range by which it was retired; none: for good
    std::set<std::uint64_t> over = {};  // incarnations that were heard of, and do not count any more
  };
  // By the number of the range; the incarnation that counts.
  using KnownRanges = std::map<std::uint64_t, Known>;

  Update take(const RangeId& id, const Epoch& epoch, Known known);
  // The ranges that are not retired, weakest claim first.
  std::vector<const Entry*> by_claim() const;
  void rebuild();
  // False: nobody was.
  bool retire_absorbed();
  void bring_back_from(const RangeId& over);
  // From this entry on [begin, end) is the range's.
  void claim(const Entry& entry);

  StoreId store_;
  KnownRanges known_;
  std::size_t retired_count_ = 0;
  // Where the holder of keys changes, and which number holds them from there on; no_range: none.
  static constexpr std::uint64_t no_range = 0;
  std::map<std::string, std::uint64_t, std::less<>> holders_;
};

}  // namespace tenon::kv
