#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "control.h"
#include "trace.h"

namespace tenon::lossy_disk {

// The files below one directory, as a process sees them: its calls go through to the machine's file system
// and are told to the trace, with what they replaced. Nothing is ever made durable; the trace says what
// should be.
//
// Names that go away or are replaced keep a hard link in the directory `aside`, numbered.
// Calls answer as those of the C library do. Thread-safe.
class Disk {
 public:
  struct Setup {
    std::string root;
    std::string aside;
    std::string trace;
    Control* control;
  };

  explicit Disk(const Setup& setup);

  // Whether the disk has this path.
  bool has(const char* path) const;
  // Whether this is an open file of the disk.
  bool has(int fd);

  int open(const char* path, int flags, mode_t mode);
  int close(int fd);
  // At the file's own place when `offset` is below 0.
  ssize_t write(int fd, std::span<const iovec> parts, off_t offset);
  int truncate(int fd, off_t size);
  int sync(int fd);
  int rename(const char* from, const char* to);
  int remove(const char* path);
  int make_dir(const char* path, mode_t mode);
  int remove_dir(const char* path);

 private:
  struct OpenFile {
    std::string path;  // it was opened with
    std::uint64_t inode;
    bool is_dir;
    bool appends;
  };

  // Whether a fault that the test asks for is for this file.
  bool is_meant(const OpenFile& file) const;
  SyncResult sync_result(const OpenFile& file);
  std::uint64_t room_for(std::uint64_t wanted);
  void give_back(std::uint64_t bytes);
  void truncate_locked(int fd, const OpenFile& file, std::uint64_t size);
  std::uint64_t put_aside(const char* path);

  std::mutex mutex_;
  const std::string root_;
  const std::string aside_;
  Control& control_;
  // Guarded by mutex_ from here on.
  Trace trace_;
  std::map<int, OpenFile> open_;
  std::uint64_t next_aside_ = 1;
  std::uint64_t next_sync_ = 1;
};

// The disk that the environment names; none: every call is the machine's own.
Disk* disk();

}  // namespace tenon::lossy_disk
