#include "support/journal_suite/model.h"

namespace tenon::test {

void apply_write(Logs& logs, const LogWrite& write) {
  if ((write.flags & TENON_LOG_REMOVE) != 0) {
    logs.erase(write.group);
    return;
  }
  GroupLog& log = logs[write.group];
  if ((write.flags & TENON_LOG_SET_BASE) != 0) {
    log.entries.clear();
    log.base = write.base;
    log.forgotten = 0;
  }
  if (!write.entries.empty()) log.entries.erase(log.entries.lower_bound(write.first), log.entries.end());
  for (std::size_t i = 0; i < write.entries.size(); ++i) log.entries[write.first + i] = write.entries[i];
  if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) log.hard_state = write.hard_state;
}

bool is_same(const GroupLog& found, const GroupLog& wanted) {
  if (found.hard_state != wanted.hard_state || found.last() != wanted.last()) return false;
  if (found.base.index < wanted.base.index || found.base.index >= wanted.first_kept()) return false;
  if (found.base.term != wanted.term_of(found.base.index)) return false;
  if (found.entries.size() != wanted.last() - found.base.index) return false;
  return std::all_of(found.entries.begin(), found.entries.end(), [&](const auto& item) {
    const auto at = wanted.entries.find(item.first);
    return at != wanted.entries.end() && at->second == item.second;
  });
}

bool is_same(const Logs& found, const Logs& wanted) {
  return difference(found, wanted).empty();
}

std::string difference(const Logs& found, const Logs& wanted) {
  const auto describe = [](const GroupLog& log) {
    return std::to_string(log.base.index) + " (term " + std::to_string(log.base.term) + ") to " +
           std::to_string(log.last()) + ", hard state of " + std::to_string(log.hard_state.size());
  };
  const auto name = [](const GroupId& id) {
    return std::to_string(id.range) + "." + std::to_string(id.incarnation);
  };
  for (const auto& [id, log] : found)
    if (!wanted.contains(id)) return name(id) + " should not be there";
  for (const auto& [id, log] : wanted) {
    const auto at = found.find(id);
    if (at == found.end()) return name(id) + " is missing";
    if (!is_same(at->second, log))
      return name(id) + " is " + describe(at->second) + ", wanted " + describe(log) + ", forgotten to " +
             std::to_string(log.forgotten);
  }
  return {};
}

}  // namespace tenon::test
