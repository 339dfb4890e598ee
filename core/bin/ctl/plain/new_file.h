#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// A file that appears when it is whole: until then it is "PATH.part", which goes with this unless finish()
// was called. For its owner alone to read.
class NewFile {
 public:
  // exists: there is such a file already; internal: it can't be written.
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&&) = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Failures: internal.
  Status write(std::string_view bytes);
  // It is on the disk, under its name. Once, and the last.
  Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  NewFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace tenon::ctl
