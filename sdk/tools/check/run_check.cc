#include "run_check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "host/watch/crash_report.h"
#include "scratch_dir.h"

namespace tenon::tools {
namespace {

constexpr std::size_t scene_bytes_max = 256;

// What set_scene() said last, in memory that a child process shares with its parent.
char* scene_memory() {
  static char* const memory = [] {
    void* const made =
        ::mmap(nullptr, scene_bytes_max, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? nullptr : static_cast<char*>(made);
  }();
  return memory;
}

// " after it was asked for a stranger", or nothing.
std::string after_scene() {
  const char* const memory = scene_memory();
  return memory && memory[0] != 0 ? " after " + std::string(memory) : std::string();
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

// A finding on its way through the pipe: "VERDICT reason NUL repair".
std::string encode(const Finding& finding) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(finding.verdict)));
  text += finding.reason;
  text += '\0';
  return text + finding.repair;
}

Finding decode(const std::string& text) {
  const std::size_t end = text.find('\0');
  if (end == std::string::npos) return fail("ended the process in the middle of a report");
  return {static_cast<Verdict>(text[0] - '0'), text.substr(1, end - 1), text.substr(end + 1)};
}

void write_all(int fd, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::write(fd, text.data() + sent, text.size() - sent);
    if (n <= 0) return;
    sent += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void be_child(const Check& check, const Subject& subject, int channel) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // standard output is for the report alone
  if (::chdir(subject.scratch_dir.c_str()) != 0) ::_exit(1);
  host::install_crash_report();
  write_all(channel, encode(run_guarded(check, subject)));
  // The channel stays open: its end tells the parent that the process has ended.
  if (check.leave == Leave::by_exit) ::exit(0);
  ::_exit(0);
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

std::string describe_end(int status) {
  if (WIFSIGNALED(status))
    return "crashed with signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  return "ended the process with status " + std::to_string(WEXITSTATUS(status));
}

// What the end of the child and its words together say.
Finding conclude(const Check& check, const std::string& text, int status) {
  if (text.empty()) return fail(describe_end(status) + after_scene());
  const Finding said = decode(text);
  if (status == 0 || said.verdict == Verdict::fail) return said;
  return fail(describe_end(status) + (check.leave == Leave::by_exit ? " while it exited" : ""));
}

}  // namespace

void set_scene(std::string_view scene) {
  char* const memory = scene_memory();
  if (!memory) return;
  const std::size_t size = std::min(scene.size(), scene_bytes_max - 1);
  std::copy_n(scene.data(), size, memory);
  memory[size] = 0;
}

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
  const ScratchDir scratch;
  Subject own = subject;
  own.scratch_dir = scratch.path();
  set_scene({});
  int channel[2];
  if (scratch.path().empty() || ::pipe2(channel, O_CLOEXEC) != 0)
    return fail("not run: no temporary directory or pipe can be made", "make room, or set TMPDIR");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(channel[0]);
    be_child(check, own, channel[1]);
  }
  ::close(channel[1]);
  std::string text;
  const bool in_time = child > 0 && read_all(channel[0], timeout_s, text);
  ::close(channel[0]);
  if (child < 0) return fail("not run: no child process can be made", "end other processes");
  int status = 0;
  if (!in_time) ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  ::kill(-child, SIGKILL);  // what it left behind in its process group, if anything
  if (!in_time)
    return fail("did not end within " + std::to_string(timeout_s) + " s" + after_scene(),
                "look with --in-process --only " + std::string(check.name) +
                    " in a debugger for what it waits for; --timeout SECONDS gives more time");
  return conclude(check, text, status);
}

Finding run_here(const Check& check, const Subject& subject) {
  if (check.leave == Leave::by_exit) return skip("can't be run with --in-process");
  const ScratchDir scratch;
  Subject own = subject;
  own.scratch_dir = scratch.path();
  return run_guarded(check, own);
}

}  // namespace tenon::tools
