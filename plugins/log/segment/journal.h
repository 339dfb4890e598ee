#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/disk.hpp>
#include <tenon/failure.hpp>
#include <tenon/health.hpp>
#include <tenon/log.hpp>

#include "segment/counters.h"
#include "segment/index.h"
#include "segment/options.h"
#include "segment/outlook.h"
#include "segment/segments/page.h"
#include "segment/segments/scan.h"
#include "segment/segments/segment_files.h"
#include "segment/segments/segment_reader.h"
#include "segment/tail_cache.h"

namespace tenon::segment_log {

// The journal of tenon.log/1 in segment files. README.md says how its guarantees come about.
//
// Threads: one writes (write_v, compact), one reads (the others), stats [any]. The writer alone changes
// index, files and cache, under the lock; so it looks at them without.
class Journal {
 public:
  struct Setup {
    sdk::Disk disk;
    sdk::Log log;
    sdk::Health health;
    Counters counters;
    std::uint64_t fresh_id = 0;  // of a journal that is made now
    std::string dir;
    Options options;
  };
  // Opens what is in the directory. Throws a Failure.
  explicit Journal(Setup setup);

  tenon_status groups(tenon_log_group_fn fn, void* user) const;
  void write_v(std::span<const tenon_log_write> writes);
  void compact(tenon_group_id id, tenon_log_point base);
  tenon_status read(tenon_group_id id, std::uint64_t begin, std::uint64_t end, std::uint64_t bytes_max,
                    tenon_log_page* ret_page);
  tenon_status term_at(tenon_group_id id, std::uint64_t index, std::uint64_t* ret_term) const;
  tenon_status bounds(tenon_group_id id, tenon_log_bounds* ret_bounds) const;
  void verify();
  void stats(tenon_log_stats* ret_stats) const;

 private:
  // A piece of a segment, in memory or not.
  struct Piece {
    std::uint32_t segment;
    std::uint32_t offset;
    std::uint32_t bytes;
    std::uint64_t end;  // index behind the last entry that counts; what follows in the records was replaced
    TailCache::Ref block;
  };

  void recover();
  void look_at_heads(const std::vector<std::uint32_t>& numbers);
  void resume(std::uint32_t last, const Tail& tail, Bytes file, std::uint64_t readable_from);
  void record_damage(const std::set<tenon_group_id, IdLess>& groups);
  void report_damage(const std::string& what);
  void show_damage(const std::string& what);
  void look_whether_mended(const Batch& batch);
  void set_aside_damage(std::uint32_t last_damaged);
  void write_if_possible(const std::function<void()>& write);

  Batch begin_batch(std::uint64_t bytes);
  void add_directory(Batch& batch) const;
  void try_write(std::span<const tenon_log_write> writes, std::uint64_t bytes, std::uint64_t move_bytes_max);
  void add_write(Batch& batch, Outlook& outlook, const tenon_log_write& write) const;
  void commit(Batch batch);
  void note(Batch& batch);
  void drop_needless();

  // Stragglers
  bool has_too_much_garbage() const;
  void add_moves(Batch& batch, Outlook& outlook, std::uint64_t bytes_max);
  void add_damage(Batch& batch, Outlook& outlook, tenon_group_id id, std::string_view text);
  bool move_group(Batch& batch, Outlook& outlook, tenon_group_id id, std::uint32_t segment,
                  std::uint64_t bytes_max);
  std::vector<std::uint8_t> raw_entries(tenon_group_id id, const Extent& extent, std::uint32_t count);
  bool write_moves(std::uint64_t bytes_max);
  void clean(std::uint64_t bytes_max);

  void plan_pieces(const Group& group, std::uint64_t begin, std::uint64_t end, std::uint64_t bytes_max,
                   std::vector<Piece>& ret_pieces) const;
  void add_pieces(const Extent& extent, std::uint64_t entries_end, std::vector<Piece>& ret_pieces) const;
  bool is_held(std::uint32_t segment) const;
  bool read_piece(const Piece& piece, tenon_group_id id, std::uint64_t& next);
  SegmentId id_of(std::uint32_t segment) const { return {journal_id_, segment}; }

  const sdk::Disk disk_;
  const sdk::Log log_;
  const sdk::Health health_;
  const Counters counters_;
  const std::string dir_;
  const Options options_;
  std::uint64_t journal_id_;

  mutable std::mutex mutex_;  // for what both threads see; held shortly, never over a call to the disk
  Index index_;
  SegmentFiles::Files segments_;
  std::uint64_t disk_bytes_ = 0;
  TailCache cache_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t byte_count_ = 0;

  // The writer's.
  bool shows_damage_ = false;  // in its health
  SegmentFiles files_;
  SegmentReader move_reader_;
  std::uint64_t next_batch_ = 1;
  std::uint32_t moving_segment_ = 0;
  std::vector<tenon_group_id> moving_;  // that may still need it

  // The reader's.
  SegmentReader reader_;
  Page page_;
};

}  // namespace tenon::segment_log
