#include "sqlite/connection.h"

namespace tenon::storage_sqlite {

Connection::Connection(const Setup& setup) {
  sqlite3* raw = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  if (setup.creates) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(setup.path.c_str(), &raw, flags, setup.vfs_name);
  raw_.reset(raw);
  if (raw == nullptr) throw std::bad_alloc();
  check(code);
  sqlite3_extended_result_codes(raw, 1);
  harden();
  // Negative: kibibytes.
  const std::string cache = "PRAGMA cache_size=-" + std::to_string(setup.cache_bytes / 1024);
  run(cache.c_str());
}

// The file may come from anywhere: nothing in its schema may run or trick SQLite.
void Connection::harden() {
  sqlite3* raw = raw_.get();
  check(sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  check(sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr));
  check(sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr));
  check(sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr));
  run("PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA secure_delete=OFF");
}

void Connection::check(int code) const {
  if (code == SQLITE_OK) return;
  throw SqlError(sqlite3_extended_errcode(raw_.get()), sqlite3_errmsg(raw_.get()));
}

void Connection::run(const char* sql) {
  check(sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr));
}

std::int64_t Connection::integer(const char* sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const char* sql) {
  Statement statement = prepare(sql);
  const char* text = statement.step() ? statement.text(0) : nullptr;
  return text ? text : "";
}

bool Connection::checkpoint() {
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(raw_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  if (code == SQLITE_BUSY) return false;
  check(code);
  return copied == in_log;
}

void Connection::keep_wal_on_close() {
  sqlite3_db_config(raw_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Connection::set_reserved_bytes(int bytes) {
  check(sqlite3_file_control(raw_.get(), "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes));
}

std::uint64_t Connection::cache_used_bytes() const {
  int now = 0;
  int high = 0;
  sqlite3_db_status(raw_.get(), SQLITE_DBSTATUS_CACHE_USED, &now, &high, 0);
  return static_cast<std::uint64_t>(now);
}

}  // namespace tenon::storage_sqlite
