#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tenon::runtime {

// Keeps a second broker out of a data directory. Held until destroyed, or until the process ends however it
// ends.
class DataDirLock {
 public:
  // Locks `dir`/lock, which is made if it is missing; the directory exists. exists: another process holds it,
  // and the text says so; else io.
  static Result<std::unique_ptr<DataDirLock>> take(const std::string& dir);
  ~DataDirLock();
  DataDirLock(const DataDirLock&) = delete;
  DataDirLock& operator=(const DataDirLock&) = delete;

 private:
  explicit DataDirLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace tenon::runtime
