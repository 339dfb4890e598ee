#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// A file that appears when it is whole: until then it is "PATH.part", which goes with this unless finish()
// was called. For its owner alone to read: what has the name of the part goes, and is neither followed nor
// written to.
class NewFile {
 public:
  // exists: there is such a file already; internal: it can't be written.
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&&) = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Failures: internal.
  Status write(std::string_view bytes);
  // Takes back all that was written behind the first `bytes`.
  Status cut(std::uint64_t bytes);
  // It is on the disk, under its name, and so is that. Once, and the last.
  Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  NewFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string part_path() const { return path_ + ".part"; }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;  // null: finished
};

}  // namespace tenon::ctl
