#pragma once

#include <sqlite3.h>
#include <tenon/abi/base.h>

#include <cstdint>
#include <memory>
#include <string>

#include "sqlite/sql_error.h"

namespace tenon::storage_sqlite {

// A prepared statement. Everything throws a SqlError. Must not outlive its connection. One thread.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, const char* sql);

  // Parameters count from 1. Bytes are borrowed until reset(); null data counts as empty, not as NULL.
  void bind(int at, tenon_bytes bytes);
  void bind(int at, std::int64_t value);
  void bind_text(int at, const std::string& text);
  // True: on a row. False: done.
  bool step();
  void reset() { sqlite3_reset(raw_.get()); }
  // Binds nothing, steps to the end, resets. Returns how many rows were changed.
  std::int64_t run();

  // Of the row; columns count from 0. Bytes are valid until the next step or reset.
  bool is_null(int column) const { return sqlite3_column_type(raw_.get(), column) == SQLITE_NULL; }
  tenon_bytes bytes(int column) const;
  std::int64_t integer(int column) const { return sqlite3_column_int64(raw_.get(), column); }
  const char* text(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* raw) const { sqlite3_finalize(raw); }
  };
  [[noreturn]] void fail() const;
  void check(int code) const {
    if (code != SQLITE_OK) fail();
  }

  std::unique_ptr<sqlite3_stmt, Finalizer> raw_;
};

// Resets a statement at the end of a scope, whatever happens.
class ResetLater {
 public:
  explicit ResetLater(Statement& statement) : statement_(statement) {}
  ResetLater(const ResetLater&) = delete;
  ResetLater& operator=(const ResetLater&) = delete;
  ~ResetLater() { statement_.reset(); }

 private:
  Statement& statement_;
};

}  // namespace tenon::storage_sqlite
