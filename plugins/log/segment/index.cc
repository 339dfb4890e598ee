#include "segment/index.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tenon::segment_log {
namespace {

constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

// The entries of a record as extents, one per run of a term. False: the body does not hold together.
bool extents_of(const RecordHead& head, Bytes body, std::uint32_t segment, std::uint32_t offset,
                std::vector<Extent>& ret_extents) {
  Bytes entries = body.first(body.size() - head.hard_state_bytes);
  const auto stretch = static_cast<std::uint32_t>(record_bytes(head.body_bytes));
  std::uint32_t overhead = record_head_bytes + record_trailer_bytes;
  EntryView entry;
  for (std::uint32_t i = 0; i < head.entry_count; ++i) {
    if (!next_entry(entries, &entry)) return false;
    if (ret_extents.empty() || ret_extents.back().term != entry.term)
      ret_extents.push_back({head.first + i, entry.term, 0, segment, offset, stretch, 0, false});
    Extent& run = ret_extents.back();
    ++run.count;
    run.live_bytes += static_cast<std::uint32_t>(entry_head_bytes + entry.data.size()) + overhead;
    overhead = 0;
  }
  return entries.empty();
}

void advance_base(Group& group, tenon_log_point base) {
  group.erase(0, base.index + 1);
  group.set_base(base);
}

}  // namespace

const Group* Index::find(tenon_group_id id) const {
  const auto at = groups_.find(id);
  return at == groups_.end() ? nullptr : &at->second;
}

std::vector<tenon_group_id> Index::ids() const {
  std::vector<tenon_group_id> ids;
  ids.reserve(groups_.size());
  for (const auto& [id, group] : groups_) ids.push_back(id);
  std::sort(ids.begin(), ids.end(), IdLess());
  return ids;
}

template <class Fn>
void Index::change(Groups::iterator at, Fn&& fn) {
  Group& group = at->second;
  live_bytes_ -= group.live_bytes();
  memory_bytes_ -= group.memory_bytes();
  fn(group);
  live_bytes_ += group.live_bytes();
  memory_bytes_ += group.memory_bytes();
}

Index::Groups::iterator Index::make(tenon_group_id id, std::uint32_t segment) {
  const auto [at, is_new] = groups_.try_emplace(id);
  if (is_new) {
    Group& group = at->second;
    group.anchor = group.needs = segment;
    ++needs_count_[segment];
    live_bytes_ += group.live_bytes();
    memory_bytes_ += group.memory_bytes();
  }
  return at;
}

void Index::hold(Group& group, std::uint32_t segment) {
  if (group.needs == segment) return;
  const auto before = needs_count_.find(group.needs);
  if (--before->second == 0) needs_count_.erase(before);
  ++needs_count_[segment];
  group.needs = segment;
}

bool Index::apply(const RecordHead& head, Bytes body, std::uint32_t segment, std::uint32_t offset) {
  switch (head.type) {
    case RecordType::directory:
      return true;
    case RecordType::remove:
      remove(head.group);
      return true;
    case RecordType::damage:
      mark_damaged(head.group, std::string(body.begin(), body.end()), segment);
      set_number(head.group, head.number);
      return true;
    case RecordType::write:
    case RecordType::move:
      break;
    default:
      return false;
  }
  std::vector<Extent> extents;
  if (!extents_of(head, body, segment, offset, extents)) return false;
  change(make(head.group, segment), [&](Group& group) {
    if ((head.flags & record_sets_base) != 0) group.erase(0, no_end);
    advance_base(group, head.base);
    const std::uint64_t end = head.type == RecordType::move ? head.first + head.entry_count : no_end;
    if (head.entry_count > 0) group.erase(head.first, end);
    for (const Extent& extent : extents) group.insert(extent);
    if ((head.flags & record_sets_hard_state) != 0) {
      group.set_hard_state(body.last(head.hard_state_bytes));
      group.anchor = segment;
    }
    group.number = head.number;
    if (group.needs < segment) hold(group, group.oldest_segment());
  });
  return true;
}

void Index::forget(tenon_group_id id, tenon_log_point base) {
  change(groups_.find(id), [&](Group& group) { advance_base(group, base); });
}

void Index::expect(tenon_group_id id, std::uint32_t number, std::uint32_t segment) {
  change(make(id, segment), [&](Group& group) {
    group.number = number;
    group.anchor = 0;  // not seen yet
    hold(group, 0);
  });
}

void Index::mark_damaged(tenon_group_id id, std::string text, std::uint32_t segment) {
  change(make(id, segment), [&](Group& group) {
    group.erase(0, no_end);
    group.set_hard_state({});
    group.set_base({});
    group.set_damage(std::move(text));
    group.anchor = segment;
    hold(group, segment);
  });
}

void Index::set_number(tenon_group_id id, std::uint32_t number) {
  groups_.find(id)->second.number = number;
}

void Index::remove(tenon_group_id id) {
  const auto at = groups_.find(id);
  if (at == groups_.end()) return;
  live_bytes_ -= at->second.live_bytes();
  memory_bytes_ -= at->second.memory_bytes();
  const auto count = needs_count_.find(at->second.needs);
  if (--count->second == 0) needs_count_.erase(count);
  groups_.erase(at);
}

bool Index::has_damage() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const auto& entry) { return !entry.second.damage().empty(); });
}

std::vector<tenon_group_id> Index::groups_of(std::uint32_t segment) const {
  std::vector<tenon_group_id> ids;
  for (const auto& [id, group] : groups_)
    if (group.needs <= segment) ids.push_back(id);
  std::sort(ids.begin(), ids.end(), IdLess());
  return ids;
}

}  // namespace tenon::segment_log
