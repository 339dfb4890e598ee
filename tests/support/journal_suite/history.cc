#include "support/journal_suite/history.h"

namespace tenon::test {

bool History::write(TestJournal& journal, const std::vector<LogWrite>& writes) {
  const tenon_status status = journal.write_v(writes);
  if (status == TENON_E_NOSPACE || status == TENON_E_BUSY || status == TENON_E_INVALID) return false;
  // A failed call before this one may have left a part; but then this one fails, too.
  states_.resize(taken_ + 1);
  for (const LogWrite& write : writes) {
    states_.push_back(states_.back());
    apply_write(states_.back(), write);
  }
  if (status != TENON_OK) return false;
  states_.erase(states_.begin(), states_.end() - 1);
  taken_ = 0;
  return true;
}

bool History::compact(TestJournal& journal, GroupId group, std::uint64_t index) {
  const tenon_status status = journal.compact(group, last().at(group).point(index));
  for (Logs& logs : states_)
    if (const auto at = logs.find(group); at != logs.end() && index <= at->second.last())
      at->second.forgotten = std::max(at->second.forgotten, index);
  return status == TENON_OK;
}

bool History::explains(const Logs& found) const {
  return std::any_of(states_.begin(), states_.end(), [&](const Logs& logs) { return is_same(found, logs); });
}

}  // namespace tenon::test
