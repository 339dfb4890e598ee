#pragma once

#include <string>

namespace tenon::tools {

// A new, empty directory below $TMPDIR (/tmp without), removed with everything in it by the destructor.
class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  // Absolute; empty when none could be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tenon::tools
