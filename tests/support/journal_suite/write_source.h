#pragma once

#include "support/journal_suite/model.h"
#include "support/sim_random.h"

namespace tenon::test {

// Makes writes that fit what a model holds, as a seed says: appends to a few groups, now and then replacing a
// tail, a base, or a whole group.
class WriteSource {
 public:
  explicit WriteSource(std::uint64_t seed, std::uint64_t group_count = 5)
      : random_(seed), group_count_(group_count) {}

  // The next call of write_v, already applied to `logs`.
  std::vector<LogWrite> next(Logs& logs) {
    std::vector<LogWrite> writes;
    const std::uint64_t count = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      writes.push_back(next_write(logs));
      apply_write(logs, writes.back());
    }
    return writes;
  }
  GroupId group() { return {1 + random_.below(group_count_), 1 + random_.below(2)}; }
  SimRandom& random() { return random_; }

 private:
  LogWrite next_write(const Logs& logs) {
    LogWrite write;
    write.group = group();
    const std::uint64_t kind = random_.below(100);
    if (kind < 3) {
      write.flags = TENON_LOG_REMOVE;
      return write;
    }
    const auto at = logs.find(write.group);
    const GroupLog log = at == logs.end() ? GroupLog() : at->second;
    std::uint64_t last = log.last();
    std::uint64_t first_kept = log.first_kept();
    term_ += random_.below(20) == 0 ? 1 : 0;
    if (kind < 6) {
      write.flags |= TENON_LOG_SET_BASE;
      write.base = {random_.below(last + 20), 1 + random_.below(term_)};
      last = write.base.index;
      first_kept = last + 1;
    }
    if (random_.percent(60)) {
      write.flags |= TENON_LOG_SET_HARD_STATE;
      write.hard_state = std::string(random_.below(40), static_cast<char>('a' + random_.below(26)));
    }
    write.first = last + 1;
    if (random_.percent(20) && last >= first_kept)
      write.first = first_kept + random_.below(last + 1 - first_kept);
    const std::uint64_t count = random_.percent(5) ? random_.below(40) : random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i)
      write.entries.push_back({term_, static_cast<std::uint32_t>(random_.below(5)), data()});
    return write;
  }
  std::string data() {
    const std::uint64_t bytes = random_.percent(5) ? random_.below(5000) : random_.below(200);
    return std::string(bytes, static_cast<char>(random_.below(256)));
  }

  SimRandom random_;
  std::uint64_t group_count_;
  std::uint64_t term_ = 1;
};

}  // namespace tenon::test
