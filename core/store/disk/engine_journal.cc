#include "store/disk/engine_journal.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace tenon::store {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t entry_head_bytes = 16;
constexpr std::size_t group_head_bytes = 16;
constexpr std::uint32_t known_flags = TENON_LOG_SET_HARD_STATE | TENON_LOG_SET_BASE | TENON_LOG_REMOVE;

void append_be64(std::string& out, std::uint64_t v) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift);
}
void append_le64(std::string& out, std::uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(v >> shift);
}
std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (int i = 0; i < 8; ++i) v = (v << 8) | p[i];
  return v;
}
std::uint64_t load_le64(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = (v << 8) | p[i];
  return v;
}

std::string group_key(tenon_group_id id) {
  std::string key;
  append_be64(key, id.range);
  append_be64(key, id.incarnation);
  return key;
}
std::string entry_key(tenon_group_id id, std::uint64_t index) {
  std::string key = group_key(id);
  append_be64(key, index);
  return key;
}
// Behind all entries of the group: a key that is longer than the last possible one and begins with it.
std::string entries_end(tenon_group_id id) {
  return entry_key(id, no_limit) + '\0';
}

tenon_bytes abi(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}
std::string name_of(tenon_group_id id) {
  return "group " + std::to_string(id.range) + "." + std::to_string(id.incarnation);
}

// Of a group that is not there: 0.
std::uint64_t live_bytes_of(const EngineGroup& group) {
  return group.entry_bytes + group.hard_state.size();
}

tenon_status fail(tenon_error* error, tenon_status status, const std::string& why) {
  if (error == nullptr) return status;
  if (TENON_HAS(error, tenon_error, code)) error->code = status;
  if (TENON_HAS(error, tenon_error, message)) {
    const std::size_t len = std::min(why.size(), sizeof error->message - 1);
    std::memcpy(error->message, why.data(), len);
    error->message[len] = 0;
  }
  return status;
}

std::string damage_text(const tenon_error* error) {
  return error != nullptr ? error->message : "the engine found damage in the group's entries";
}

}  // namespace

class EngineJournal::Draft {
 public:
  void put(std::uint32_t space, std::string key, std::string value) {
    add(TENON_WRITE_PUT, space, std::move(key), std::move(value));
  }
  void erase(std::uint32_t space, std::string key) { add(TENON_WRITE_DELETE, space, std::move(key), {}); }
  void erase_range(std::uint32_t space, std::string begin, std::string end) {
    add(TENON_WRITE_DELETE_RANGE, space, std::move(begin), std::move(end));
  }
  tenon_write_batch batch() const { return {writes_.data(), writes_.size()}; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void add(std::uint32_t type, std::uint32_t space, std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    const std::string& kept_key = texts_.emplace_back(std::move(key));
    const std::string& kept_value = texts_.emplace_back(std::move(value));
    writes_.push_back({type, space, abi(kept_key), abi(kept_value)});
  }
  std::deque<std::string> texts_;
  std::vector<tenon_write> writes_;
  std::uint64_t bytes_ = 0;
};

// -- opening

tenon_status EngineJournal::open(const LogOverEngine& over, EngineJournal** ret_journal, tenon_error* error) {
  auto journal = std::unique_ptr<EngineJournal>(new EngineJournal(over));
  const std::lock_guard engine_lock(over.turns());
  // What the process before it left unsynced is shown from now on, and must stay.
  tenon_status status = over.storage().sync(over.engine(), error);
  if (status == TENON_OK) status = journal->load_groups(error);
  for (auto at = journal->groups_.begin(); status == TENON_OK && at != journal->groups_.end(); ++at)
    status = journal->load_entries(at->first, at->second, error);
  if (status != TENON_OK) return status;
  for (const auto& [id, group] : journal->groups_) journal->live_bytes_ += live_bytes_of(group);
  journal->group_count_ = journal->groups_.size();
  *ret_journal = journal.release();
  return TENON_OK;
}

template <class Visit>
tenon_status EngineJournal::walk(std::uint32_t space, const std::string& begin, const std::string& end,
                                 std::uint64_t bytes_max, tenon_error* error, Visit&& visit) {
  const tenon_storage& storage = over_.storage();
  tenon_iterator* iterator = nullptr;
  tenon_status status =
      storage.iter_open(over_.engine(), nullptr, space, abi(begin), abi(end), 0, &iterator, error);
  if (status != TENON_OK) return status;
  bool goes_on = true;
  while (goes_on) {
    tenon_page page{};
    status = storage.iter_next(iterator, 1024, bytes_max, &page, error);
    if (status != TENON_OK) break;
    for (std::uint64_t i = 0; goes_on && i < page.count; ++i) goes_on = visit(page.items[i]);
  }
  storage.iter_close(iterator);
  return status == TENON_END ? TENON_OK : status;
}

tenon_status EngineJournal::load_groups(tenon_error* error) {
  return walk(over_.spaces().groups, {}, {}, 1 << 20, error, [&](const tenon_item& item) {
    if (item.key.len != 16) return true;  // none of ours
    EngineGroup& group = groups_[{load_be64(item.key.data), load_be64(item.key.data + 8)}];
    if (item.value.len < group_head_bytes) {
      group.damage = "the record of the group is too short";
      return true;
    }
    group.base = {load_le64(item.value.data), load_le64(item.value.data + 8)};
    group.last = group.base.index;
    group.hard_state = text_of({item.value.data + group_head_bytes, item.value.len - group_head_bytes});
    return true;
  });
}

// Damage in the entries of a group is the group's; any other failure is that of opening.
tenon_status EngineJournal::load_entries(tenon_group_id id, EngineGroup& group, tenon_error* error) {
  const auto add = [&](const tenon_item& item) {
    const std::uint64_t index = item.key.len == 24 ? load_be64(item.key.data + 16) : 0;
    if (index != group.last + 1 || item.value.len < entry_head_bytes) {
      group.damage = "entry " + std::to_string(group.last + 1) + " is missing or too short, offset 0";
      return false;
    }
    group.append(index, load_le64(item.value.data), item.value.len);
    return true;
  };
  const tenon_status status =
      walk(over_.spaces().entries, entry_key(id, 0), entries_end(id), 1 << 20, error, add);
  if (status == TENON_E_CORRUPT) group.damage = damage_text(error);
  return status == TENON_E_CORRUPT ? TENON_OK : status;
}

tenon_status EngineJournal::groups(tenon_log_group_fn fn, void* user) const {
  for (const auto& [id, group] : groups_) {
    const bool is_sound = group.damage.empty();
    const tenon_log_group out{
        sizeof out,       is_sound ? TENON_OK : TENON_E_CORRUPT,      id,
        group.base,       is_sound ? group.last_point() : group.base, abi(group.hard_state),
        abi(group.damage)};
    if (const tenon_status status = fn(user, &out); status != TENON_OK) return status;
  }
  return TENON_OK;
}

// -- writing

// Checks a write against its group as the writes before it leave it in `touched`, and takes it into account
// there; a group that was removed is an empty one from then on.
tenon_status EngineJournal::fit(const tenon_log_write& write, Groups& touched, tenon_error* error) const {
  const auto refuse = [&](const std::string& why) {
    return fail(error, TENON_E_INVALID, name_of(write.group) + ": " + why);
  };
  if ((write.flags & ~known_flags) != 0) return refuse("unknown flags");
  EngineGroup& group = touched[write.group];
  if ((write.flags & TENON_LOG_REMOVE) != 0) {
    group = {};
    return TENON_OK;
  }
  if (!group.damage.empty()) return fail(error, TENON_E_CORRUPT, name_of(write.group) + ": " + group.damage);
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    const std::string hard_state = std::move(group.hard_state);
    group = {};
    group.base = write.base;
    group.last = write.base.index;
    group.hard_state = hard_state;
  }
  if (write.entry_count > 0) {
    const std::uint64_t first = write.entries[0].at.index;
    if (first <= group.base.index || first > group.last + 1)
      return refuse("entry " + std::to_string(first) + " does not fit the log");
    group.cut_from(first);
    for (std::uint32_t i = 0; i < write.entry_count; ++i) {
      const tenon_log_entry& entry = write.entries[i];
      if (entry.at.index != first + i) return refuse("the indexes of entries are not consecutive");
      group.append(entry.at.index, entry.at.term, entry_head_bytes + entry.data.len);
    }
  }
  if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) group.hard_state = text_of(write.hard_state);
  return TENON_OK;
}

void EngineJournal::draft(const tenon_log_write& write, const EngineGroup* before, const EngineGroup& after,
                          Draft& ret_draft) const {
  const auto [entries, groups] = over_.spaces();
  const bool removes = (write.flags & TENON_LOG_REMOVE) != 0;
  // Of one that was removed, damage may have kept entries: see contain().
  if (!before || removes || (write.flags & TENON_LOG_SET_BASE) != 0)
    ret_draft.erase_range(entries, entry_key(write.group, 0), entries_end(write.group));
  if (removes) {
    ret_draft.erase(groups, group_key(write.group));
    return;
  }
  // What is put needs no deleting; a tail that goes beyond it does.
  if (before && write.entry_count > 0 && before->last >= write.entries[0].at.index + write.entry_count)
    ret_draft.erase_range(entries, entry_key(write.group, write.entries[0].at.index),
                          entries_end(write.group));
  for (std::uint32_t i = 0; i < write.entry_count; ++i) {
    const tenon_log_entry& entry = write.entries[i];
    std::string value;
    value.reserve(entry_head_bytes + entry.data.len);
    append_le64(value, entry.at.term);
    append_le64(value, entry.type);
    value.append(reinterpret_cast<const char*>(entry.data.data), entry.data.len);
    ret_draft.put(entries, entry_key(write.group, entry.at.index), std::move(value));
  }
  std::string value;
  append_le64(value, after.base.index);
  append_le64(value, after.base.term);
  ret_draft.put(groups, group_key(write.group), value + after.hard_state);
}

tenon_status EngineJournal::write_v(std::span<const tenon_log_write> writes, tenon_error* error) {
  Groups touched;
  std::vector<Draft> drafts(writes.size());
  std::uint64_t entry_count = 0;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const tenon_log_write& write = writes[i];
    if (!touched.contains(write.group))
      if (const auto at = groups_.find(write.group); at != groups_.end()) touched.insert(*at);
    std::optional<EngineGroup> before;
    if (const auto at = touched.find(write.group); at != touched.end()) before = at->second;
    if (const tenon_status status = fit(write, touched, error); status != TENON_OK) return status;
    draft(write, before ? &*before : nullptr, touched[write.group], drafts[i]);
    if ((write.flags & TENON_LOG_REMOVE) == 0) entry_count += write.entry_count;
  }
  // Readers find the engine and the groups in step.
  const std::lock_guard engine_lock(over_.turns());
  tenon_status status = commit(drafts, TENON_DURABLE_DISK, error);
  if (status == TENON_E_CORRUPT && writes.size() == 1) status = contain(writes[0], error);
  if (status != TENON_OK) return status;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, group] : touched) {
      EngineGroup& place = groups_[id];
      live_bytes_ += live_bytes_of(group) - live_bytes_of(place);
      place = std::move(group);
    }
    // The last write to a group says whether it is there.
    std::map<tenon_group_id, bool, GroupOrder> removed;
    for (const tenon_log_write& write : writes) removed[write.group] = (write.flags & TENON_LOG_REMOVE) != 0;
    for (const auto& [id, is_removed] : removed)
      if (is_removed) forget(id);
    group_count_ = groups_.size();
  }
  entry_count_ += entry_count;
  return TENON_OK;
}

// Damage that one write has met is its group's. What can't be deleted of a group that is removed stays:
// without its record it is nobody's, and the next group of this id begins with deleting it.
tenon_status EngineJournal::contain(const tenon_log_write& write, tenon_error* error) {
  if ((write.flags & TENON_LOG_REMOVE) == 0) {
    mark_damaged(write.group, error);
    return TENON_E_CORRUPT;
  }
  Draft record;
  record.erase(over_.spaces().groups, group_key(write.group));
  return commit({&record, 1}, TENON_DURABLE_DISK, error);
}

void EngineJournal::mark_damaged(tenon_group_id id, const tenon_error* error) {
  const std::lock_guard lock(mutex_);
  groups_[id].damage = damage_text(error);
  group_count_ = groups_.size();
}

tenon_status EngineJournal::commit(std::span<const Draft> drafts, std::uint32_t durability,
                                   tenon_error* error) {
  std::vector<tenon_write_batch> batches;
  std::uint64_t bytes = 0;
  for (const Draft& draft : drafts) {
    batches.push_back(draft.batch());
    bytes += draft.bytes();
  }
  if (batches.empty()) return TENON_OK;
  const tenon_status status =
      over_.storage().write_v(over_.engine(), batches.data(), batches.size(), durability, error);
  if (status == TENON_OK) byte_count_ += bytes;
  return status;
}

// Forgetting needs no fsync: what comes back after a loss of power is the log of before, base and all.
tenon_status EngineJournal::compact(tenon_group_id id, tenon_log_point base, tenon_error* error) {
  const auto at = groups_.find(id);
  if (at == groups_.end()) return fail(error, TENON_E_NOT_FOUND, "no such group");
  if (!at->second.damage.empty()) return fail(error, TENON_E_CORRUPT, name_of(id) + ": " + at->second.damage);
  if (base.index <= at->second.base.index) return TENON_OK;
  if (base.index > at->second.last || at->second.term_of(base.index) != base.term)
    return fail(error, TENON_E_INVALID,
                name_of(id) + ": no entry " + std::to_string(base.index) + " of this term");
  Draft draft;
  draft.erase_range(over_.spaces().entries, entry_key(id, 0), entry_key(id, base.index + 1));
  std::string value;
  append_le64(value, base.index);
  append_le64(value, base.term);
  draft.put(over_.spaces().groups, group_key(id), value + at->second.hard_state);
  const std::lock_guard engine_lock(over_.turns());
  const tenon_status status = commit({&draft, 1}, TENON_DURABLE_PROC, error);
  if (status == TENON_E_CORRUPT) mark_damaged(id, error);
  if (status != TENON_OK) return status;
  const std::lock_guard lock(mutex_);
  live_bytes_ -= live_bytes_of(at->second);
  at->second.forget_to(base);
  live_bytes_ += live_bytes_of(at->second);
  return TENON_OK;
}

// -- reading

tenon_status EngineJournal::read(tenon_group_id id, std::uint64_t begin, std::uint64_t end,
                                 std::uint64_t bytes_max, tenon_log_page* ret_page, tenon_error* error) {
  const std::lock_guard engine_lock(over_.turns());
  {
    const std::lock_guard lock(mutex_);
    const auto at = groups_.find(id);
    if (at == groups_.end()) return TENON_E_NOT_FOUND;
    const EngineGroup& group = at->second;
    if (!group.damage.empty()) return fail(error, TENON_E_CORRUPT, name_of(id) + ": " + group.damage);
    if (begin <= group.base.index || begin > group.last || begin >= end) return TENON_E_NOT_FOUND;
    end = std::min(end, group.last + 1);
  }
  values_.clear();
  std::uint64_t bytes = 0;
  std::uint64_t next = begin;
  const auto add = [&](const tenon_item& item) {
    if (item.key.len != 24 || load_be64(item.key.data + 16) != next || item.value.len < entry_head_bytes)
      return false;
    bytes += item.value.len - entry_head_bytes;
    if (!values_.empty() && bytes > bytes_max) return false;
    values_.push_back(text_of(item.value));
    ++next;
    return true;
  };
  const std::uint64_t page_bytes = std::min<std::uint64_t>(std::max<std::uint64_t>(bytes_max, 1), 1 << 20);
  const tenon_status status =
      walk(over_.spaces().entries, entry_key(id, begin), entry_key(id, end), page_bytes, error, add);
  if (status != TENON_OK) return status;
  if (values_.empty())
    return fail(error, TENON_E_CORRUPT, name_of(id) + ": entry " + std::to_string(begin) + " is missing");
  page_.clear();
  for (const std::string& value : values_) {
    const tenon_bytes raw = abi(value);
    page_.push_back({{begin + page_.size(), load_le64(raw.data)},
                     static_cast<std::uint32_t>(load_le64(raw.data + 8)),
                     0,
                     {raw.data + entry_head_bytes, raw.len - entry_head_bytes}});
  }
  *ret_page = {page_.data(), page_.size()};
  return TENON_OK;
}

tenon_status EngineJournal::term_at(tenon_group_id id, std::uint64_t index, std::uint64_t* ret_term) const {
  const std::lock_guard lock(mutex_);
  const auto at = groups_.find(id);
  if (at == groups_.end()) return TENON_E_NOT_FOUND;
  if (!at->second.damage.empty()) return TENON_E_CORRUPT;
  if (index < at->second.base.index || index > at->second.last) return TENON_E_NOT_FOUND;
  *ret_term = at->second.term_of(index);
  return TENON_OK;
}

tenon_status EngineJournal::bounds(tenon_group_id id, tenon_log_bounds* ret_bounds) const {
  const std::lock_guard lock(mutex_);
  const auto at = groups_.find(id);
  if (at == groups_.end()) return TENON_E_NOT_FOUND;
  if (!at->second.damage.empty()) return TENON_E_CORRUPT;
  ret_bounds->base = at->second.base;
  ret_bounds->last = at->second.last_point();
  return TENON_OK;
}

tenon_status EngineJournal::verify(tenon_error* error) {
  const std::lock_guard lock(over_.turns());
  return over_.storage().verify(over_.engine(), error);
}

void EngineJournal::forget(tenon_group_id id) {
  const auto at = groups_.find(id);
  live_bytes_ -= live_bytes_of(at->second);
  groups_.erase(at);
}

tenon_status EngineJournal::stats(tenon_log_stats* ret_stats) const {
  tenon_storage_stats of_engine{};
  of_engine.struct_size = sizeof of_engine;
  if (const tenon_status status = over_.storage().stats(over_.engine(), &of_engine); status != TENON_OK)
    return status;
  tenon_log_stats stats{};
  stats.struct_size = ret_stats->struct_size;
  stats.latched = of_engine.latched;
  stats.disk_bytes = of_engine.disk_bytes;
  stats.live_bytes = live_bytes_;
  stats.memory_bytes = of_engine.memory_bytes;
  stats.group_count = group_count_;
  stats.entry_count = entry_count_;
  stats.byte_count = byte_count_;
  stats.sync_count = of_engine.sync_count;
  std::memcpy(ret_stats, &stats, std::min<std::size_t>(ret_stats->struct_size, sizeof stats));
  return TENON_OK;
}

}  // namespace tenon::store
