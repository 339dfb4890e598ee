#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "check.h"
#include "host/watch/crash_report.h"

namespace tenon::tools {
namespace {

// The child's side: the finding as "VERDICT detail" through the pipe, and out, without destructors or atexit
// handlers of what the plugin may have loaded.
[[noreturn]] void report(const Finding& finding, int fd) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(finding.verdict)));
  text += finding.detail;
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::write(fd, text.data() + sent, text.size() - sent);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  ::_exit(0);
}

Finding run_guarded(const Check& check, const Subject& subject) {
  try {
    return check.run(subject);
  } catch (const std::exception& e) {
    return fail(std::string("an exception came out of the plugin or the check: ") + e.what());
  } catch (...) {
    return fail("an exception came out of the plugin");
  }
}

// Reads until the child closes the pipe. False: the time is over.
bool read_all(int fd, int timeout_s, std::string& ret_text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return true;
    ret_text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      return "fail";
    case Verdict::skip:
      return "skip";
  }
  return "?";
}

Finding run_in_child(const Check& check, const Subject& subject, int timeout_s) {
  int channel[2];
  if (::pipe(channel) != 0) return fail("no pipe for a child process");
  const pid_t child = ::fork();
  if (child < 0) return fail("no child process");
  if (child == 0) {
    ::close(channel[0]);
    host::install_crash_report();
    report(run_guarded(check, subject), channel[1]);
  }
  ::close(channel[1]);
  std::string text;
  const bool in_time = read_all(channel[0], timeout_s, text);
  ::close(channel[0]);
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!in_time) return fail("did not end within " + std::to_string(timeout_s) + " s");
  if (WIFSIGNALED(status))
    return fail(std::string("crashed with signal ") + std::to_string(WTERMSIG(status)) + " (" +
                ::strsignal(WTERMSIG(status)) + ")");
  if (text.empty()) return fail("ended the process");
  return {static_cast<Verdict>(text[0] - '0'), text.substr(1)};
}

}  // namespace tenon::tools
