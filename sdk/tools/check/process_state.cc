#include "process_state.h"

#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

// Of the sanitizers' run-time libraries, which replace the heap.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace tenon::tools {
namespace {

std::size_t count_entries(const char* dir) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir)) ++count;
  return count;
}

std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name ? name : std::to_string(signal);
}

std::string floating_point_mode() {
  std::string mode = std::to_string(std::fegetround());
#if defined(__x86_64__)
  constexpr unsigned sticky = 0x3f;  // what calculations leave behind
  mode += " " + std::to_string(_mm_getcsr() & ~sticky);
#endif
  return mode;
}

void read_signals(std::map<std::string, std::string>& settings) {
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0) continue;
    settings["the handler of signal " + signal_name(signal)] =
        std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler)) + " " +
        std::to_string(action.sa_flags);
    settings["the mask of signal " + signal_name(signal)] = std::to_string(::sigismember(&blocked, signal));
  }
}

std::map<std::string, std::string> read_settings() {
  std::map<std::string, std::string> settings;
  settings["the working directory"] = std::filesystem::current_path().string();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  settings["the umask"] = std::to_string(mask);
  settings["the locale"] = std::setlocale(LC_ALL, nullptr);
  settings["the floating-point mode"] = floating_point_mode();
  read_signals(settings);
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string text = *variable;
    settings["the environment variable " + text.substr(0, text.find('='))] = text;
  }
  return settings;
}

// Keys whose values are not the same in both.
std::string changed_keys(const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& after) {
  std::map<std::string, std::string> all = before;
  all.insert(after.begin(), after.end());
  std::string found;
  for (const auto& [key, ignored] : all) {
    const auto was = before.find(key);
    const auto is = after.find(key);
    if (was == before.end() || is == after.end() || was->second != is->second)
      found += (found.empty() ? "changed " : ", ") + key;
  }
  return found;
}

}  // namespace

ProcessState ProcessState::now() {
  return {count_entries("/proc/self/task"), count_entries("/proc/self/fd"), read_settings()};
}

std::string ProcessState::difference(const ProcessState& later) const {
  std::string found;
  const auto add = [&](const std::string& words) { found += (found.empty() ? "" : ", ") + words; };
  const auto grew = [&](const char* what, std::size_t was, std::size_t is) {
    if (is > was) add("left " + std::to_string(is - was) + " " + what);
  };
  grew("threads", threads, later.threads);
  grew("open descriptors", descriptors, later.descriptors);
  if (const std::string changed = changed_keys(settings, later.settings); !changed.empty()) add(changed);
  return found;
}

std::string left_since(const ProcessState& before) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (;;) {
    const ProcessState state = ProcessState::now();
    const bool grew = state.threads > before.threads || state.descriptors > before.descriptors;
    if (!grew || std::chrono::steady_clock::now() > end) return before.difference(state);
    std::this_thread::yield();
  }
}

std::size_t heap_bytes() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void restart_without_thread_caches(char** argv) {
  if (__sanitizer_get_current_allocated_bytes) return;
  const char* given = std::getenv("GLIBC_TUNABLES");
  std::string tunables = given ? given : "";
  if (tunables.find("glibc.malloc.tcache_count=") != std::string::npos) return;
  if (!tunables.empty()) tunables += ':';
  tunables += "glibc.malloc.tcache_count=0";
  ::setenv("GLIBC_TUNABLES", tunables.c_str(), 1);
  ::execv("/proc/self/exe", argv);
}

}  // namespace tenon::tools
