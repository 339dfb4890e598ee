// A real process, a real disk, and SIGKILL.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "support/sim_random.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

// The batch with this number; each one also stores its number.
Batch numbered_batch(std::uint64_t number) {
  SimRandom random(number);
  Batch batch = {put(0, "number", std::to_string(number))};
  for (int i = 0; i < 5; ++i) {
    const std::string key = "k" + std::to_string(random.below(200));
    if (random.percent(20))
      batch.push_back(erase(1, key));
    else
      batch.push_back(put(1, key, std::string(random.below(2000), static_cast<char>('a' + number % 26))));
  }
  return batch;
}

// In the child: writes batch after batch and tells each number once it is done. Never returns.
[[noreturn]] void write_until_killed(const EngineUnderTest& what, DiskBackend& disk, const std::string& dir,
                                     std::uint64_t first, int out) {
  TestEngine engine(what, disk, dir);
  if (engine.open() != TENON_OK) ::_exit(2);
  for (std::uint64_t number = first;; ++number) {
    const std::uint32_t durability = number % 4 == 0 ? TENON_DURABLE_DISK : TENON_DURABLE_PROC;
    if (engine.write(numbered_batch(number), durability) != TENON_OK) ::_exit(3);
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

TEST_P(StorageProcessSuite, KilledProcessLosesNoAcknowledgedBatch) {
  TENON_REQUIRE_DURABLE();
  close();
  SimRandom random(17);
  Contents model;
  std::uint64_t applied = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_fds[0]);
      write_until_killed(GetParam(), disk(), dir(), applied + 1, pipe_fds[1]);
    }
    ::close(pipe_fds[1]);
    const std::uint64_t acknowledged = kill_after(child, pipe_fds[0], 1 + random.below(400));
    ::close(pipe_fds[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

    open();
    const std::uint64_t found = std::stoull(engine().get(0, "number").value_or("0"));
    EXPECT_GE(found, acknowledged);
    EXPECT_LE(found, acknowledged + 1);
    for (; applied < found; ++applied) model.apply(numbered_batch(applied + 1));
    EXPECT_TRUE(engine().contents() == model);
    EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
    close();
  }
  EXPECT_GT(applied, 100u);
}

}  // namespace
}  // namespace tenon::test
