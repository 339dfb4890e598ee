// A real process, a real disk, and SIGKILL.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/journal_suite/journal_suite.h"
#include "support/sim_random.h"

namespace tenon::test {
namespace {

// Call `number` appends entry `number` to some of the groups 1 to 8; group 9 counts all calls.
std::vector<LogWrite> numbered_call(std::uint64_t number, std::uint64_t* next) {
  SimRandom random(number);
  std::vector<LogWrite> writes;
  for (std::uint64_t range = 1; range <= 8; ++range)
    if (random.percent(40))
      writes.push_back({{range, 1},
                        TENON_LOG_SET_HARD_STATE,
                        next[range]++,
                        entries(number, 1, number, random.below(3000)),
                        std::to_string(number),
                        {}});
  writes.push_back({{9, 1}, 0, number, entries(number, 1, 1), {}, {}});
  return writes;
}

// What the journal holds after `count` calls.
Logs logs_after(std::uint64_t count, std::uint64_t* next) {
  Logs logs;
  for (std::uint64_t i = 1; i <= 8; ++i) next[i] = 1;
  for (std::uint64_t number = 1; number <= count; ++number)
    for (const LogWrite& write : numbered_call(number, next)) apply_write(logs, write);
  return logs;
}

// In the child: writes call after call and tells each number once it is done. Never returns.
[[noreturn]] void write_until_killed(const JournalUnderTest& what, DiskBackend& disk, const std::string& dir,
                                     std::uint64_t first, std::uint64_t* next, int out) {
  TestJournal journal(what, disk, dir);
  if (journal.open() != TENON_OK) ::_exit(2);
  for (std::uint64_t number = first;; ++number) {
    if (journal.write_v(numbered_call(number, next)) != TENON_OK) ::_exit(3);
    if (::write(out, &number, sizeof number) != sizeof number) ::_exit(4);
  }
}

// The last number that the child told, after `wanted` of them and a kill; 0: none.
std::uint64_t kill_after(pid_t child, int in, std::uint64_t wanted) {
  std::uint64_t last = 0;
  std::uint64_t told = 0;
  std::uint64_t number = 0;
  while (::read(in, &number, sizeof number) == sizeof number) {
    last = number;
    if (++told == wanted) ::kill(child, SIGKILL);
  }
  return last;
}

TEST_P(JournalProcessSuite, KilledProcessLosesNoAcknowledgedWrite) {
  TENON_REQUIRE_DURABLE_JOURNAL();
  close();
  SimRandom random(17);
  std::uint64_t done = 0;
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::uint64_t next[9];
    logs_after(done, next);
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_fds[0]);
      write_until_killed(GetParam(), disk(), dir(), done + 1, next, pipe_fds[1]);
    }
    ::close(pipe_fds[1]);
    const std::uint64_t acknowledged = kill_after(child, pipe_fds[0], 1 + random.below(100));
    ::close(pipe_fds[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

    open();
    const Logs found = journal().contents();
    done = found.contains({9, 1}) ? found.at({9, 1}).last() : 0;
    EXPECT_GE(done, acknowledged);
    EXPECT_LE(done, acknowledged + 1);
    // Of the call that was under way, a part from the front may be there: the counter is its last write.
    bool is_explained = is_same(found, logs_after(done, next));
    Logs partly = logs_after(done, next);
    for (const LogWrite& write : numbered_call(done + 1, next)) {
      apply_write(partly, write);
      is_explained = is_explained || is_same(found, partly);
    }
    EXPECT_TRUE(is_explained);
    // Ends the call that was cut short, so that the next round begins at a whole one.
    std::vector<LogWrite> rest;
    Logs whole = logs_after(++done, next);
    for (const auto& [id, log] : whole) {
      const std::uint64_t last = found.contains(id) ? found.at(id).last() : 0;
      LogWrite write{id, TENON_LOG_SET_HARD_STATE, last + 1, {}, log.hard_state, {}};
      for (std::uint64_t index = last + 1; index <= log.last(); ++index)
        write.entries.push_back(log.entries.at(index));
      rest.push_back(write);
    }
    must_write(rest);
    EXPECT_EQ(journal().verify(), TENON_OK) << journal().error();
    close();
  }
  EXPECT_GT(done, 50u);
}

}  // namespace
}  // namespace tenon::test
