#include "sqlite/vfs/vfs_calls.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <span>

#include "sqlite/vfs/vfs.h"

namespace tenon::storage_sqlite {
namespace {

// A connection's hold on a file.
struct OpenFile {
  Vfs* vfs;
  std::shared_ptr<SharedFile> shared;
  FileLock::Holder lock;
  WalIndex::Holder wal_lock;
};

// What SQLite allocates; szOsFile bytes, zeroed.
struct RawFile {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& open_file(sqlite3_file* raw) {
  return *reinterpret_cast<RawFile*>(raw)->open;
}
SharedFile& shared(sqlite3_file* raw) {
  return *open_file(raw).shared;
}
Vfs& vfs_of(sqlite3_vfs* raw) {
  return *static_cast<Vfs*>(raw->pAppData);
}

// No exception may pass through SQLite.
template <class Fn>
int guarded(int on_error, Fn&& fn) noexcept {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (...) {
    return on_error;
  }
}

// -- files

int close(sqlite3_file* raw) {
  return guarded(SQLITE_IOERR_CLOSE, [&] {
    OpenFile* open = &open_file(raw);
    open->shared->wal_index.release(open->wal_lock);
    open->shared->lock.unlock(open->lock, SQLITE_LOCK_NONE);
    delete open;
    return SQLITE_OK;
  });
}

int read(sqlite3_file* raw, void* out, int len, sqlite3_int64 offset) {
  return guarded(SQLITE_IOERR_READ, [&] {
    return shared(raw).read(static_cast<std::uint64_t>(offset),
                            {static_cast<std::uint8_t*>(out), static_cast<std::size_t>(len)});
  });
}

int write(sqlite3_file* raw, const void* bytes, int len, sqlite3_int64 offset) {
  return guarded(SQLITE_IOERR_WRITE, [&] {
    return shared(raw).write(static_cast<std::uint64_t>(offset),
                             {static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(len)});
  });
}

int truncate(sqlite3_file* raw, sqlite3_int64 len) {
  return guarded(SQLITE_IOERR_TRUNCATE,
                 [&] { return shared(raw).truncate(static_cast<std::uint64_t>(len)); });
}

int size(sqlite3_file* raw, sqlite3_int64* ret_len) {
  std::int64_t len = 0;
  const int code = shared(raw).size(&len);
  *ret_len = len;
  return code;
}

int lock(sqlite3_file* raw, int level) {
  return shared(raw).lock.lock(open_file(raw).lock, level);
}

int unlock(sqlite3_file* raw, int level) {
  shared(raw).lock.unlock(open_file(raw).lock, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* raw, int* ret_yes) {
  *ret_yes = shared(raw).lock.is_reserved() ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
  return 4096;
}

// An interrupted write leaves alone what it was not to change (the sectors it touches hold old or new bytes
// each).
int device_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int shm_map(sqlite3_file* raw, int region, int region_bytes, int extend, void volatile** ret_memory) {
  return guarded(SQLITE_IOERR_SHMMAP, [&] {
    *ret_memory = shared(raw).wal_index.map(region, region_bytes, extend != 0);
    return SQLITE_OK;
  });
}

int shm_lock(sqlite3_file* raw, int first, int count, int flags) {
  return shared(raw).wal_index.lock(open_file(raw).wal_lock, first, count, flags);
}

void shm_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int shm_unmap(sqlite3_file* raw, int) {
  shared(raw).wal_index.release(open_file(raw).wal_lock);
  return SQLITE_OK;
}

// -- the file system

int full_path(sqlite3_vfs*, const char* path, int out_len, char* out) {
  const std::size_t len = std::strlen(path);
  if (path[0] != '/' || len + 1 > static_cast<std::size_t>(out_len)) return SQLITE_CANTOPEN;
  std::memcpy(out, path, len + 1);
  return SQLITE_OK;
}

// Only asked for names of temporary files, of which there are none.
int randomness(sqlite3_vfs*, int len, char* out) {
  std::memset(out, 0, static_cast<std::size_t>(len));
  return len;
}

// Never asked to: all locks are within one thread, where waiting cannot help.
int sleep(sqlite3_vfs*, int micros) {
  return micros;
}

// Only asked by SQL functions of time, which no statement uses: the first second of 1970, as a Julian day.
int current_time_ms(sqlite3_vfs*, sqlite3_int64* ret_ms) {
  *ret_ms = 210866760000000;
  return SQLITE_OK;
}
int current_time(sqlite3_vfs*, double* ret_days) {
  *ret_days = 2440587.5;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

int VfsCalls::sync(sqlite3_file* raw, int) {
  return guarded(SQLITE_IOERR_FSYNC, [&] { return open_file(raw).vfs->sync(shared(raw)); });
}

const sqlite3_io_methods* VfsCalls::file_methods() {
  static constexpr sqlite3_io_methods methods{2,
                                              close,
                                              read,
                                              write,
                                              truncate,
                                              sync,
                                              size,
                                              lock,
                                              unlock,
                                              check_reserved_lock,
                                              file_control,
                                              sector_size,
                                              device_characteristics,
                                              shm_map,
                                              shm_lock,
                                              shm_barrier,
                                              shm_unmap,
                                              nullptr,
                                              nullptr};
  return &methods;
}

int VfsCalls::open(sqlite3_vfs* raw, const char* path, sqlite3_file* raw_file, int flags, int* ret_flags) {
  raw_file->pMethods = nullptr;
  return guarded(SQLITE_CANTOPEN, [&] {
    if (path == nullptr) return SQLITE_CANTOPEN;  // temporary files: all that is temporary stays in memory
    Vfs& vfs = vfs_of(raw);
    auto made = std::make_unique<OpenFile>(OpenFile{&vfs, nullptr, {}, {}});
    if (const int code = vfs.open(path, flags, &made->shared); code != SQLITE_OK) return code;
    reinterpret_cast<RawFile*>(raw_file)->open = made.release();
    raw_file->pMethods = file_methods();
    if (ret_flags != nullptr) *ret_flags = flags;
    return SQLITE_OK;
  });
}

int VfsCalls::remove(sqlite3_vfs* raw, const char* path, int sync_dir) {
  return guarded(SQLITE_IOERR_DELETE, [&] { return vfs_of(raw).remove(path, sync_dir != 0); });
}

int VfsCalls::access(sqlite3_vfs* raw, const char* path, int, int* ret_yes) {
  return guarded(SQLITE_IOERR_ACCESS, [&] {
    bool is_there = false;
    const int code = vfs_of(raw).exists(path, &is_there);
    *ret_yes = is_there ? 1 : 0;
    return code;
  });
}

sqlite3_vfs VfsCalls::make_vfs() {
  sqlite3_vfs table{};
  table.iVersion = 2;
  table.szOsFile = sizeof(RawFile);
  table.mxPathname = 4096;
  table.xOpen = open;
  table.xDelete = remove;
  table.xAccess = access;
  table.xFullPathname = full_path;
  table.xRandomness = randomness;
  table.xSleep = sleep;
  table.xCurrentTime = current_time;
  table.xGetLastError = last_error;
  table.xCurrentTimeInt64 = current_time_ms;
  return table;
}

}  // namespace tenon::storage_sqlite
