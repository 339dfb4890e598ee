// SPDX-License-Identifier: 0BSD
#pragma once

#include <lmdb.h>
#include <tenon/abi/base.h>

#include <cerrno>
#include <string>
#include <utility>

#include <tenon/failure.hpp>

namespace acme {

namespace sdk = tenon::sdk;

inline tenon_status status_of(int code) {
  switch (code) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
      return TENON_E_NOSPACE;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
      return TENON_E_CORRUPT;
    case MDB_VERSION_MISMATCH:
      return TENON_E_UNSUPPORTED;
    case ENOMEM:
      return TENON_E_NOMEM;
    default:
      return TENON_E_IO;
  }
}

inline sdk::Failure failure_of(int code, const std::string& what) {
  return {status_of(code), what + ": " + mdb_strerror(code), code > 0 ? code : 0};
}

// Throws a Failure unless LMDB succeeded.
inline void check(int code, const std::string& what) {
  if (code != MDB_SUCCESS) throw failure_of(code, what);
}

inline MDB_val val_of(tenon_bytes bytes) {
  return {static_cast<std::size_t>(bytes.len), const_cast<std::uint8_t*>(bytes.data)};
}
inline tenon_bytes bytes_of(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

// A transaction, aborted unless it was committed.
class Txn {
 public:
  Txn() = default;
  Txn(MDB_env* env, MDB_txn* parent, unsigned flags) {
    check(mdb_txn_begin(env, parent, flags, &txn_), "begin a transaction");
  }
  Txn(Txn&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  Txn& operator=(Txn&& other) noexcept {
    std::swap(txn_, other.txn_);
    return *this;
  }
  ~Txn() {
    if (txn_) mdb_txn_abort(txn_);
  }
  explicit operator bool() const { return txn_ != nullptr; }
  MDB_txn* get() const { return txn_; }
  // What LMDB says; the transaction is over in any case.
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }

 private:
  MDB_txn* txn_ = nullptr;
};

// A cursor, closed before its transaction ends.
class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi dbi) { check(mdb_cursor_open(txn, dbi, &cursor_), "open a cursor"); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() { mdb_cursor_close(cursor_); }
  MDB_cursor* get() const { return cursor_; }

 private:
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace acme
