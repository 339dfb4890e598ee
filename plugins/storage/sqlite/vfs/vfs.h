#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>

#include <tenon/disk.hpp>

#include "sqlite/vfs/shared_file.h"

namespace tenon::storage_sqlite {

// SQLite's way to files, for one engine: everything goes through tenon.host.disk/1, nothing to the operating
// system. Registered with SQLite under a name of its own as long as it lives. Connections must be closed
// before it goes. One thread at a time.
//
// Files other than the engine's database and its log (a checkpoint being made) go through a gate of their
// own, so that their failure does not stop the engine.
class Vfs {
 public:
  // `database` is the path of the engine's database file.
  Vfs(const sdk::Disk& disk, std::string database);
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  ~Vfs();

  // For sqlite3_open_v2.
  const char* name() const { return name_.c_str(); }
  WriteGate& gate() { return gate_; }
  const WriteGate& gate() const { return gate_; }
  // Of all other files since the last call of reset_other_gate().
  const WriteGate& other_gate() const { return *other_gate_; }
  void reset_other_gate() { other_gate_ = std::make_unique<WriteGate>(); }
  const FileStats& stats() const { return stats_; }

  // While set, what SQLite calls a sync of the log at the end of a transaction only gives it to the host: it
  // survives the end of the process, and power loss only after the next sync_wal().
  void set_commits_deferred(bool deferred) { commits_deferred_ = deferred; }
  // Makes durable what the log holds. SQLite's code.
  int sync_wal();
  // Frames of committed transactions in the log.
  std::uint32_t wal_frame_count();
  // Cuts the log off behind the committed frames, after a transaction that found no space. SQLite's code.
  int drop_uncommitted_frames(std::uint32_t page_bytes);

 private:
  friend struct VfsCalls;

  std::shared_ptr<SharedFile> find(const std::string& path);
  int open(const std::string& path, int flags, std::shared_ptr<SharedFile>* ret_file);
  int remove(const std::string& path, bool sync_dir);
  int exists(const std::string& path, bool* ret_yes);
  int sync(SharedFile& file);
  bool is_ours(const std::string& path) const { return path == database_ || path == wal_path_; }
  void fill_table();

  const sdk::Disk& disk_;
  const std::string database_;
  const std::string wal_path_;
  const std::string journal_path_;
  const std::string name_;
  WriteGate gate_;
  std::unique_ptr<WriteGate> other_gate_ = std::make_unique<WriteGate>();
  FileStats stats_;
  FileStats other_stats_;
  bool commits_deferred_ = false;
  std::map<std::string, std::weak_ptr<SharedFile>> files_;
  sqlite3_vfs table_{};
};

// Bytes of the log with so many frames (SQLite file format, "The WAL File Format").
constexpr std::uint64_t wal_bytes(std::uint64_t frame_count, std::uint64_t page_bytes) {
  return 32 + frame_count * (24 + page_bytes);
}

}  // namespace tenon::storage_sqlite
