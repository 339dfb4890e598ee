#include "segment/replay.h"

#include <utility>

#include "shared/byte_order.h"

namespace tenon::segment_log {
namespace {

using shared::load_le32;
using shared::load_le64;

// Behind the highest number comes 0, and then 1: a group that has come to 0 goes on with 1.
std::uint32_t next_number(const Group* group) {
  return (group != nullptr ? group->number : 0) + 1;
}

bool is_of_directory(const RecordTrailer& trailer) {
  return IdEqual()(trailer.group, {}) && trailer.number == 0;
}

}  // namespace

std::string Replay::place(std::uint32_t offset) const {
  return name_ + ", offset " + std::to_string(offset);
}

void Replay::damage(const std::string& what, std::uint32_t segment) {
  damaged_segments_.insert(segment);
  on_damage_(what);
}

// The group is held for the newest damaged segment, so that a record tells of it before that one goes.
void Replay::mark(tenon_group_id id, std::string text, std::uint32_t segment) {
  unrecorded_.insert(id);
  index_.mark_damaged(id, std::move(text), damaged_segments_.empty() ? segment : *damaged_segments_.rbegin());
}

// From now on each group has to show that it goes on where it had come to.
void Replay::doubt(std::string text) {
  doubt_ = std::move(text);
  for (const tenon_group_id& id : index_.ids()) doubted_.insert(id);
}

void Replay::add_missing(std::uint32_t first, std::uint32_t last) {
  const std::string text = segment_name(first) + (first == last ? "" : " to " + segment_name(last));
  damage(text + ", offset 0: the file is missing", first);
  doubt("records may be missing, as " + text + " is");
}

void Replay::add_segment(SegmentId id, const std::string& name, Bytes file, bool is_head_sound) {
  const auto segment = static_cast<std::uint32_t>(id.number);
  name_ = name;
  if (!is_head_sound) damage(place(0) + ": the head is damaged", segment);
  if (file.size() <= head_block_bytes) {
    damage(place(static_cast<std::uint32_t>(file.size())) + ": the file ends before its first record",
           segment);
    doubt("records may be missing, as those of " + name + " are");
  }
  bool is_at_start = true;
  Scan scan(id, file);
  for (ScanItem item; scan.next(&item); is_at_start = false) {
    const bool is_directory = item.kind == ScanItem::Kind::record && item.head.type == RecordType::directory;
    if (is_at_start && !is_directory && is_first_) may_be_unknown_ = true;
    take(item, segment);
    is_first_ = false;
  }
  previous_name_ = name;
  previous_end_ = file.size();
  previous_ = segment;
}

void Replay::take(const ScanItem& item, std::uint32_t segment) {
  if (item.kind != ScanItem::Kind::stretch) last_batch_ = std::max(last_batch_, item.head.batch);
  switch (item.kind) {
    case ScanItem::Kind::record:
      take_record(item, segment);
      break;
    case ScanItem::Kind::broken_body:
      damage(place(item.offset) + ": the checksum of a record is wrong", segment);
      if (item.head.type != RecordType::directory)
        take_broken(item.head.group, item.head.number, place(item.offset), segment);
      break;
    case ScanItem::Kind::stretch:
      take_stretch(item, segment);
      break;
  }
}

void Replay::take_record(const ScanItem& item, std::uint32_t segment) {
  const RecordHead& head = item.head;
  if (head.type == RecordType::directory) {
    take_directory(item.body, segment);
    return;
  }
  doubted_.erase(head.group);
  const Group* group = index_.find(head.group);
  bool is_next = head.number == next_number(group);
  if (head.number == 1 && !is_next) {  // made anew
    index_.remove(head.group);
    unrecorded_.erase(head.group);
    group = nullptr;
    is_next = true;
  }
  if (!is_next && group == nullptr && may_be_unknown_) {
    index_.expect(head.group, head.number - 1, segment);
    group = index_.find(head.group);
  } else if (!is_next) {
    mark(head.group, place(item.offset) + ": records of the group before this one are missing", segment);
    group = index_.find(head.group);
  }
  const bool is_lost = group != nullptr && !group->damage().empty();
  const bool ends_it = head.type == RecordType::remove || head.type == RecordType::damage;
  if (is_lost && !ends_it) {
    index_.set_number(head.group, head.number);
    return;
  }
  if (!index_.apply(head, item.body, segment, item.offset)) {
    damage(place(item.offset) + ": a record is sound and makes no sense", segment);
    take_broken(head.group, head.number, place(item.offset), segment);
  } else if (ends_it) {
    unrecorded_.erase(head.group);
  }
}

void Replay::take_broken(tenon_group_id group, std::uint32_t number, const std::string& where,
                         std::uint32_t segment) {
  mark(group, where + ": a record of the group is damaged", segment);
  index_.set_number(group, number);
  doubted_.erase(group);
}

void Replay::take_stretch(const ScanItem& item, std::uint32_t segment) {
  const std::string where = place(item.offset);
  damage(where + ": " + std::to_string(item.end - item.offset) + " bytes are unreadable", segment);
  for (const RecordTrailer& trailer : item.trailers)
    if (!is_of_directory(trailer)) take_broken(trailer.group, trailer.number, where, segment);
  if (!item.is_explained) doubt(where + ": records of the group may be lost");
}

void Replay::take_directory(Bytes body, std::uint32_t segment) {
  if (body.size() < directory_head_bytes) return;
  const bool is_first = is_first_;
  if (!is_first && previous_ + 1 == segment && load_le64(body.data()) != previous_end_)
    damage(previous_name_ + ", offset " + std::to_string(previous_end_) + ": the file ends too early",
           previous_);
  std::set<tenon_group_id, IdLess> gone;
  for (const tenon_group_id& id : index_.ids()) gone.insert(id);
  for (Bytes rows = body.subspan(directory_head_bytes); rows.size() >= directory_row_bytes;
       rows = rows.subspan(directory_row_bytes)) {
    const tenon_group_id id{load_le64(rows.data()), load_le64(rows.data() + 8)};
    const std::uint32_t number = load_le32(rows.data() + 16);
    gone.erase(id);
    if (is_first)
      index_.expect(id, number, segment);
    else
      compare_with_directory(id, number, segment);
  }
  for (const tenon_group_id& id : gone) {
    index_.remove(id);
    unrecorded_.erase(id);
  }
  doubted_.clear();
  may_be_unknown_ = false;
}

void Replay::compare_with_directory(tenon_group_id id, std::uint32_t number, std::uint32_t segment) {
  const Group* group = index_.find(id);
  if (group == nullptr && may_be_unknown_) {
    index_.expect(id, number, segment);
    return;
  }
  if (group != nullptr && group->number == number) return;
  mark(id, previous_name_ + ", offset 0: the last records of the group are lost", segment);
  index_.set_number(id, number);
}

void Replay::finish() {
  const auto lose = [&](tenon_group_id id, std::string text) {
    const std::uint32_t number = index_.find(id)->number;
    mark(id, std::move(text), previous_);
    index_.set_number(id, number);
  };
  for (const tenon_group_id& id : index_.ids()) {
    const Group& group = *index_.find(id);
    if (!group.damage().empty()) continue;
    if (doubted_.contains(id))
      lose(id, doubt_);
    else if (group.anchor == 0 || !group.is_gapless())
      lose(id, previous_name_ + ", offset 0: entries or the hard state of the group are in no segment");
  }
}

}  // namespace tenon::segment_log
