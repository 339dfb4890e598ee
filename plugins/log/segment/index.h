#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "segment/group.h"
#include "segment/segments/format.h"

namespace tenon::segment_log {

// All groups of a journal, made by applying its records in order: the same way while segments are replayed
// and after each commit. Knows which segment is still needed by how many groups. Not thread-safe.
class Index {
 public:
  const Group* find(tenon_group_id id) const;
  std::size_t group_count() const { return groups_.size(); }
  // In order of their ids.
  std::vector<tenon_group_id> ids() const;

  // Takes a record that stands at `offset` of `segment`. False: its body does not hold together, and nothing
  // was changed.
  bool apply(const RecordHead& head, Bytes body, std::uint32_t segment, std::uint32_t offset);
  // Forgets the entries up to `base`. The segments they are in stay needed until a record of the group has
  // stated the new base. REQUIRES: find(id), and base in its log.
  void forget(tenon_group_id id, tenon_log_point base);

  // For replay: a group that came up to record `number`, in segments that are gone.
  void expect(tenon_group_id id, std::uint32_t number, std::uint32_t segment);
  // Drops all entries; what is left is the text. Makes the group when it is not there.
  void mark_damaged(tenon_group_id id, std::string text, std::uint32_t segment);
  void set_number(tenon_group_id id, std::uint32_t number);
  void remove(tenon_group_id id);

  // True when no group needs `segment` or an older one.
  bool is_needless(std::uint32_t segment) const {
    return needs_count_.empty() || needs_count_.begin()->first > segment;
  }
  // Groups that need `segment`, or an older one.
  std::vector<tenon_group_id> groups_of(std::uint32_t segment) const;

  // Whether a group is marked. Takes time in the number of groups.
  bool has_damage() const;

  std::uint64_t live_bytes() const { return live_bytes_; }
  std::uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Hash {
    std::size_t operator()(const tenon_group_id& id) const {
      return static_cast<std::size_t>((id.range ^ (id.incarnation << 32)) * 0x9E3779B97F4A7C15u);
    }
  };
  using Groups = std::unordered_map<tenon_group_id, Group, Hash, IdEqual>;

  // Changes a group with fn(Group&) and keeps the sums right.
  template <class Fn>
  void change(Groups::iterator at, Fn&& fn);
  Groups::iterator make(tenon_group_id id, std::uint32_t segment);
  void hold(Group& group, std::uint32_t segment);

  Groups groups_;
  std::map<std::uint32_t, std::uint32_t> needs_count_;  // by segment, without zeroes
  std::uint64_t live_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace tenon::segment_log
