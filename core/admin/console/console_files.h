#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"

namespace tenon::admin {

// One file of the console, as it is sent.
struct ConsoleFile {
  std::string content_type;
  std::string body;
  std::string etag;  // with its quotation marks
};

// The console's pages, in memory: what is served is what was there at the start, and a request opens no file.
// Immutable; any thread.
class ConsoleFiles {
 public:
  static constexpr std::size_t files_max = 64;
  static constexpr std::uint64_t file_bytes_max = 1u << 20;

  // Reads the files of `dir` whose names end in .html, .css, .js or .svg; it does not look into directories
  // below it. Failure: not_found (there is no such directory, or no index.html in it: the console is not
  // installed), invalid (a file is too long, or there are too many), or that of the disk.
  static Result<ConsoleFiles> read(Disk& disk, const std::string& dir);

  // Null: there is none of that name. Lives as long as this.
  const ConsoleFile* find(std::string_view name) const;

 private:
  std::map<std::string, ConsoleFile, std::less<>> files_;
};

}  // namespace tenon::admin
