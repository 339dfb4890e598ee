#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/disk_backend.h"
#include "support/sim_names.h"
#include "support/sim_random.h"

namespace tenon::test {

// What can be done to a disk, and go wrong.
enum class DiskOp : std::uint8_t {
  open,
  pread,
  pwrite,
  fdatasync,
  truncate,
  rename,
  remove,
  make_dir,
  sync_dir,
  list,
  count_
};

// Makes operations fail.
struct DiskFault {
  DiskOp op = DiskOp::fdatasync;
  tenon_status status = TENON_E_IO;
  std::string path_part;         // only on paths that contain this
  std::uint64_t skip_count = 0;  // so many matching operations succeed first
  std::uint64_t fail_count = 1;  // then so many fail
};

// A disk in memory that forgets what was not synced, tears writes, fills up and fails, as its seed says: the
// same calls with the same seed give the same bytes. Any thread, but for content().
//
// The life of a test: write through the interface; then either kill() (the process dies, the page cache
// stays) or lose_power() (unsynced sectors and names are kept or lost at random); then open again. Handles of
// before answer TENON_E_IO. cut_power_at() stops the world in the middle of some operation.
class SimDisk final : public DiskBackend {
 public:
  explicit SimDisk(std::uint64_t seed) : random_(seed) {}

  tenon_status open(const std::string& path, std::uint32_t flags,
                    std::unique_ptr<DiskBackendFile>* ret_file) override;
  tenon_status rename(const std::string& from, const std::string& to) override;
  tenon_status remove(const std::string& path) override;
  tenon_status make_dir(const std::string& path) override;
  tenon_status sync_dir(const std::string& path) override;
  tenon_status list(const std::string& path,
                    const std::function<tenon_status(std::string_view name, bool is_dir)>& visit) override;
  tenon_status space(const std::string& path, std::uint64_t* ret_bytes) override;

  // -- Faults
  void inject(DiskFault fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(std::move(fault));
  }
  // Reads that touch these bytes of a file fail.
  void make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    unreadable_.push_back({path, offset, offset + bytes});
  }
  void clear_faults() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    unreadable_.clear();
  }
  // Bytes that all files may hold together. What no longer fits is written as far as it fits, then
  // TENON_E_NOSPACE.
  void set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_bytes_ = bytes;
  }

  // -- The end of the process
  // Whatever was written is still there.
  void kill();
  // What was not synced is there or not, by sector.
  void lose_power();
  // The `n`th changing operation from now (0: the next) is left half done, and it and every later operation
  // of any kind answers TENON_E_IO, until kill() or lose_power().
  void cut_power_at(std::uint64_t n) {
    const std::lock_guard lock(mutex_);
    cut_at_ = change_count_ + n;
  }
  // The world stops now: every operation answers TENON_E_IO and has no effect, until kill() or lose_power().
  void stop() {
    const std::lock_guard lock(mutex_);
    is_cut_ = true;
  }
  bool is_stopped() const {
    const std::lock_guard lock(mutex_);
    return is_cut_;
  }

  // -- Looking and damaging
  bool exists(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return names_.find(path) != nullptr;
  }
  // REQUIRES: a file.
  const std::vector<std::uint8_t>& content(const std::string& path) const;
  // Makes or replaces a file, durable.
  void set_content(const std::string& path, std::vector<std::uint8_t> content);
  void flip_bit(const std::string& path, std::uint64_t bit);
  std::uint64_t used_bytes() const;

  // Operations since the start; changing ones are all but reads and lists.
  std::uint64_t change_count() const {
    const std::lock_guard lock(mutex_);
    return change_count_;
  }
  std::uint64_t count(DiskOp op) const {
    const std::lock_guard lock(mutex_);
    return counts_[static_cast<std::size_t>(op)];
  }
  std::uint64_t written_bytes() const {
    const std::lock_guard lock(mutex_);
    return written_bytes_;
  }

 private:
  friend class SimFile;

  // What becomes of an operation: nothing special, failed without effect, or cut in its middle.
  struct Fate {
    tenon_status status = TENON_OK;
    bool is_cut = false;
  };
  Fate begin(DiskOp op, const std::string& path, bool changes);
  const DiskFault* matching_fault(DiskOp op, const std::string& path);
  bool is_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t end) const;
  tenon_status end(const Fate& fate, tenon_status status) const { return fate.is_cut ? TENON_E_IO : status; }

  tenon_status pwrite(SimInode& inode, const std::string& path, std::uint64_t offset,
                      std::span<const tenon_bytes> spans);
  tenon_status fdatasync(SimInode& inode, const std::string& path);
  tenon_status truncate(SimInode& inode, const std::string& path, std::uint64_t len);
  std::vector<std::uint8_t> fitting(const SimInode& inode, std::uint64_t offset,
                                    std::vector<std::uint8_t> bytes);
  void end_process();

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  mutable std::recursive_mutex mutex_;  // of everything below; what is public takes it
  SimRandom random_;
  SimNames names_;
  std::vector<DiskFault> faults_;
  struct Place {
    std::string path;
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::vector<Place> unreadable_;
  std::uint64_t capacity_bytes_ = never;
  std::uint64_t epoch_ = 0;  // of the process; handles of older ones are dead
  std::uint64_t cut_at_ = never;
  bool is_cut_ = false;
  std::uint64_t change_count_ = 0;
  std::uint64_t written_bytes_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(DiskOp::count_)> counts_{};
};

}  // namespace tenon::test
