#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include <tenon/disk.hpp>
#include <tenon/health.hpp>

#include "segment/segments/batch.h"

namespace tenon::segment_log {

// The files of a journal, from the oldest to the head, which is written to. Does the writing, and latches for
// ever when it fails in a way that leaves in doubt what is on the disk.
//
// The writer's thread owns it, but for is_latched and sync_count.
class SegmentFiles {
 public:
  struct File {
    std::uint64_t bytes = 0;
    bool is_damaged = false;
  };
  // By number. For other threads the journal guards changes to it.
  using Files = std::map<std::uint32_t, File>;

  SegmentFiles(const sdk::Disk& disk, const sdk::Health& health, std::string dir)
      : disk_(disk), health_(health), dir_(std::move(dir)) {}

  // Goes on with a head that was there: cuts it off at `end`, and writes from `from` on again and syncs it,
  // since after a failed fsync of an earlier process the system may show what is on no disk. Throws a
  // Failure. REQUIRES: from <= end.
  void resume(std::uint32_t number, std::uint64_t from, std::uint64_t end, Bytes file);
  void set_newest(std::uint32_t number) { newest_ = number; }

  // Throws a Failure with TENON_E_IO_FATAL when latched.
  void refuse_if_latched() const;
  // Where a batch of about `bytes` goes: in the head behind what is there, or at 0 of a new segment.
  bool fits_head(std::uint64_t bytes, std::uint64_t segment_bytes) const;
  std::uint32_t head() const { return newest_; }
  std::uint32_t head_end() const { return static_cast<std::uint32_t>(head_end_); }
  bool has_head() const { return static_cast<bool>(head_); }
  // The next batch begins a segment.
  void give_up_head() { head_.close(); }

  // Writes a batch and makes it durable. Throws a Failure: TENON_E_NOSPACE or, for want of descriptors,
  // TENON_E_BUSY, and the files are as before; or TENON_E_IO_FATAL, and it has latched.
  void write(const Batch& batch);
  // Removes a segment that is needed no more; one that is damaged keeps its bytes under another name. False
  // when the file is still there, or when an earlier removal is not durable yet. Latches when the removal
  // can't be made durable; where only descriptors are wanting, the next call sees to it.
  bool drop(std::uint32_t number, bool is_damaged);

  bool is_latched() const { return is_latched_.load(std::memory_order_relaxed); }
  std::uint64_t sync_count() const { return sync_count_.load(std::memory_order_relaxed); }
  std::string path(std::uint32_t number) const;

 private:
  void begin_segment(std::uint32_t number);
  void discard_new(const std::string& name);
  void undo(const Batch& batch);
  bool sync_names();
  [[noreturn]] void latch(const std::string& what, tenon_status status);
  tenon_status sync(const sdk::DiskFile& file);

  const sdk::Disk& disk_;
  const sdk::Health& health_;
  const std::string dir_;
  sdk::DiskFile head_;
  std::uint32_t newest_ = 0;
  std::uint64_t head_end_ = 0;
  bool has_unsynced_names_ = false;
  bool is_new_unsynced_ = false;  // among them the removal of a segment that was begun
  std::string latch_reason_;
  std::atomic<bool> is_latched_{false};
  std::atomic<std::uint64_t> sync_count_{0};
};

}  // namespace tenon::segment_log
