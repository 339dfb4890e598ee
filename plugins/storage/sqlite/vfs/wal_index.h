#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace tenon::storage_sqlite {

// The index of the write-ahead log, which connections share, and its locks. It is in ordinary memory: all
// connections are in this process, and after a crash SQLite makes it anew from the log. One thread.
class WalIndex {
 public:
  struct Holder {
    std::uint32_t shared_mask = 0;
    std::uint32_t exclusive_mask = 0;
  };

  // The region, made when `extend`; null when it does not exist.
  void* map(int region, int region_bytes, bool extend);
  // `flags` are SQLITE_SHM_*. SQLITE_OK or SQLITE_BUSY.
  int lock(Holder& holder, int first, int count, int flags);
  void release(Holder& holder);

  // Frames of committed transactions in the log; 0 when the log was not read yet.
  // (SQLite file format, "The WAL-Index Header": mxFrame, 4 bytes of native order at offset 16.)
  std::uint32_t frame_count() const;

 private:
  bool is_held_by_others(const Holder& holder, std::uint32_t mask) const;
  void unlock(Holder& holder, std::uint32_t mask);

  std::vector<std::unique_ptr<std::uint64_t[]>> regions_;
  std::array<int, SQLITE_SHM_NLOCK> shared_counts_{};
  std::uint32_t exclusive_mask_ = 0;
};

}  // namespace tenon::storage_sqlite
