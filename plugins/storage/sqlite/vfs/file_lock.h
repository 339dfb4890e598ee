#pragma once

#include <sqlite3.h>

namespace tenon::storage_sqlite {

// SQLite's lock on a database file, among the connections of this engine only: the broker holds a lock on its
// data directory, so no other process comes near. One thread.
class FileLock {
 public:
  struct Holder {
    int level = SQLITE_LOCK_NONE;
  };

  // SQLITE_OK or SQLITE_BUSY; levels are SQLITE_LOCK_*.
  int lock(Holder& holder, int level) {
    if (holder.level >= level) return SQLITE_OK;
    if (writer_ != nullptr && writer_ != &holder) {
      // A reader may come in as long as the writer is not about to change the file.
      if (level != SQLITE_LOCK_SHARED || writer_->level > SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
    }
    const int others = holder_count_ - (holder.level >= SQLITE_LOCK_SHARED ? 1 : 0);
    if (level == SQLITE_LOCK_EXCLUSIVE && others > 0) return SQLITE_BUSY;
    if (holder.level == SQLITE_LOCK_NONE) ++holder_count_;
    if (level >= SQLITE_LOCK_RESERVED) writer_ = &holder;
    holder.level = level;
    return SQLITE_OK;
  }
  void unlock(Holder& holder, int level) {
    if (holder.level <= level) return;
    if (level < SQLITE_LOCK_RESERVED && writer_ == &holder) writer_ = nullptr;
    if (level == SQLITE_LOCK_NONE) --holder_count_;
    holder.level = level;
  }
  bool is_reserved() const { return writer_ != nullptr; }

 private:
  int holder_count_ = 0;
  Holder* writer_ = nullptr;
};

}  // namespace tenon::storage_sqlite
