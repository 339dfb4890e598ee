#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace tenon::tools {

// What a plugin shares with the whole process and must leave as it was.
struct ProcessState {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  // "working directory", "umask", "locale", "environment variable TZ", "signal PIPE", ... to a value that
  // changes with it.
  std::map<std::string, std::string> settings;

  static ProcessState now();

  // What `later` has that this had not, in words; empty when nothing.
  std::string difference(const ProcessState& later) const;
};

// What the process has now that `before` had not. A thread that has been joined, or is about to end by
// itself, may be listed for a moment longer: this waits up to a second for the counts to come down.
std::string left_since(const ProcessState& before);

// Bytes that are allocated from the process's heap now, by whomever. With glibc it counts what threads keep
// for reuse, too: see restart_without_thread_caches.
std::size_t heap_bytes();

// Begins the program anew, if it must be, so that malloc hands out nothing from caches of threads, and
// heap_bytes() is exact. To be called first in main(). Where that can't be, the program goes on as it is.
void restart_without_thread_caches(char** argv);

}  // namespace tenon::tools
