#pragma once

#include <tenon/draft/storage.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tenon/disk.hpp>
#include <tenon/failure.hpp>
#include <tenon/health.hpp>

#include "common/item_page.h"
#include "sqlite/options.h"
#include "sqlite/read_views.h"
#include "sqlite/table_writer.h"
#include "sqlite/vfs/vfs.h"

namespace tenon::storage_sqlite {

// The engine of tenon.storage/1 on one SQLite database. README.md says how its guarantees come about.
// Thread: [store], stats [any].
class Engine {
 public:
  struct Snapshot {
    std::shared_ptr<ReadView> view;
  };

  class Iterator {
   public:
    Iterator(const Engine& engine, std::shared_ptr<ReadView> view, std::uint32_t space, tenon_bytes begin,
             tenon_bytes end, bool reverse)
        : engine_(engine), cursor_(std::move(view), space, begin, end, reverse) {}
    tenon_status next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page);

   private:
    const Engine& engine_;
    RowCursor cursor_;
    storage::ItemPage page_;
  };

  class Export {
   public:
    Export(const Engine& engine, std::shared_ptr<ReadView> view, std::uint32_t space, tenon_bytes begin,
           tenon_bytes end)
        : engine_(engine), cursor_(std::move(view), space, begin, end, false) {}
    tenon_status next(std::uint64_t bytes_max, tenon_bytes* ret_chunk);

   private:
    const Engine& engine_;
    RowCursor cursor_;
    std::vector<std::uint8_t> chunk_;
  };

  struct Setup {
    sdk::Disk disk;
    sdk::Health health;
    std::string dir;
    Options options;
  };
  // Opens the database in the directory, or makes it. Throws a Failure; then nothing was changed that was
  // there.
  explicit Engine(Setup setup);
  // Puts the log into the database, unless latched.
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
  void open();
  Connection::Setup reading_setup() const;
  void refuse_if_latched() const;
  void make_room_in_wal();
  void copy_wal();
  void transact(std::uint32_t durability, std::span<const tenon_write_batch> batches);
  void roll_back() noexcept;
  void make_durable();
  std::shared_ptr<ReadView> view(const Snapshot* snapshot);
  void verify_rows();
  void note_state();

  // Runs fn; a SqlError becomes the Failure that says what it means for this engine.
  template <class Fn>
  auto translated(Fn&& fn) const {
    try {
      return fn();
    } catch (const SqlError& error) {
      throw failure_of(error);
    }
  }
  sdk::Failure failure_of(const SqlError& error) const;

  const sdk::Disk disk_;
  const sdk::Health health_;
  const std::string path_;
  const Options options_;
  std::uint32_t page_bytes_ = 0;
  std::uint64_t next_copy_at_bytes_;  // length of the log
  std::uint64_t last_wal_bytes_ = 0;

  Vfs vfs_;  // above everything that has a connection
  std::optional<Connection> connection_;
  std::optional<TableWriter> writer_;
  std::optional<TableReader> reader_;
  std::optional<ReadViews> views_;
  Statement begin_;
  Statement commit_;
  std::vector<std::uint8_t> value_;

  std::atomic<std::uint64_t> batch_count_{0};
  std::atomic<std::uint64_t> write_count_{0};
  std::atomic<std::uint64_t> read_count_{0};
  std::atomic<std::uint64_t> commit_count_{0};
  std::atomic<std::uint64_t> memory_bytes_{0};
};

}  // namespace tenon::storage_sqlite
