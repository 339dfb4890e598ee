#pragma once

#include <exception>
#include <string>
#include <utility>

namespace tenon::storage_sqlite {

// SQLite refused something. Inside of this plugin only; the engine turns it into a Failure
// (engine_failure.h).
class SqlError : public std::exception {
 public:
  // `code` is an extended result code.
  SqlError(int code, std::string message) : code_(code), message_(std::move(message)) {}
  int code() const { return code_; }
  // Without the extension: SQLITE_IOERR for each SQLITE_IOERR_*.
  int primary_code() const { return code_ & 0xFF; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int code_;
  std::string message_;
};

}  // namespace tenon::storage_sqlite
