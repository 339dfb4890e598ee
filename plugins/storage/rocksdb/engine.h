#pragma once

#include <tenon/draft/storage.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tenon/health.hpp>

#include "common/item_page.h"
#include "rocksdb/database.h"
#include "rocksdb/range_cursor.h"

namespace tenon::storage_rocksdb {

// The engine of tenon.storage/1 on one RocksDB database. README.md says how its guarantees come about.
// Thread: [store], stats [any].
class Engine {
 public:
  class Snapshot {
   public:
    explicit Snapshot(rocksdb::DB& db) : db_(db), view_(db.GetSnapshot()) {}
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot() { db_.ReleaseSnapshot(view_); }
    const rocksdb::Snapshot* view() const { return view_; }

   private:
    rocksdb::DB& db_;
    const rocksdb::Snapshot* const view_;
  };

  class Iterator {
   public:
    Iterator(const Engine& engine, const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
             tenon_bytes end, bool reverse);
    tenon_status next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page);

   private:
    const Engine& engine_;
    RangeCursor cursor_;
    storage::ItemPage page_;
  };

  class Export {
   public:
    Export(const Engine& engine, const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
           tenon_bytes end);
    tenon_status next(std::uint64_t bytes_max, tenon_bytes* ret_chunk);

   private:
    const Engine& engine_;
    RangeCursor cursor_;
    std::vector<std::uint8_t> chunk_;
  };

  Engine(const Database::Setup& setup, sdk::Health health);
  // Makes durable what was taken, unless latched.
  ~Engine();

  tenon_status write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability);
  void sync();
  tenon_status get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key, tenon_bytes* ret_value);
  std::unique_ptr<Snapshot> snapshot();
  std::unique_ptr<Iterator> iterate(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                    tenon_bytes end, std::uint32_t flags);
  std::unique_ptr<Export> export_range(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                       tenon_bytes end);
  void import_chunk(std::uint32_t space, tenon_bytes chunk);
  void checkpoint(const char* path);
  void verify();
  void stats(tenon_storage_stats* ret_stats) const;

 private:
  // Each call of the database goes through it: throws what a bad status means, and tells of a latched gate.
  void check(const rocksdb::Status& status) const;
  // The same of a call that writes: damage latches the gate.
  void check_written(const rocksdb::Status& status);
  void refuse_if_latched() const;
  void go_on_if_stopped();
  void refuse_without_room(std::uint64_t bytes);
  void write(rocksdb::WriteBatch& batch, std::uint32_t durability);
  void make_durable();
  void flush();
  void copy_to(const std::string& dir);
  sdk::Failure reading_failure(const rocksdb::Status& status) const;

  const sdk::Health health_;
  Database database_;
  rocksdb::DB& db_;
  rocksdb::PinnableSlice value_;
  bool has_unlogged_ = false;  // writes are in memory and not in the log
  bool logs_all_ = false;      // also writes that need not survive anything
  bool was_asked_ = false;     // for more than MEM since the last sync()

  std::atomic<std::uint64_t> batch_count_{0};
  std::atomic<std::uint64_t> write_count_{0};
  std::atomic<std::uint64_t> read_count_{0};
};

}  // namespace tenon::storage_rocksdb
