#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "segment/index.h"
#include "segment/segments/scan.h"

namespace tenon::segment_log {

// Makes the index of a journal from its segments, oldest first, and finds out which groups lost something to
// damaged places.
//
// Each record carries its group's running number, each segment begins with the numbers of all groups, and a
// record that is unreadable still has its trailer: so it is known, but for a case named at finish(), whose
// records are missing.
class Replay {
 public:
  // `on_damage` is told each damaged place: "<file>, offset <n>: <what>".
  Replay(Index& index, std::function<void(const std::string&)> on_damage)
      : index_(index), on_damage_(std::move(on_damage)) {}

  // A segment; `file` up to where the journal ends. REQUIRES: in order of their numbers.
  void add_segment(SegmentId id, const std::string& name, Bytes file, bool is_head_sound);
  // Numbers between two segments, of which there is no file.
  void add_missing(std::uint32_t first, std::uint32_t last);
  // Marks the groups that turn out to be incomplete. When records were lost of which not even the trailers
  // are readable, and no later segment tells how far the groups had come, each group without a later record
  // of its own counts as damaged: its last record may be among the lost ones.
  void finish();

  std::uint64_t last_batch() const { return last_batch_; }
  const std::set<std::uint32_t>& damaged_segments() const { return damaged_segments_; }
  // Groups that are damaged without a record that says so.
  const std::set<tenon_group_id, IdLess>& unrecorded() const { return unrecorded_; }

 private:
  void damage(const std::string& what, std::uint32_t segment);
  void take(const ScanItem& item, std::uint32_t segment);
  void take_record(const ScanItem& item, std::uint32_t segment);
  void take_broken(tenon_group_id group, std::uint32_t number, const std::string& place,
                   std::uint32_t segment);
  void take_stretch(const ScanItem& item, std::uint32_t segment);
  void take_directory(Bytes body, std::uint32_t segment);
  void compare_with_directory(tenon_group_id group, std::uint32_t number, std::uint32_t segment);
  void doubt(std::string text);
  void mark(tenon_group_id id, std::string text, std::uint32_t segment);
  std::string place(std::uint32_t offset) const;

  Index& index_;
  const std::function<void(const std::string&)> on_damage_;
  std::string name_;  // of the segment at hand
  std::string previous_name_;
  std::uint64_t previous_end_ = 0;  // of the segment before it
  std::uint32_t previous_ = 0;
  bool is_first_ = true;         // no record was taken yet
  bool may_be_unknown_ = false;  // the first segment's directory is unreadable: groups may appear anywhere
  std::uint64_t last_batch_ = 0;
  std::set<std::uint32_t> damaged_segments_;
  std::string doubt_;  // why the groups in `doubted_` may have lost their last records
  std::set<tenon_group_id, IdLess> doubted_;
  std::set<tenon_group_id, IdLess> unrecorded_;
};

}  // namespace tenon::segment_log
