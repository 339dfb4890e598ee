#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>

#include "faults/failing_files.h"
#include "killed_child.h"
#include "log/journal_driver.h"

namespace tenon::tools {
namespace {

constexpr std::uint32_t seed_count = 3;
constexpr int rounds_per_seed = 4;  // between two of them the journal is opened anew
constexpr int calls_per_round = 15;
constexpr std::uint32_t groups_max = 5;
constexpr int kept_calls_min = 50;  // that a process has been told are kept, before it is killed
constexpr int calls_with_faults = 12;
constexpr std::int64_t faults_after[] = {0, 1, 2, 4, 8};

using LookAtJournal = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&, const Subject&)>;

// Runs `look` for each log plugin of the module, with a subject of its own; plugins of other kinds pass. A
// JournalFault is the finding.
std::function<Finding(const Subject&)> on_journals(const LookAtJournal& look) {
  return [look](const Subject& subject) {
    return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
      if (std::string_view(d.kind_id) != TENON_LOG_ID) return pass("is no log");
      try {
        return look(check_host, d, of_one(subject, d));
      } catch (const JournalFault& fault) {
        return fail(fault.what());
      }
    });
  };
}

// Calls drawn from a seed that fit the logs of a model.
class CallDraw {
 public:
  explicit CallDraw(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  JournalCall call(const JournalModel& model) {
    JournalModel ahead = model;
    JournalCall call;
    for (std::uint32_t i = 1 + below(4); i > 0; --i) {
      call.push_back(write(ahead));
      ahead.apply({call.back()});
    }
    return call;
  }

 private:
  JournalWrite write(const JournalModel& model) {
    JournalWrite write;
    write.group = {1 + below(groups_max), 1};
    const auto at = model.groups().find(write.group);
    const JournalModel::Group group = at == model.groups().end() ? JournalModel::Group() : at->second;
    const std::uint32_t kind = below(20);
    if (kind == 0) {
      write.flags = TENON_LOG_REMOVE;
      return write;
    }
    std::uint64_t last = group.last(), lowest = std::max(group.base.index, group.forgotten_max) + 1;
    if (kind == 1) {
      write.flags |= TENON_LOG_SET_BASE;
      write.base = {last + below(10), 7 + last};
      last = write.base.index;
      lowest = last + 1;
    }
    if (kind % 3 == 0) {
      write.flags |= TENON_LOG_SET_HARD_STATE;
      write.hard_state = std::string(below(60), static_cast<char>('a' + below(26)));
    }
    // Seldom entries that take the place of others.
    std::uint64_t index = below(5) == 0 && last >= lowest
                              ? lowest + below(static_cast<std::uint32_t>(last + 1 - lowest))
                              : last + 1;
    for (std::uint32_t count = below(6); count > 0; --count, ++index)
      write.entries.push_back({index, ++term_, data()});
    return write;
  }
  std::string data() {
    static constexpr std::uint32_t sizes[] = {0, 1, 40, 600, 9'000, 120'000};
    return std::string(below(sizes[below(6)] + 1), static_cast<char>('a' + below(26)));
  }

  std::mt19937 random_;
  std::uint64_t term_ = 1;
};

// Some of the oldest entries of a group are not needed any more.
void compact_one(JournalDriver& journal, JournalModel& model, CallDraw& draw) {
  for (const auto& [name, group] : model.groups()) {
    if (group.entries.empty() || draw.below(3) != 0) continue;
    const auto& upto = group.entries[draw.below(static_cast<std::uint32_t>(group.entries.size()))];
    if (upto.index <= group.forgotten_max) continue;
    const GroupName one = name;
    journal.compact(one, {upto.index, upto.term});
    return model.compact(one, upto.index);
  }
}

Finding check_model(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  for (std::uint32_t seed = subject.seed; seed < subject.seed + seed_count; ++seed) {
    const std::string dir = subject.scratch_dir + "/model" + std::to_string(seed);
    const std::string in_seed = "seed " + std::to_string(seed) + ", ";
    JournalModel model;
    CallDraw draw(seed);
    for (int round = 0; round < rounds_per_seed; ++round) {
      JournalDriver journal(check_host, d, subject, dir);
      if (const std::string wrong = journal.difference(model); !wrong.empty())
        return fail(in_seed + "opened again, " + wrong);
      for (int i = 0; i < calls_per_round; ++i) {
        const JournalCall call = draw.call(model);
        journal.write(call);
        model.apply(call);
        if (i % 5 == 4) compact_one(journal, model, draw);
        if (const std::string wrong = journal.difference(model); !wrong.empty())
          return fail(in_seed + "call " + std::to_string(round * calls_per_round + i) + ": " + wrong);
      }
      journal.verify();
    }
  }
  return pass();
}

JournalWrite entry_at(std::uint64_t range, std::uint64_t index) {
  JournalWrite write;
  write.group = {range, 1};
  write.entries = {{index, 1, "entry " + std::to_string(index)}};
  return write;
}

// Calls whose last write does not fit its log: nothing of them may be there.
Finding check_atomic(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  JournalDriver journal(check_host, d, subject, subject.scratch_dir + "/atomic");
  JournalModel model;
  const JournalCall first{entry_at(1, 1), entry_at(2, 1)};
  journal.write(first);
  model.apply(first);
  JournalWrite with_gap_inside = entry_at(2, 2);
  with_gap_inside.entries.push_back({4, 1, "after a gap"});
  const std::vector<std::pair<std::string, JournalWrite>> refused{{"an entry behind a gap", entry_at(2, 3)},
                                                                  {"entries with a gap", with_gap_inside},
                                                                  {"entry 0", entry_at(2, 0)}};
  for (const auto& [what, write] : refused) {
    const tenon_status status = journal.try_write({entry_at(1, 2), write});
    if (status != TENON_E_INVALID)
      return fail(what + " is answered with " + std::to_string(status) + ", not TENON_E_INVALID");
    if (const std::string wrong = journal.difference(model); !wrong.empty())
      return fail("after a call that was refused for " + what + ", " + wrong);
  }
  const JournalCall next{entry_at(1, 2)};
  journal.write(next);
  model.apply(next);
  const std::string wrong = journal.difference(model);
  return wrong.empty() ? pass() : fail(wrong);
}

// An entry to each of two groups a call, one word to `told` for each that was taken, until killed. In a
// process of its own, which it ends.
[[noreturn]] void write_until_killed(const Subject& subject, const std::string& dir, int told) {
  (void)for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) -> Finding {
    try {
      JournalDriver journal(check_host, d, subject, dir);
      for (std::uint64_t i = 1;; ++i) {
        journal.write({entry_at(1, i), entry_at(2, i)});
        if (::write(told, "+", 1) != 1) ::_exit(1);
      }
    } catch (const JournalFault&) {
      ::_exit(1);
    }
  });
  ::_exit(0);
}

JournalModel after_calls(int count) {
  JournalModel model;
  for (int i = 1; i <= count; ++i)
    model.apply({entry_at(1, static_cast<std::uint64_t>(i)), entry_at(2, static_cast<std::uint64_t>(i))});
  return model;
}

// The journal holds the acknowledged calls; of the one behind them each write is there whole, or not.
Finding look_at_rest(JournalDriver& journal, int taken) {
  const std::string wrong = journal.difference(after_calls(taken));
  if (wrong.empty()) return pass(std::to_string(taken) + " calls outlived kill -9");
  JournalModel half = after_calls(taken);
  half.apply({entry_at(1, static_cast<std::uint64_t>(taken) + 1)});
  if (journal.difference(half).empty() || journal.difference(after_calls(taken + 1)).empty())
    return pass(std::to_string(taken) + " calls outlived kill -9");
  return fail("the process was killed after it had been told that " + std::to_string(taken) +
              " calls are kept; " + wrong);
}

std::string killed_dir(const Subject& own) {
  return own.scratch_dir + "/killed";
}

Finding check_durable(const Subject& subject) {
  // A process of its own writes for each, and begins before this one has any thread.
  std::map<std::string, Result<KilledChild>> children;
  for (const auto& [name, own] : subjects_of_kind(subject, TENON_LOG_ID))
    children.emplace(name, run_until_killed(kept_calls_min, [&, &own = own](int told) {
                       write_until_killed(own, killed_dir(own), told);
                     }));
  return on_journals([&](CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& own) {
    const Result<KilledChild>& child = children.at(d.name);
    if (!child) return fail("not run: " + child.error().message, "end other processes");
    if (!child->was_killed) return fail("the process that writes ended before it was killed");
    JournalDriver journal(check_host, d, own, killed_dir(own));
    journal.verify();
    return look_at_rest(journal, child->words);
  })(subject);
}

// What became of calls of which one met a fault.
struct Ending {
  int kept = 0;               // calls that were taken
  bool was_met = false;       // on whatever thread
  bool was_met_here = false;  // in one of the calls, on their own thread
  bool is_latched = false;
  std::string fault;
};

Ending write_with_faults(JournalDriver& journal, std::int64_t writes_left, std::int64_t syncs_left) {
  Ending ending;
  const Failing failing(writes_left, syncs_left);
  for (int i = 0; i < calls_with_faults && !ending.is_latched; ++i) {
    const auto index = static_cast<std::uint64_t>(ending.kept + 1);
    const std::uint64_t failed_before = disk_failed_here();
    const tenon_status status = journal.try_write({entry_at(1, index), entry_at(2, index)});
    // What other threads do meanwhile need not belong to this call.
    const bool is_met_here = disk_failed_here() > failed_before;
    ending.was_met_here = ending.was_met_here || is_met_here;
    ending.was_met = disk_failed_count() > 0;
    if (status == TENON_OK && is_met_here)
      ending.fault = "answers TENON_OK to a call of which a write or fsync failed";
    if (status == TENON_OK) ++ending.kept;
    if (status == TENON_E_IO_FATAL) ending.is_latched = true;
    if (status != TENON_OK && status != TENON_E_IO_FATAL && !(status == TENON_E_NOSPACE && writes_left >= 0))
      ending.fault = "answers " + std::to_string(status) + " where a write or fsync fails";
    if (!ending.fault.empty()) return ending;
  }
  if (ending.is_latched)
    if (const tenon_status status = journal.try_write({entry_at(9, 1)}); status != TENON_E_IO_FATAL)
      ending.fault = "after TENON_E_IO_FATAL it answers " + std::to_string(status);
  return ending;
}

Finding look_at_faults(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject,
                       const std::string& dir, std::int64_t writes_left, std::int64_t syncs_left) {
  Ending ending;
  {
    JournalDriver journal(check_host, d, subject, dir);
    ending = write_with_faults(journal, writes_left, syncs_left);
    if (!ending.fault.empty()) return fail(ending.fault);
    if (!ending.is_latched) {  // all is well again
      const auto index = static_cast<std::uint64_t>(ending.kept + 1);
      const tenon_status status = journal.try_write({entry_at(1, index), entry_at(2, index)});
      // What another thread of it has met may show in this call only.
      const bool may_latch = ending.was_met && !ending.was_met_here;
      if (status == TENON_OK)
        ++ending.kept;
      else if (status != TENON_E_IO_FATAL || !may_latch)
        return fail("answers " + std::to_string(status) + " when the disk works again");
    }
  }
  JournalDriver journal(check_host, d, subject, dir);
  journal.verify();
  // Of the call that latched it, something may be there.
  const Finding found = look_at_rest(journal, ending.kept);
  if (found.verdict == Verdict::pass) return pass(ending.was_met ? "met" : "");
  return fail("opened again after a fault, " + found.reason);
}

Finding check_disk_fails(const Subject& subject) {
  FailingFiles files;
  return on_journals([&](CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& own) {
    files.come_with(check_host);
    int met = 0;
    for (const std::int64_t n : faults_after)
      for (const bool is_full : {true, false}) {
        set_scene((is_full ? "write" : "fsync") + std::string(" number ") + std::to_string(n + 1) +
                  " had failed");
        const std::string dir = own.scratch_dir + (is_full ? "/full" : "/sync") + std::to_string(n);
        const Finding found = look_at_faults(check_host, d, own, dir, is_full ? n : -1, is_full ? -1 : n);
        if (found.verdict != Verdict::pass) return found;
        met += found.reason.empty() ? 0 : 1;
      }
    return met > 0 ? pass(std::to_string(met) + " faults") : pass("makes no call that could fail");
  })(subject);
}

}  // namespace

std::vector<Check> journal_checks() {
  const std::vector<std::string_view> right{"log.model"};
  return {
      {"log.model",
       "a log gives back what was written, group by group, also when it is opened again: entries, terms, "
       "bounds, "
       "hard states",
       "an entry that is written again replaces all behind it; SET_BASE comes first and removes all; compact "
       "may "
       "forget, and never more than it was told",
       {"lifecycle.start-stop"},
       on_journals(check_model)},
      {"log.atomic", "a call that is refused changes nothing, and the log works on",
       "look at all writes of a call before the first one is carried out", right, on_journals(check_atomic)},
      {"log.durable", "what was taken is there after kill -9 in the middle of writing, without a gap",
       "sync before answering TENON_OK; on open, cut off what is not whole", right, check_durable},
      {"log.disk-fails",
       "where a write or fsync fails, a log says so and keeps what it has taken; after TENON_E_IO_FATAL it "
       "takes "
       "nothing until it is opened anew",
       "answer TENON_E_NOSPACE if nothing of the call was written, else latch; never call fsync again for "
       "what it "
       "has failed for",
       {"log.durable"},
       check_disk_fails},
  };
}

}  // namespace tenon::tools
