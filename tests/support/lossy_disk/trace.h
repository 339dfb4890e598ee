#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::lossy_disk {

// With what the fields of a record hold, as far as they mean something: file, offset, size; texts.
enum class Op : std::uint32_t {
  write = 1,       // file, offset, size before; what was there, what was written
  truncate = 2,    // file, new size, size before; what was cut off
  begin_sync = 3,  // file or directory, number of the sync; path
  end_sync = 4,    // number of the sync as file, SyncResult: of what was there when it began
  create = 5,      // file; path
  make_dir = 6,    // path
  rename = 7,      // file, number of what was in the way; from, to
  remove = 8,      // file, number of what went; path
  remove_dir = 9,  // path
};

enum class SyncResult : std::uint64_t { kept = 0, failed = 1, lied = 2 };

// Everything that changes the disk, in its order, in a file that a test reads when the process is dead.
//
// A record is a Head and two texts. Not thread-safe.
class Trace {
 public:
  struct Head {
    std::uint32_t op;
    std::uint32_t reserved;
    std::uint64_t file;  // inode
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t first_bytes;
    std::uint64_t second_bytes;
  };

  // `path` is appended to. Ends the process when it can't be opened.
  explicit Trace(const std::string& path);

  // A record is whole or, in a process that dies meanwhile, cut short at the end of the file.
  void add(Op op, std::uint64_t file, std::uint64_t offset, std::uint64_t size, std::string_view first = {},
           std::string_view second = {});

 private:
  int fd_;
};

// Writes why to standard error and ends the process: the disk can't be simulated any longer.
[[noreturn]] void give_up(const std::string& why);

}  // namespace tenon::lossy_disk
