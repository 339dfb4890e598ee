#include "sqlite/statement.h"

namespace tenon::storage_sqlite {

Statement::Statement(sqlite3* db, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  raw_.reset(raw);
  if (code != SQLITE_OK) throw SqlError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

void Statement::fail() const {
  sqlite3* db = sqlite3_db_handle(raw_.get());
  throw SqlError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

void Statement::bind(int at, tenon_bytes bytes) {
  const void* data = bytes.len > 0 ? static_cast<const void*>(bytes.data) : "";
  check(sqlite3_bind_blob64(raw_.get(), at, data, bytes.len, SQLITE_STATIC));
}

void Statement::bind(int at, std::int64_t value) {
  check(sqlite3_bind_int64(raw_.get(), at, value));
}

void Statement::bind_text(int at, const std::string& text) {
  check(sqlite3_bind_text(raw_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
}

bool Statement::step() {
  const int code = sqlite3_step(raw_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail();
}

std::int64_t Statement::run() {
  const ResetLater reset(*this);
  while (step()) {
  }
  return sqlite3_changes64(sqlite3_db_handle(raw_.get()));
}

tenon_bytes Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(raw_.get(), column);
  const auto len = static_cast<std::uint64_t>(sqlite3_column_bytes(raw_.get(), column));
  if (data == nullptr && sqlite3_errcode(sqlite3_db_handle(raw_.get())) == SQLITE_NOMEM) fail();
  return {static_cast<const std::uint8_t*>(data), len};
}

const char* Statement::text(int column) const {
  return reinterpret_cast<const char*>(sqlite3_column_text(raw_.get(), column));
}

}  // namespace tenon::storage_sqlite
