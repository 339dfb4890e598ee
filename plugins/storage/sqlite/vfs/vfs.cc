#include "sqlite/vfs/vfs.h"

#include <cstdint>
#include <new>
#include <utility>

#include "shared/disk_check.h"
#include "sqlite/vfs/vfs_calls.h"

namespace tenon::storage_sqlite {
namespace {

constexpr std::uint64_t wal_head_bytes = 32;

FileRole role_of(int flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return FileRole::database;
  return (flags & SQLITE_OPEN_WAL) != 0 ? FileRole::wal : FileRole::other;
}

std::string unique_name(const void* object) {
  return "tenon-" + std::to_string(reinterpret_cast<std::uintptr_t>(object));
}

}  // namespace

Vfs::Vfs(const sdk::Disk& disk, std::string database)
    : disk_(disk),
      database_(std::move(database)),
      wal_path_(database_ + "-wal"),
      journal_path_(database_ + "-journal"),
      name_(unique_name(this)) {
  fill_table();
  if (sqlite3_vfs_register(&table_, 0) != SQLITE_OK) throw std::bad_alloc();
}

Vfs::~Vfs() {
  sqlite3_vfs_unregister(&table_);
}

void Vfs::fill_table() {
  table_ = VfsCalls::make_vfs();
  table_.zName = name_.c_str();
  table_.pAppData = this;
}

std::shared_ptr<SharedFile> Vfs::find(const std::string& path) {
  const auto at = files_.find(path);
  return at == files_.end() ? nullptr : at->second.lock();
}

int Vfs::open(const std::string& path, int flags, std::shared_ptr<SharedFile>* ret_file) {
  // The engine's database is in WAL mode from the day it appears: a rollback journal beside it is not ours.
  if (path == journal_path_) return SQLITE_CANTOPEN;
  if ((*ret_file = find(path))) return SQLITE_OK;
  bool is_there = true;
  if ((flags & SQLITE_OPEN_CREATE) != 0)
    if (const int code = exists(path, &is_there); code != SQLITE_OK) return code;
  std::uint32_t host_flags = TENON_FILE_READ | TENON_FILE_WRITE;
  if (!is_there) host_flags |= TENON_FILE_CREATE;
  sdk::DiskFile file;
  const tenon_status status = disk_.open(path, host_flags, &file);
  if (status == TENON_E_NOSPACE) return SQLITE_FULL;
  if (status != TENON_OK) return SQLITE_CANTOPEN;
  *ret_file = std::make_shared<SharedFile>(
      SharedFile::Setup{disk_, path, role_of(flags), is_ours(path) ? gate_ : *other_gate_,
                        is_ours(path) ? stats_ : other_stats_, !is_there},
      std::move(file));
  files_[path] = *ret_file;
  return SQLITE_OK;
}

// An error is not an absence: a log that can't be looked at must not be passed over.
int Vfs::exists(const std::string& path, bool* ret_yes) {
  *ret_yes = false;
  if (path == journal_path_) return SQLITE_OK;
  sdk::DiskFile file;
  const tenon_status status = find(path) ? TENON_OK : disk_.open(path, TENON_FILE_READ, &file);
  *ret_yes = status == TENON_OK;
  return status == TENON_OK || status == TENON_E_NOT_FOUND ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

int Vfs::remove(const std::string& path, bool sync_dir) {
  WriteGate& gate = is_ours(path) ? gate_ : *other_gate_;
  if (!gate.may_write()) return SQLITE_IOERR_DELETE;
  const tenon_status removed = disk_.remove(path);
  if (removed == TENON_E_NOT_FOUND) return SQLITE_IOERR_DELETE_NOENT;
  if (removed == TENON_OK && (!sync_dir || disk_.sync_dir(shared::parent_of(path)) == TENON_OK))
    return SQLITE_OK;
  gate.latch("removing " + path + " failed; check the disk, then restart the broker");
  return SQLITE_IOERR_DELETE;
}

// The head of a log that begins anew is synced always: without it, power loss could mix two generations of
// frames.
int Vfs::sync(SharedFile& file) {
  const bool is_commit = commits_deferred_ && file.role() == FileRole::wal;
  return is_commit && file.last_write_end() > wal_head_bytes ? file.flush() : file.sync();
}

int Vfs::sync_wal() {
  const auto wal = find(wal_path_);
  return wal ? wal->sync() : SQLITE_OK;
}

std::uint32_t Vfs::wal_frame_count() {
  const auto database = find(database_);
  return database ? database->wal_index.frame_count() : 0;
}

int Vfs::drop_uncommitted_frames(std::uint32_t page_bytes) {
  const auto wal = find(wal_path_);
  return wal ? wal->truncate(wal_bytes(wal_frame_count(), page_bytes)) : SQLITE_OK;
}

}  // namespace tenon::storage_sqlite
