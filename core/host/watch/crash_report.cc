#include "host/watch/crash_report.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>

#include "host/watch/breadcrumb.h"

namespace tenon::host {
namespace {

constexpr std::array<int, 5> fatal_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t report_stack_bytes = 32 * 1024;

// A line in a fixed buffer; nothing here allocates or locks: it runs in a signal handler.
class Line {
 public:
  void add(const char* text) {
    while (*text && used_ + 1 < buffer_.size()) buffer_[used_++] = *text++;
  }
  void add(unsigned number) {
    std::array<char, 12> digits{};
    std::size_t at = digits.size() - 1;
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    add(&digits[at]);
  }
  void write() {
    buffer_[used_++] = '\n';
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, buffer_.data(), used_);
  }

 private:
  std::array<char, 1024> buffer_{};
  std::size_t used_ = 0;
};

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "SIGABRT";
  }
}

void report(int signal) {
  Line line;
  line.add("tenon: FATAL: signal ");
  line.add(static_cast<unsigned>(signal));
  line.add(" (");
  line.add(name_of(signal));
  line.add(") ");
  const PluginTag* tag = this_thread_breadcrumb().plugin.load(std::memory_order_relaxed);
  if (tag) {
    line.add("inside plugin \"");
    line.add(tag->instance);
    line.add("\" (");
    line.add(tag->plugin_id);
    line.add(" ");
    line.add(tag->version);
    line.add(", ");
    line.add(tag->file);
    line.add(")");
  } else {
    line.add("in the broker, outside of plugins");
  }
  line.write();
}

// SA_RESETHAND has put the default action back: raising again ends the process as if there had been no
// handler.
void on_fatal_signal(int signal) {
  report(signal);
  ::raise(signal);
}

struct ReportStack {
  std::unique_ptr<std::byte[]> memory = std::make_unique<std::byte[]>(report_stack_bytes);
  ReportStack() {
    stack_t stack{};
    stack.ss_sp = memory.get();
    stack.ss_size = report_stack_bytes;
    ::sigaltstack(&stack, nullptr);
  }
  ~ReportStack() {
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    ::sigaltstack(&off, nullptr);
  }
};

}  // namespace

void prepare_thread_for_crash_report() {
  thread_local const ReportStack stack;
}

void install_crash_report() {
  prepare_thread_for_crash_report();
  for (const int signal : fatal_signals) {
    struct sigaction action {};
    action.sa_handler = on_fatal_signal;
    // Without SA_NODEFER the signal is blocked until the handler returns; then the raised one is delivered.
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace tenon::host
