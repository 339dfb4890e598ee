#include "killed_child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tenon::tools {
namespace {

// Adds the bytes that are there, at most until there are `words_max`, or the end has come.
void count_words(int pipe, int words_max, int& ret_words) {
  char buffer[64];
  while (ret_words < words_max) {
    const ssize_t n = ::read(pipe, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    ret_words += static_cast<int>(n);
  }
}

}  // namespace

Result<KilledChild> run_until_killed(int words_min, const std::function<void(int pipe)>& work) {
  constexpr int no_limit = 1'000'000'000;
  int ends[2];
  if (::pipe(ends) != 0) return Error{Errc::io, std::string("no pipe can be made: ") + ::strerror(errno)};
  const pid_t child = ::fork();
  if (child < 0) {
    const int why = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return Error{Errc::io, std::string("no child process can be made: ") + ::strerror(why)};
  }
  if (child == 0) {
    ::close(ends[0]);
    work(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  KilledChild said;
  count_words(ends[0], words_min, said.words);
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  count_words(ends[0], no_limit, said.words);
  ::close(ends[0]);
  said.was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return said;
}

}  // namespace tenon::tools
