#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include <tenon/disk.hpp>

#include "sqlite/vfs/file_lock.h"
#include "sqlite/vfs/wal_index.h"
#include "sqlite/vfs/write_buffer.h"
#include "sqlite/vfs/write_gate.h"

namespace tenon::storage_sqlite {

enum class FileRole { database, wal, other };

// Counters of an engine's files. Written by its thread, read by any.
struct FileStats {
  std::atomic<std::uint64_t> sync_count{0};
  std::atomic<std::int64_t> disk_bytes{0};
};

// One open file, whatever the number of connections that use it: one handle of the host, one buffer, and the
// locks between the connections. Results are SQLite's codes. One thread.
//
// Writes are gathered and reach the host when the buffer is full, on sync, truncate or close; reads see them.
// A failed write is thus reported late, but never later than the sync that would make it count. What a log
// could not be given is dropped, as its transaction is rolled back; of a database it stays, is seen by reads
// and is written with the next write that asks for it: SQLite counts pages of a database as copied from the
// log without a sync. Pages of a database are sealed when written and checked when read (page_seal.h).
class SharedFile {
 public:
  struct Setup {
    const sdk::Disk& disk;
    std::string path;
    FileRole role;
    WriteGate& gate;
    FileStats& stats;
    bool is_new;  // its name is not durable yet
  };
  SharedFile(Setup setup, sdk::DiskFile file);
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;
  ~SharedFile();

  // SQLITE_IOERR_SHORT_READ beyond the end, with zeroes there; SQLITE_IOERR_DATA when a page's seal is wrong.
  int read(std::uint64_t offset, std::span<std::uint8_t> out);
  int write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  int truncate(std::uint64_t len);
  int size(std::int64_t* ret_len) const;
  // Gives gathered writes to the host. A failure: those of a database are still gathered, all others dropped.
  int flush();
  // The same, and makes them and the file's name durable. Does nothing when nothing was written since the
  // last one.
  int sync();

  FileRole role() const { return role_; }
  const std::string& path() const { return path_; }
  // End of the last write; tells a log that was just begun anew from one that goes on.
  std::uint64_t last_write_end() const { return last_write_end_; }

  FileLock lock;
  WalIndex wal_index;

 private:
  int fail(tenon_status status, const char* what, int code);
  // SQLite reads and writes whole pages of a database, but for parts of the head.
  bool is_page(std::size_t len) const { return role_ == FileRole::database && len >= page_bytes_min; }
  void seal(std::uint64_t offset, std::span<std::uint8_t> page) const;
  bool is_intact(std::uint64_t offset, std::span<const std::uint8_t> page) const;
  void set_size(std::uint64_t bytes);
  void refresh_size();

  static constexpr std::size_t page_bytes_min = 512;

  const sdk::Disk& disk_;
  const std::string path_;
  const FileRole role_;
  WriteGate& gate_;
  FileStats& stats_;
  sdk::DiskFile file_;
  WriteBuffer buffer_;
  std::uint64_t size_ = 0;  // with what the buffer holds
  std::uint64_t last_write_end_ = 0;
  bool is_name_durable_;
  // From the start: a process that ended before may have left what no sync has seen.
  bool is_dirty_ = true;
};

}  // namespace tenon::storage_sqlite
