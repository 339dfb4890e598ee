#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "sqlite/statement.h"

namespace tenon::storage_sqlite {

// A connection to a database file. Everything throws a SqlError. One thread.
class Connection {
 public:
  struct Setup {
    std::string path;
    const char* vfs_name;
    bool creates = false;
    std::uint64_t cache_bytes = 0;
  };
  explicit Connection(const Setup& setup);

  // One or more statements without parameters; rows are dropped.
  void run(const char* sql);
  Statement prepare(const char* sql) { return {raw_.get(), sql}; }
  // The first column of the first row.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);

  bool in_transaction() const { return sqlite3_get_autocommit(raw_.get()) == 0; }
  // Copies pages from the log to the database as far as no reader is in the way; true: all of them.
  bool checkpoint();
  // On close, leaves the log as it is.
  void keep_wal_on_close();
  // Bytes that each page leaves free at its end. REQUIRES: the database is new.
  void set_reserved_bytes(int bytes);
  std::uint64_t cache_used_bytes() const;

 private:
  struct Closer {
    void operator()(sqlite3* raw) const { sqlite3_close_v2(raw); }
  };
  void check(int code) const;
  void harden();

  std::unique_ptr<sqlite3, Closer> raw_;
};

}  // namespace tenon::storage_sqlite
