#pragma once

#include <tenon/draft/storage.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tenon/disk.hpp>

#include "memory/range_walk.h"
#include "memory/spaces.h"

namespace tenon::storage_memory {

// The engine of tenon.storage/1 in memory. Nothing survives its end but what checkpoint wrote.
//
// Failure: nothing of the call was applied. Thread: [store], stats [any].
class Engine {
 public:
  // A version, held.
  struct Snapshot {
    SpacesRef spaces;
  };

  class Iterator {
   public:
    Iterator(SpacesRef spaces, RangeWalk walk) : spaces_(std::move(spaces)), walk_(std::move(walk)) {}
    tenon_status next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page);

   private:
    SpacesRef spaces_;
    RangeWalk walk_;
    std::vector<tenon_item> items_;  // views of records, which the version keeps
  };

  class Export {
   public:
    Export(SpacesRef spaces, RangeWalk walk) : spaces_(std::move(spaces)), walk_(std::move(walk)) {}
    tenon_status next(std::uint64_t bytes_max, tenon_bytes* ret_chunk);

   private:
    SpacesRef spaces_;
    RangeWalk walk_;
    std::vector<std::uint8_t> chunk_;
  };

  // Begins with what a checkpoint left in `dir`, or empty. `memory_bytes_max` 0: no budget. Throws a Failure
  // with TENON_E_CORRUPT or _UNSUPPORTED and the file's name.
  Engine(sdk::Disk disk, const std::string& dir, std::uint64_t memory_bytes_max);

  // TENON_E_NOSPACE: the budget. What lowers the need for memory is taken even when the budget is used up.
  tenon_status write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability);
  void sync();
  tenon_status get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key, tenon_bytes* ret_value);
  std::unique_ptr<Snapshot> snapshot() const;
  std::unique_ptr<Iterator> iterate(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                    tenon_bytes end, std::uint32_t flags);
  std::unique_ptr<Export> export_range(const Snapshot* snapshot, std::uint32_t space, tenon_bytes begin,
                                       tenon_bytes end);
  void import_chunk(std::uint32_t space, tenon_bytes chunk);
  void checkpoint(const char* path);
  void verify() const;
  void stats(tenon_storage_stats* ret_stats) const;

 private:
  SpacesRef version(const Snapshot* snapshot) const { return snapshot ? snapshot->spaces : current_; }
  std::int64_t apply(Spaces& next, const tenon_write& write);
  void check_budget(std::uint64_t held_bytes, std::int64_t growth) const;

  sdk::Disk disk_;
  const std::uint64_t memory_bytes_max_;
  MemoryMeter meter_;  // above the versions: they count on it when they go
  SpacesRef current_;

  std::atomic<std::uint64_t> batch_count_{0};
  std::atomic<std::uint64_t> write_count_{0};
  std::atomic<std::uint64_t> sync_count_{0};
  std::atomic<std::uint64_t> read_count_{0};
};

}  // namespace tenon::storage_memory
