#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bin/ctl/backup/backup_block.h"
#include "bin/ctl/plain/new_file.h"

namespace tenon::ctl {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

// A backup that is being written: to FILE.part, which takes the place of FILE with finish(), on the disk by
// then; without that it goes. All failures are internal, with the operating system's words.
class BackupWriter {
 public:
  // For its owner alone to read. exists: there is such a file already.
  static Result<BackupWriter> create(const std::string& path);

  Status add(BlockKind kind, std::string_view body);
  // From begin_part() to the next one, or to finish(), what was added can be taken back.
  Status begin_part(const BackupPart& part);
  Status roll_back_part();
  Status finish();

  std::uint64_t bytes() const { return place_.bytes; }

 private:
  struct Place {
    std::uint64_t bytes = 0;
    std::uint64_t parts = 0;
    std::uint32_t sum = 0;
  };
  explicit BackupWriter(NewFile file) : file_(std::move(file)) {}
  Status write(std::string_view bytes);

  NewFile file_;
  Place place_;
  Place before_part_;
};

// A backup that is read from its beginning. Failures name the file and the place in it: corrupt, when it is
// cut or damaged; invalid, when it is no backup; unsupported, of a newer version.
class BackupReader {
 public:
  static Result<BackupReader> open(const std::string& path);

  const BackupHeader& header() const { return header_; }
  struct Block {
    BlockKind kind = BlockKind::end;
    std::string body;
    std::uint64_t at = 0;  // in the file
  };
  // The next one; behind the block `end` there is none. That one was found to fit what came before.
  Result<Block> next();
  // An error of what is at this place.
  Error error_at(std::uint64_t at, const Error& error) const;

 private:
  BackupReader(std::string path, OpenFile file) : path_(std::move(path)), file_(std::move(file)) {}
  Error fault(Errc code, std::uint64_t at, const std::string& what) const;
  Result<Block> read_block();
  Status check_end(const Block& block);

  std::string path_;
  OpenFile file_;
  BackupHeader header_;
  std::uint64_t at_ = 0;
  std::uint64_t parts_ = 0;
  std::uint32_t sum_ = 0;
};

}  // namespace tenon::ctl
