#include "replication/memory_log.h"

#include <algorithm>

#include "abi_text.h"

namespace tenon::tools {
namespace {

MemoryLog& self(tenon_journal* handle) {
  return *reinterpret_cast<MemoryLog*>(handle);
}

}  // namespace

const tenon_log& MemoryLog::table() {
  static const tenon_log table = [] {
    tenon_log t{};
    t.struct_size = sizeof t;
    t.read = [](tenon_journal* journal, tenon_group_id, std::uint64_t begin, std::uint64_t end,
                std::uint64_t bytes_max, tenon_log_page* ret_page, tenon_error*) -> tenon_status {
      MemoryLog& log = self(journal);
      if (!log.holds(begin)) return TENON_E_NOT_FOUND;
      log.page_.clear();
      std::uint64_t bytes = 0;
      for (std::uint64_t index = begin; index < std::min(end, log.last().index + 1); ++index) {
        const Entry& entry = log.entries_[static_cast<std::size_t>(index - log.base_.index - 1)];
        bytes += entry.data.size();
        if (bytes > bytes_max && !log.page_.empty()) break;
        log.page_.push_back({entry.at, entry.type, 0, abi(entry.data)});
      }
      *ret_page = {log.page_.data(), log.page_.size()};
      return TENON_OK;
    };
    t.term_at = [](tenon_journal* journal, tenon_group_id, std::uint64_t index,
                   std::uint64_t* ret_term) -> tenon_status {
      MemoryLog& log = self(journal);
      if (log.is_there_ && index == log.base_.index)
        *ret_term = log.base_.term;
      else if (log.holds(index))
        *ret_term = log.entries_[static_cast<std::size_t>(index - log.base_.index - 1)].at.term;
      else
        return TENON_E_NOT_FOUND;
      return TENON_OK;
    };
    t.bounds = [](tenon_journal* journal, tenon_group_id, tenon_log_bounds* ret_bounds) -> tenon_status {
      MemoryLog& log = self(journal);
      if (!log.is_there_) return TENON_E_NOT_FOUND;
      ret_bounds->base = log.base_;
      ret_bounds->last = log.last();
      return TENON_OK;
    };
    return t;
  }();
  return table;
}

std::uint64_t MemoryLog::queue(const tenon_log_write* writes, std::uint64_t count) {
  std::vector<Write>& call = queued_.emplace_back();
  for (std::uint64_t i = 0; i < count; ++i) {
    Write& write = call.emplace_back();
    write.flags = writes[i].flags;
    write.base = writes[i].base;
    write.hard_state = text_of(writes[i].hard_state);
    for (std::uint32_t e = 0; e < writes[i].entry_count; ++e) {
      const tenon_log_entry& entry = writes[i].entries[e];
      write.entries.push_back({entry.at, entry.type, text_of(entry.data)});
    }
  }
  return ++taken_count_;
}

std::uint64_t MemoryLog::persist() {
  if (queued_.empty()) return 0;
  for (const std::vector<Write>& call : queued_)
    for (const Write& write : call) apply(write);
  queued_.clear();
  return taken_count_;
}

void MemoryLog::lose_power(std::size_t kept) {
  queued_.resize(std::min(kept, queued_.size()));
  persist();
  taken_count_ = 0;
}

bool MemoryLog::holds(tenon_log_point at) const {
  return holds(at.index) && entries_[static_cast<std::size_t>(at.index - base_.index - 1)].at.term == at.term;
}

void MemoryLog::apply(const Write& write) {
  is_there_ = true;
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    base_ = write.base;
    entries_.clear();
  }
  if (!write.entries.empty()) take_entries(write.entries);
  if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) hard_state_ = write.hard_state;
}

void MemoryLog::take_entries(const std::vector<Entry>& entries) {
  const std::uint64_t first = entries.front().at.index;
  if (first <= base_.index || first > last().index + 1) {
    fault_ = "writes entry " + std::to_string(first) + " to a log that holds those from " +
             std::to_string(base_.index + 1) + " to " + std::to_string(last().index);
    return;
  }
  while (!entries_.empty() && entries_.back().at.index >= first) entries_.pop_back();
  for (const Entry& entry : entries) {
    if (entry.at.index != last().index + 1) fault_ = "writes entries that are not consecutive";
    entries_.push_back(entry);
  }
}

}  // namespace tenon::tools
