#include "sim/checkers/log_checker.h"

#include <algorithm>

namespace tenon::sim {
namespace {

std::uint64_t digest_of_entry(const tenon_log_entry& entry) {
  const std::string_view data(reinterpret_cast<const char*>(entry.data.data), entry.data.len);
  return digest_of(data, entry.type + 1);
}

std::string name_of(std::uint64_t index, std::uint64_t term) {
  return "entry " + std::to_string(index) + " of term " + std::to_string(term);
}

// What a group is founded with, the same at all of its founders, which need not hear of each other for it.
bool is_founding(std::uint64_t index, std::uint64_t term) {
  return index == 1 && term == 1;
}

template <class Map>
void erase_node(Map& map, std::uint32_t node) {
  std::erase_if(map, [node](const auto& one) { return one.first.first == node; });
}

}  // namespace

std::uint64_t MemberLog::term_at(std::uint64_t index) const {
  if (index == base.index) return base.term;
  if (index < base.index || index > last()) return 0;
  return terms[index - base.index - 1];
}

kv::LogPoint LogChecker::Group::last_of_term(std::uint64_t term) const {
  for (std::uint64_t index = committed.size(); index-- > 1;)
    if (committed[index] != 0 && committed[index] <= term) return {index, committed[index]};
  return {};
}

LogChecker::LogChecker(World& world, const std::vector<kv::NodeId>& nodes, ReadDeciders read_deciders)
    : world_(world), read_deciders_(std::move(read_deciders)) {
  for (std::uint32_t place = 0; place < nodes.size(); ++place)
    places_[static_cast<std::uint64_t>(nodes[place])] = place;
}

void LogChecker::fail(std::uint32_t node, const kv::RangeId& range, const std::string& what) {
  world_.fail("node " + std::to_string(node) + ", range " + std::to_string(range.number) + ": " + what);
}

std::optional<std::uint32_t> LogChecker::place_of(std::uint64_t node) const {
  const auto found = places_.find(node);
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t LogChecker::committed_until(const kv::RangeId& range) const {
  const auto group = groups_.find(range);
  return group == groups_.end() || group->second.committed.empty() ? 0 : group->second.committed.size() - 1;
}

std::uint64_t LogChecker::committed_term(const kv::RangeId& range, std::uint64_t index) const {
  const auto group = groups_.find(range);
  return group == groups_.end() ? 0 : group->second.term_at(index);
}

const MemberLog* LogChecker::written(std::uint32_t node, const kv::RangeId& range) const {
  const auto found = written_.find({node, range});
  return found == written_.end() ? nullptr : &found->second;
}

const MemberLog* LogChecker::durable(std::uint32_t node, const kv::RangeId& range) const {
  const auto found = durable_.find({node, range});
  return found == durable_.end() ? nullptr : &found->second;
}

void LogChecker::on_birth(std::uint32_t node) {
  erase_node(written_, node);
  erase_node(durable_, node);
  erase_node(committed_, node);
  erase_node(changed_, node);
  std::erase_if(reads_, [node](const auto& one) { return one.first.first.first == node; });
}

// What it had acknowledged before its log was damaged counts with those who heard of it.
void LogChecker::on_replica_failed(std::uint32_t, const kv::RangeId& range, std::string_view) {
  gone_.insert(range);
}

void LogChecker::take(MemberLog& log, const tenon_log_write& write) const {
  if ((write.flags & TENON_LOG_REMOVE) != 0) {
    log = {};
    return;
  }
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    log.base = {write.base.index, write.base.term};
    log.terms.clear();
    log.changes.clear();
  }
  if (write.entry_count == 0) return;
  const std::uint64_t first = write.entries[0].at.index;
  log.terms.resize(std::min<std::size_t>(log.terms.size(), first - log.base.index - 1));
  log.changes.erase(log.changes.lower_bound(first), log.changes.end());
  for (const tenon_log_entry& entry : std::span(write.entries, write.entry_count)) {
    log.terms.push_back(entry.at.term);
    if (!read_deciders_) continue;
    if (const auto deciders = read_deciders_(entry)) log.changes[entry.at.index] = *deciders;
  }
}

void LogChecker::on_log_found(std::uint32_t node, const FoundLog& found) {
  tenon_log_write write{};
  write.flags = TENON_LOG_SET_BASE;
  write.base = {found.base.index, found.base.term};
  write.entries = found.entries.data();
  write.entry_count = static_cast<std::uint32_t>(found.entries.size());
  MemberLog& log = durable_[{node, found.range}];
  take(log, write);
  written_[{node, found.range}] = log;
  note_changes(node,
               {{found.range.number, found.range.incarnation}, 0, write.entry_count, write.entries, {}, {}});
  world_.trace().note("log.found", {node, found.range.number, log.base.index, log.last(), log.last_term()});
}

// As far as the changes behind the last one before it are known.
void LogChecker::check_state(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                             const Deciders& deciders) {
  const Group& group = groups_[range];
  for (auto change = group.changes.rbegin(); change != group.changes.rend(); ++change) {
    const auto& [index, term] = change->first;
    if (index > applied.index || group.term_at(index) != term) continue;
    const std::set<std::uint64_t> said(deciders.voters.begin(), deciders.voters.end());
    const std::set<std::uint64_t> known(change->second.voters.begin(), change->second.voters.end());
    if (said != known)
      fail(node, range,
           "has a state as of entry " + std::to_string(applied.index) +
               " with other members than the entries up to it say");
    return;
  }
}

void LogChecker::on_joined(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                           const tenon_membership& membership) {
  Deciders deciders;
  deciders.voters.assign(membership.voters, membership.voters + membership.voter_count);
  deciders.outgoing.assign(membership.outgoing, membership.outgoing + membership.outgoing_count);
  if (!deciders.voters.empty()) check_state(node, range, applied, deciders);
  if (deciders.voters.size() != places_.size() || !deciders.outgoing.empty()) has_changed_[range] = true;
  written_[{node, range}].before = deciders;
  durable_[{node, range}].before = deciders;
}

// Entries that were committed and go.
void LogChecker::check_what_goes(std::uint32_t node, const kv::RangeId& range, const MemberLog& log,
                                 const tenon_log_write& write) {
  // A state that was installed takes the place of the whole log.
  if ((write.flags & TENON_LOG_SET_BASE) != 0 || write.entry_count == 0) return;
  const Group& group = groups_[range];
  const std::uint64_t first = write.entries[0].at.index;
  for (std::uint64_t index = first; index <= log.last(); ++index) {
    const std::uint64_t term = log.term_at(index);
    if (term == 0 || group.term_at(index) != term) continue;
    const bool stays = index - first < write.entry_count && write.entries[index - first].at.term == term;
    if (!stays) return fail(node, range, name_of(index, term) + " was committed, and is cut off");
  }
}

void LogChecker::check_matching(std::uint32_t node, const kv::RangeId& range, const MemberLog& log,
                                const tenon_log_write& write) {
  Group& group = groups_[range];
  std::uint64_t before = 0;
  if (write.entry_count > 0) {
    const std::uint64_t index = write.entries[0].at.index - 1;
    before = (write.flags & TENON_LOG_SET_BASE) != 0 ? write.base.term : log.term_at(index);
  }
  for (const tenon_log_entry& entry : std::span(write.entries, write.entry_count)) {
    const std::pair<std::uint64_t, std::uint64_t> content{digest_of_entry(entry), before};
    const auto [known, is_new] = group.entries.try_emplace({entry.at.index, entry.at.term}, content);
    if (!is_new && known->second != content)
      return fail(node, range,
                  name_of(entry.at.index, entry.at.term) + " is another than elsewhere, or follows another");
    before = entry.at.term;
  }
}

void LogChecker::note_changes(std::uint32_t node, const tenon_log_write& write) {
  if (!read_deciders_) return;
  for (const tenon_log_entry& entry : std::span(write.entries, write.entry_count)) {
    const auto deciders = read_deciders_(entry);
    if (!deciders) continue;
    groups_[{write.group.range, write.group.incarnation}].changes[{entry.at.index, entry.at.term}] =
        *deciders;
    std::string text;
    for (const std::uint64_t id : deciders->voters) text += " " + std::to_string(place_of(id).value_or(99));
    text += " |";
    for (const std::uint64_t id : deciders->outgoing) text += " " + std::to_string(place_of(id).value_or(99));
    world_.trace().note("log.change", {node, write.group.range, entry.at.index, entry.at.term}, text);
  }
}

void LogChecker::on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes) {
    const kv::RangeId range{write.group.range, write.group.incarnation};
    MemberLog& log = written_[{node, range}];
    check_what_goes(node, range, log, write);
    check_matching(node, range, log, write);
    note_changes(node, write);
    take(log, write);
  }
}

void LogChecker::on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) {
  for (const tenon_log_write& write : writes) {
    const kv::RangeId range{write.group.range, write.group.incarnation};
    take(durable_[{node, range}], write);
    // The plugin has closed the group by then: this is the store's own.
    if ((write.flags & TENON_LOG_REMOVE) == 0) continue;
    gone_.insert(range);
    // One that is opened there later in this life begins with nothing.
    committed_.erase({node, range});
    changed_.erase({node, range});
    take(written_[{node, range}], write);
  }
}

void LogChecker::on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) {
  const MemberLog& log = written_[{node, range}];
  const kv::LogPoint last = groups_[range].last_of_term(term);
  if (last.index != 0 && !log.holds(last.index, last.term))
    fail(node, range,
         "leads in term " + std::to_string(term) + " without " + name_of(last.index, last.term) +
             ", which was committed");
}

// Whoever calls an entry committed: it is durable with those who decide. Who that is only a leader knows for
// certain when it changes. It may have begun the next change in the same turn, because this was committed.
void LogChecker::note_committed(std::uint32_t node, const kv::RangeId& range, std::uint64_t index,
                                bool leads) {
  const MemberLog& log = written_[{node, range}];
  const std::uint64_t term = log.term_at(index);
  if (term == 0) return;
  Group& group = groups_[range];
  if (!is_founding(index, term) && !has_gone(range) && (leads || !has_changed_[range])) {
    const bool is_safe = log.decided_since(changed_[{node, range}], [&](std::uint64_t id) {
      const auto place = place_of(id);
      const MemberLog* other = place ? durable(*place, range) : nullptr;
      return other && other->holds(index, term);
    });
    if (!is_safe) fail(node, range, name_of(index, term) + " is called committed, and no majority has it");
  }
  if (group.committed.size() <= index) group.committed.resize(index + 1);
  for (std::uint64_t i = index; i > log.base.index && group.committed[i] == 0; --i)
    group.committed[i] = log.term_at(i);
}

void LogChecker::on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                              std::uint64_t) {
  Group& group = groups_[range];
  group.applied = std::max(group.applied, at.index);
  if (group.committed.size() <= at.index) group.committed.resize(at.index + 1);
  if (group.committed[at.index] == 0) group.committed[at.index] = at.term;
  if (!is_founding(at.index, at.term) && !durable_[{node, range}].holds(at.index, at.term))
    fail(node, range, name_of(at.index, at.term) + " is applied before it is durable there");
}

void LogChecker::on_misapplied(std::uint32_t node, const kv::RangeId& range, std::uint64_t index,
                               std::uint64_t expected) {
  fail(node, range,
       "entry " + std::to_string(index) + " is to be applied where " + std::to_string(expected) +
           " is the next");
}

void LogChecker::on_status(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) {
  std::uint64_t& committed = committed_[{node, range}];
  if (status.committed < committed) fail(node, range, "what is committed goes back");
  if (written_[{node, range}].changes.size() > 0 || status.change_pending != 0) has_changed_[range] = true;
  if (status.committed > committed)
    note_committed(node, range, status.committed, status.role.role == TENON_ROLE_LEADER);
  committed = status.committed;
  const auto& changes = written_[{node, range}].changes;
  changed_[{node, range}] = changes.empty() ? 0 : changes.rbegin()->first;
}

void LogChecker::on_read_asked(std::uint32_t node, const kv::RangeId& range, std::uint64_t context) {
  reads_[{{node, range}, context}] = groups_[range].applied;
}

void LogChecker::on_read_ready(std::uint32_t node, const kv::RangeId& range, std::uint64_t context,
                               std::uint64_t index) {
  const auto asked = reads_.find({{node, range}, context});
  if (asked == reads_.end()) return;
  if (index < asked->second)
    fail(node, range,
         "a read may be answered from entry " + std::to_string(index) + " on, though " +
             std::to_string(asked->second) + " was applied when it was asked for");
  reads_.erase(asked);
}

}  // namespace tenon::sim
