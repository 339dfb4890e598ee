#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "made_plugin.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

using host::Instance;

// One whole life, with workers.
Finding live(CheckHost& check_host, Instance& instance) {
  if (const Status s = start(instance); !s) return start_failed(s.error());
  const Status s = run_workers(check_host, instance);
  instance.deactivate();
  return s ? pass() : fail(s.error().message);
}

Finding check_state(CheckHost& check_host, Instance& instance) {
  const ProcessState before = ProcessState::now();
  const Finding found = live(check_host, instance);
  if (found.verdict == Verdict::fail) return found;
  const std::string difference = left_since(before);
  return difference.empty() ? pass() : fail("a life of it " + difference);
}

// Standard output and error of the process, kept in memory instead.
class Capture {
 public:
  Capture() : memory_(::memfd_create("output", MFD_CLOEXEC)) {
    std::fflush(nullptr);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
      saved_[fd - 1] = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
      ::dup2(memory_, fd);
    }
  }
  ~Capture() {
    std::fflush(nullptr);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(saved_[fd - 1], fd);
      ::close(saved_[fd - 1]);
    }
    ::close(memory_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // What was written so far; its beginning, if it is long.
  std::string text() {
    std::fflush(nullptr);
    char buffer[200];
    const ssize_t got = ::pread(memory_, buffer, sizeof buffer, 0);
    return {buffer, got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  int memory_;
  int saved_[2] = {-1, -1};
};

Finding check_output(const Subject& subject) {
  Capture capture;
  const Finding found = for_each_instance(subject, live);
  if (found.verdict == Verdict::fail) return found;
  const std::string text = capture.text();
  return text.empty() ? pass() : fail("printed \"" + text + "\"");
}

}  // namespace

std::vector<Check> process_checks() {
  const std::vector<std::string_view> working{"lifecycle.workers"};
  return {
      {"process.state",
       "a life of it changes no signal, locale, environment, umask, working directory or floating-point mode",
       "leave them to the broker; use *_l functions for locales and pass paths whole", working,
       on_instances(check_state)},
      {"process.output", "it prints nothing to standard output or error", "log through tenon.host.log/1",
       working, check_output},
      {"process.exit",
       "the process ends orderly after it was stopped: atexit handlers and destructors return",
       "end threads in deactivate; let static objects have no destructors that use other objects", working,
       on_instances(live), Leave::by_exit},
  };
}

}  // namespace tenon::tools
