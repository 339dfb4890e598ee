#include "sqlite/database_file.h"

#include <cstring>

#include <tenon/failure.hpp>

#include "shared/byte_order.h"
#include "shared/disk_check.h"
#include "sqlite/connection.h"
#include "sqlite/vfs/page_seal.h"

namespace tenon::storage_sqlite {
namespace {

using sdk::Failure;
using shared::check_disk;

// Places in the head (SQLite file format, "The Database Header").
constexpr std::size_t head_bytes = 100;
constexpr std::size_t page_bytes_at = 16;
constexpr std::size_t write_version_at = 18;
constexpr std::size_t read_version_at = 19;
constexpr std::size_t reserved_bytes_at = 20;
constexpr std::size_t user_version_at = 60;
constexpr std::size_t application_id_at = 68;
constexpr std::uint8_t version_wal = 2;
constexpr std::uint64_t build_cache_bytes = 1024 * 1024;

constexpr const char* schema =
    "CREATE TABLE kv(k BLOB PRIMARY KEY, v BLOB, r INTEGER) WITHOUT ROWID;"
    "CREATE TABLE large(id INTEGER PRIMARY KEY, v BLOB NOT NULL);";

[[noreturn]] void fail_damaged(const std::string& path, const std::string& why) {
  throw Failure(TENON_E_CORRUPT,
                path + " is damaged: " + why + "; restore it from a copy, or move it away to begin empty");
}

void read_head(const sdk::Disk& disk, const std::string& path, std::uint8_t (&head)[head_bytes]) {
  sdk::DiskFile file;
  check_disk(disk.open(path, TENON_FILE_READ, &file), "opening", path);
  std::uint64_t len = 0;
  check_disk(file.pread(0, head, &len), "reading", path);
  if (len < head_bytes) fail_damaged(path, "it has only " + std::to_string(len) + " bytes");
}

std::uint32_t page_bytes_of(const std::uint8_t* head) {
  const auto stored = static_cast<std::uint32_t>((head[page_bytes_at] << 8) | head[page_bytes_at + 1]);
  return stored == 1 ? 65536 : stored;
}

// Gives a database that is not in use its last form: WAL mode, everything on the medium.
void finish_database(const sdk::Disk& disk, Vfs& vfs, const std::string& path) {
  {
    Connection connection({path, vfs.name(), false, build_cache_bytes});
    connection.run("PRAGMA journal_mode=MEMORY");
    if (connection.text("PRAGMA journal_mode=WAL") != "wal")
      throw Failure(TENON_E_INTERNAL, path + " can't be put into WAL mode");
  }
  if (!vfs.other_gate().may_write())
    throw Failure(vfs.other_gate().is_full() ? TENON_E_NOSPACE : TENON_E_IO, "writing " + path + " failed");
  sdk::DiskFile file;
  check_disk(disk.open(path, TENON_FILE_READ | TENON_FILE_WRITE, &file), "opening", path);
  check_disk(file.fdatasync(), "syncing", path);
}

void remove_if_there(const sdk::Disk& disk, const std::string& path) {
  const tenon_status status = disk.remove(path);
  if (status != TENON_E_NOT_FOUND) check_disk(status, "removing", path);
}

std::string unfinished_path(const std::string& path) {
  return path + ".new";
}

}  // namespace

std::uint32_t inspect_database(const sdk::Disk& disk, const std::string& path) {
  std::uint8_t head[head_bytes];
  read_head(disk, path, head);
  if (std::memcmp(head, "SQLite format 3", 16) != 0) fail_damaged(path, "it does not begin as a database");
  if (shared::load_be32(head + application_id_at) != database_application_id)
    fail_damaged(path, "it is a database of another application");
  const std::uint32_t format = shared::load_be32(head + user_version_at);
  if (format > database_format)
    throw Failure(TENON_E_UNSUPPORTED, path + " has format " + std::to_string(format) +
                                           ", this broker reads format " + std::to_string(database_format) +
                                           "; run the broker that wrote it, or a newer one");
  if (format != database_format) fail_damaged(path, "its format is 0");
  const std::uint32_t page_bytes = page_bytes_of(head);
  const bool is_page_size = page_bytes >= 512 && (page_bytes & (page_bytes - 1)) == 0;
  if (!is_page_size || head[write_version_at] != version_wal || head[read_version_at] != version_wal ||
      head[reserved_bytes_at] != seal_bytes)
    fail_damaged(path, "its head does not hold together");
  return page_bytes;
}

void remove_unfinished(const sdk::Disk& disk, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-journal"}) remove_if_there(disk, unfinished_path(path) + suffix);
}

void create_database(const sdk::Disk& disk, Vfs& vfs, const std::string& path, std::uint32_t page_bytes) {
  const std::string unfinished = unfinished_path(path);
  vfs.reset_other_gate();
  {
    Connection connection({unfinished, vfs.name(), true, build_cache_bytes});
    connection.set_reserved_bytes(seal_bytes);
    const std::string settings =
        "PRAGMA page_size=" + std::to_string(page_bytes) + "; PRAGMA journal_mode=MEMORY; BEGIN" +
        "; PRAGMA application_id=" + std::to_string(database_application_id) +
        "; PRAGMA user_version=" + std::to_string(database_format) + "; " + schema + "COMMIT";
    connection.run(settings.c_str());
  }
  finish_database(disk, vfs, unfinished);
  check_disk(disk.rename(unfinished, path), "renaming", unfinished);
  check_disk(disk.sync_dir(shared::parent_of(path)), "syncing", shared::parent_of(path));
}

void copy_database(const sdk::Disk& disk, Vfs& vfs, const std::string& from, const std::string& to,
                   std::uint64_t cache_bytes) {
  vfs.reset_other_gate();
  {
    Connection connection({from, vfs.name(), false, cache_bytes});
    connection.keep_wal_on_close();
    Statement copy = connection.prepare("VACUUM INTO ?1");
    copy.bind_text(1, to);
    copy.run();
  }
  finish_database(disk, vfs, to);
}

}  // namespace tenon::storage_sqlite
