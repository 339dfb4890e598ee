#pragma once

#include <vector>

#include "support/journal_suite/test_journal.h"

namespace tenon::test {

// Writes call after call and remembers which contents may be found after a crash: each write is there whole
// or not at all, and none without those before it; what was answered with TENON_OK is there.
class History {
 public:
  explicit History(Logs start = {}) : states_{std::move(start)} {}

  // True when the journal took the call. One that failed with TENON_E_NOSPACE, _BUSY or _INVALID left
  // nothing; of another that failed, any part from the front may be there after a crash.
  bool write(TestJournal& journal, const std::vector<LogWrite>& writes);
  // Compacts as far as it is legal; tells the model in any case.
  bool compact(TestJournal& journal, GroupId group, std::uint64_t index);

  bool explains(const Logs& found) const;
  // The contents after all that was taken.
  const Logs& last() const { return states_[taken_]; }

 private:
  std::vector<Logs> states_;  // after each single write; the first is what is durable
  std::size_t taken_ = 0;
};

}  // namespace tenon::test
