#pragma once

#include <cstddef>
#include <string>

namespace tenon::tools {

// What a plugin shares with the whole process and must leave as it was.
struct ProcessState {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::string settings;  // working directory, umask, locale, environment, signal dispositions, in one text

  static ProcessState now();

  // What differs in `later`, in words; empty when nothing does.
  std::string difference(const ProcessState& later) const;
};

}  // namespace tenon::tools
