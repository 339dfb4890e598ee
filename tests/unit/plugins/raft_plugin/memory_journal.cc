#include "memory_journal.h"

#include <algorithm>

#include "abi_text.h"

namespace tenon::test {

const tenon_log& MemoryJournal::table() {
  static const tenon_log table = [] {
    tenon_log t{};
    t.struct_size = sizeof t;
    t.read = read;
    t.term_at = term_at;
    t.bounds = bounds;
    return t;
  }();
  return table;
}

std::uint64_t MemoryJournal::queue(const tenon_log_write* writes, std::uint64_t count) {
  Call call{++sequence_, {}};
  for (std::uint64_t i = 0; i < count; ++i) {
    Write write{key(writes[i].group), writes[i].flags, writes[i].base, {}, text_of(writes[i].hard_state)};
    for (std::uint32_t e = 0; e < writes[i].entry_count; ++e) {
      const tenon_log_entry& entry = writes[i].entries[e];
      write.entries.push_back({entry.at, entry.type, text_of(entry.data)});
    }
    call.writes.push_back(std::move(write));
  }
  queued_.push_back(std::move(call));
  return sequence_;
}

std::uint64_t MemoryJournal::persist(std::size_t calls_max) {
  std::uint64_t done = 0;
  for (; calls_max > 0 && !queued_.empty(); --calls_max) {
    for (const Write& write : queued_.front().writes) apply(write);
    done = queued_.front().sequence;
    queued_.pop_front();
  }
  return done;
}

void MemoryJournal::crash(std::size_t kept) {
  persist(kept);
  queued_.clear();
}

void MemoryJournal::apply(const Write& write) {
  Log& log = groups_[write.group];
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    log.base = write.base;
    log.entries.clear();
  }
  if (!write.entries.empty()) {
    const std::uint64_t first = write.entries.front().at.index;
    if (first <= log.base.index || first > log.last().index + 1)
      fault_ = "a write leaves a gap or is below the base";
    while (!log.entries.empty() && log.entries.back().at.index >= first) log.entries.pop_back();
  }
  for (const Entry& entry : write.entries) {
    if (entry.at.index != log.last().index + 1) fault_ = "entries are not consecutive";
    log.entries.push_back(entry);
  }
  if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) log.hard_state = write.hard_state;
}

void MemoryJournal::compact(tenon_group_id group, std::uint64_t index) {
  Log& log = groups_.at(key(group));
  while (!log.entries.empty() && log.entries.front().at.index <= index) {
    log.base = log.entries.front().at;
    log.entries.pop_front();
  }
}

std::string MemoryJournal::hard_state(tenon_group_id group) const {
  const auto found = groups_.find(key(group));
  return found == groups_.end() ? std::string() : found->second.hard_state;
}

std::uint64_t MemoryJournal::base_index(tenon_group_id group) const {
  return groups_.at(key(group)).base.index;
}

std::uint64_t MemoryJournal::last_index(tenon_group_id group) const {
  return groups_.at(key(group)).last().index;
}

tenon_status MemoryJournal::read(tenon_journal* journal, tenon_group_id group, std::uint64_t begin,
                                 std::uint64_t end, std::uint64_t bytes_max, tenon_log_page* ret_page,
                                 tenon_error*) {
  MemoryJournal& mine = self(journal);
  if (mine.busy_) return TENON_E_BUSY;
  const auto found = mine.groups_.find(key(group));
  if (found == mine.groups_.end()) return TENON_E_NOT_FOUND;
  const Log& log = found->second;
  if (begin <= log.base.index || begin > log.last().index) return TENON_E_NOT_FOUND;
  mine.page_.clear();
  std::uint64_t bytes = 0;
  for (std::uint64_t index = begin; index < std::min(end, log.last().index + 1); ++index) {
    const Entry& entry = log.entries[index - log.base.index - 1];
    bytes += entry.data.size();
    if (bytes > bytes_max && !mine.page_.empty()) break;
    mine.page_.push_back({entry.at, entry.type, 0, bytes_of(entry.data)});
  }
  *ret_page = {mine.page_.data(), mine.page_.size()};
  return TENON_OK;
}

tenon_status MemoryJournal::term_at(tenon_journal* journal, tenon_group_id group, std::uint64_t index,
                                    std::uint64_t* ret_term) {
  MemoryJournal& mine = self(journal);
  const auto found = mine.groups_.find(key(group));
  if (found == mine.groups_.end()) return TENON_E_NOT_FOUND;
  const Log& log = found->second;
  if (index < log.base.index || index > log.last().index) return TENON_E_NOT_FOUND;
  *ret_term = index == log.base.index ? log.base.term : log.entries[index - log.base.index - 1].at.term;
  return TENON_OK;
}

tenon_status MemoryJournal::bounds(tenon_journal* journal, tenon_group_id group,
                                   tenon_log_bounds* ret_bounds) {
  MemoryJournal& mine = self(journal);
  const auto found = mine.groups_.find(key(group));
  if (found == mine.groups_.end()) return TENON_E_NOT_FOUND;
  ret_bounds->base = found->second.base;
  ret_bounds->last = found->second.last();
  return TENON_OK;
}

}  // namespace tenon::test
