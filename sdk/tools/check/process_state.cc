#include "process_state.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <filesystem>

namespace tenon::tools {
namespace {

std::size_t count_entries(const char* dir) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir)) ++count;
  return count;
}

std::string settings_now() {
  std::string all = std::filesystem::current_path().string();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  all += "\numask " + std::to_string(mask) + "\nlocale " + std::setlocale(LC_ALL, nullptr);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0)
      all += "\nsignal " + std::to_string(signal) + " " +
             std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler));
  }
  for (char** variable = environ; *variable; ++variable) all += std::string("\n") + *variable;
  return all;
}

}  // namespace

ProcessState ProcessState::now() {
  return {count_entries("/proc/self/task"), count_entries("/proc/self/fd"), settings_now()};
}

std::string ProcessState::difference(const ProcessState& later) const {
  std::string found;
  const auto grew = [&](const char* what, std::size_t before, std::size_t after) {
    if (after > before)
      found += std::string(found.empty() ? "" : ", ") + "left " + std::to_string(after - before) + " " + what;
  };
  grew("threads", threads, later.threads);
  grew("descriptors", descriptors, later.descriptors);
  if (settings != later.settings)
    found += std::string(found.empty() ? "" : ", ") +
             "changed the working directory, umask, locale, environment or a signal of the process";
  return found;
}

}  // namespace tenon::tools
