#pragma once

#include <sqlite3.h>

namespace tenon::storage_sqlite {

// The functions through which SQLite calls a Vfs and its files.
struct VfsCalls {
  // All but zName and pAppData, which is the Vfs.
  static sqlite3_vfs make_vfs();

 private:
  static int open(sqlite3_vfs* raw, const char* path, sqlite3_file* raw_file, int flags, int* ret_flags);
  static int remove(sqlite3_vfs* raw, const char* path, int sync_dir);
  static int access(sqlite3_vfs* raw, const char* path, int what, int* ret_yes);
  static int sync(sqlite3_file* raw, int flags);
  static const sqlite3_io_methods* file_methods();
};

}  // namespace tenon::storage_sqlite
