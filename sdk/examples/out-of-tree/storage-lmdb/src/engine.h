// SPDX-License-Identifier: 0BSD
#pragma once

#include <tenon/draft/storage.h>

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "own_thread.h"
#include "range_cursor.h"

namespace acme {

// An engine of tenon.storage/1 on one LMDB environment. ../README.md says how its guarantees come about.
// Thread: [store], stats [any]. The host calls from several threads, one call at a time; LMDB wants a
// transaction that writes to stay on the thread that began it, which is the engine's own.
class Engine {
 public:
  struct Snapshot {
    View view;
  };

  class Iterator {
   public:
    explicit Iterator(std::unique_ptr<RangeCursor> cursor) : cursor_(std::move(cursor)) {}
    tenon_status next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page);

   private:
    std::unique_ptr<RangeCursor> cursor_;
    std::vector<tenon_item> items_;
    std::deque<std::string> copies_;  // of rows that are not in the map
  };

  class Export {
   public:
    explicit Export(std::unique_ptr<RangeCursor> cursor) : cursor_(std::move(cursor)) {}
    tenon_status next(std::uint64_t bytes_max, tenon_bytes* ret_chunk);

   private:
    std::unique_ptr<RangeCursor> cursor_;
    std::string chunk_;
  };

  // Opens the environment in `dir`, or makes it. Throws a Failure.
  Engine(const std::string& dir, std::uint64_t map_bytes);
  // Writes what was taken, as far as possible.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  static tenon_engine_info info();

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
  struct CloseEnv {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };

  void open_database();
  void apply(MDB_txn* txn, const tenon_write& write);
  void put(MDB_txn* txn, std::uint32_t space, tenon_bytes key, tenon_bytes value);
  void erase(MDB_txn* txn, std::uint32_t space, tenon_bytes key);
  void erase_range(MDB_txn* txn, std::uint32_t space, tenon_bytes begin, tenon_bytes end);
  void put_bucket(MDB_txn* txn, const std::string& record_key, const std::vector<Row>& rows);
  void change_bucket(MDB_txn* txn, std::uint32_t space, tenon_bytes key, const tenon_bytes* value);
  bool find(MDB_txn* txn, std::uint32_t space, tenon_bytes key, std::string& ret_value) const;
  // On the engine's own thread.
  void take(std::span<const tenon_write_batch> batches, std::uint32_t durability);
  void write(std::span<const tenon_write_batch> batches);
  int try_commit();
  bool has_panicked() const;
  void latch_unless_done(int code);
  // On the caller's.
  void commit();
  void refuse_if_latched() const;
  View view_of(const Snapshot* snapshot);
  std::unique_ptr<RangeCursor> cursor(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                      tenon_bytes end, bool reverse);

  const std::string dir_;
  std::unique_ptr<MDB_env, CloseEnv> env_;
  MDB_dbi dbi_ = 0;
  OwnThread writer_;
  // What was taken and need not survive anything yet: readers of now look into it, on the writer. Empty:
  // everything is on the disk. It changes only within writer_.run().
  Txn waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::string value_;  // that get() has shown last
  std::atomic<bool> latched_{false};
  std::atomic<std::uint64_t> batch_count_{0};
  std::atomic<std::uint64_t> write_count_{0};
  std::atomic<std::uint64_t> sync_count_{0};
  std::atomic<std::uint64_t> read_count_{0};
};

}  // namespace acme
