#include "log/journal_driver.h"

#include <algorithm>

#include "abi_text.h"

namespace tenon::tools {
namespace {

constexpr std::uint64_t page_bytes = 5'000;

tenon_group_id id_of(const GroupName& name) {
  return {name.first, name.second};
}

std::string in(const GroupName& name) {
  return "in group " + std::to_string(name.first) + "." + std::to_string(name.second) + " ";
}

}  // namespace

std::uint64_t JournalModel::Group::term_at(std::uint64_t index) const {
  for (const JournalWrite::Entry& entry : entries)
    if (entry.index == index) return entry.term;
  return base.term;
}

void JournalModel::apply(const JournalCall& call) {
  for (const JournalWrite& write : call) {
    if ((write.flags & TENON_LOG_REMOVE) != 0) {
      groups_.erase(write.group);
      continue;
    }
    Group& group = groups_[write.group];
    if ((write.flags & TENON_LOG_SET_BASE) != 0) {
      group.entries.clear();
      group.base = write.base;
      group.forgotten_max = write.base.index;
    }
    if (!write.entries.empty()) {
      const std::uint64_t first = write.entries.front().index;
      std::erase_if(group.entries, [&](const auto& entry) { return entry.index >= first; });
      group.entries.insert(group.entries.end(), write.entries.begin(), write.entries.end());
    }
    if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) group.hard_state = write.hard_state;
  }
}

void JournalModel::compact(const GroupName& group, std::uint64_t index) {
  groups_.at(group).forgotten_max = std::max(groups_.at(group).forgotten_max, index);
}

JournalDriver::JournalDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor,
                             const Subject& subject, const std::string& dir) {
  auto made = check_host.make(descriptor, subject.file.path, subject.options_json, dir);
  if (!made) throw JournalFault(made.error().message);
  instance_ = std::move(made).value();
  if (const Status s = start(*instance_); !s) throw JournalFault(s.error().message);
  table_ = &instance_->log();
  const tenon_status status = table_->open(instance_->raw(), &journal_, fresh_error());
  if (status != TENON_OK) instance_->deactivate();
  must("open", status);
}

JournalDriver::~JournalDriver() {
  table_->close(journal_);
  instance_->deactivate();
}

void JournalDriver::must(const char* call, tenon_status status) {
  if (status == TENON_OK) return;
  const std::string words = error_.message[0] != 0 ? std::string(": ") + error_.message : "";
  throw JournalFault(std::string(call) + " answered " + std::to_string(status) + words);
}

tenon_error* JournalDriver::fresh_error() {
  error_ = {};
  error_.struct_size = sizeof error_;
  return &error_;
}

tenon_status JournalDriver::try_write(const JournalCall& call) {
  std::deque<std::vector<tenon_log_entry>> entries;
  std::vector<tenon_log_write> writes;
  for (const JournalWrite& write : call) {
    auto& list = entries.emplace_back();
    for (const JournalWrite::Entry& entry : write.entries)
      list.push_back({{entry.index, entry.term}, 0, 0, abi(entry.data)});
    writes.push_back({id_of(write.group), write.flags, static_cast<std::uint32_t>(list.size()), list.data(),
                      abi(write.hard_state), write.base});
  }
  was_written_ = true;
  return table_->write_v(journal_, writes.data(), writes.size(), fresh_error());
}

void JournalDriver::write(const JournalCall& call) {
  must("write_v", try_write(call));
}

void JournalDriver::compact(const GroupName& group, tenon_log_point base) {
  must("compact", table_->compact(journal_, id_of(group), base, fresh_error()));
}

void JournalDriver::verify() {
  must("verify", table_->verify(journal_, fresh_error()));
}

std::vector<JournalWrite::Entry> JournalDriver::read(const GroupName& name, std::uint64_t begin,
                                                     std::uint64_t end) {
  std::vector<JournalWrite::Entry> found;
  while (begin < end) {
    tenon_log_page page{};
    must("read", table_->read(journal_, id_of(name), begin, end, page_bytes, &page, fresh_error()));
    if (page.count == 0 || page.count > end - begin)
      throw JournalFault("read gives a page of " + std::to_string(page.count) + " entries of " +
                         std::to_string(end - begin));
    for (std::uint64_t i = 0; i < page.count; ++i)
      found.push_back({page.entries[i].at.index, page.entries[i].at.term, text_of(page.entries[i].data)});
    begin += page.count;
  }
  return found;
}

std::string JournalDriver::difference(const GroupName& name, const JournalModel::Group& group) {
  tenon_log_bounds bounds{};
  bounds.struct_size = sizeof bounds;
  must("bounds", table_->bounds(journal_, id_of(name), &bounds));
  if (bounds.last.index != group.last())
    return in(name) + "the last entry is " + std::to_string(bounds.last.index) + ", not " +
           std::to_string(group.last());
  if (bounds.base.index < group.base.index ||
      bounds.base.index > std::max(group.base.index, group.forgotten_max))
    return in(name) + "the base is " + std::to_string(bounds.base.index) + "; what is above " +
           std::to_string(std::max(group.base.index, group.forgotten_max)) + " is needed";
  std::vector<JournalWrite::Entry> expected;
  for (const JournalWrite::Entry& entry : group.entries)
    if (entry.index > bounds.base.index) expected.push_back(entry);
  if (read(name, bounds.base.index + 1, bounds.last.index + 1) != expected)
    return in(name) + "other entries are read than were written";
  for (std::uint64_t index = bounds.base.index; index <= bounds.last.index; ++index) {
    std::uint64_t term = 0;
    must("term_at", table_->term_at(journal_, id_of(name), index, &term));
    if (term != group.term_at(index))
      return in(name) + "entry " + std::to_string(index) + " has another term";
  }
  std::uint64_t term = 0;
  if (table_->term_at(journal_, id_of(name), bounds.last.index + 1, &term) != TENON_E_NOT_FOUND)
    return in(name) + "there is a term behind the last entry";
  return {};
}

// What open has found: names, damage, hard states.
std::string JournalDriver::difference_of_found(const JournalModel& model) {
  struct Found {
    std::map<GroupName, std::string> hard_states;
    std::string damage;
  } found;
  must("groups",
       table_->groups(
           journal_,
           [](void* user, const tenon_log_group* group) -> tenon_status {
             Found& into = *static_cast<Found*>(user);
             into.hard_states[{group->id.range, group->id.incarnation}] = text_of(group->hard_state);
             if (group->state != TENON_OK) into.damage = text_of(group->damage);
             return TENON_OK;
           },
           &found, fresh_error()));
  if (!found.damage.empty()) return "a group is damaged: " + found.damage;
  for (const auto& [name, group] : model.groups()) {
    const auto at = found.hard_states.find(name);
    if (at == found.hard_states.end()) return in(name) + "nothing is found by open";
    if (at->second != group.hard_state) return in(name) + "the hard state is another";
  }
  if (found.hard_states.size() > model.groups().size()) return "open finds a group that was removed";
  return {};
}

std::string JournalDriver::difference(const JournalModel& model) {
  if (!was_written_)
    if (std::string wrong = difference_of_found(model); !wrong.empty()) return wrong;
  for (const auto& [name, group] : model.groups())
    if (std::string wrong = difference(name, group); !wrong.empty()) return wrong;
  return {};
}

}  // namespace tenon::tools
