#include "segment/segments/segment_files.h"

#include <tenon/failure.hpp>

#include "shared/disk_check.h"

namespace tenon::segment_log {

using sdk::Failure;

namespace {

// What is refused for this is as if it had not been tried, and is tried again.
bool may_pass(tenon_status status) {
  return status == TENON_E_NOSPACE || status == TENON_E_BUSY;
}

[[noreturn]] void refuse_for_now(tenon_status status, const std::string& name) {
  throw Failure(status, "writing " + name + ": " + shared::disk_reason(status), 0, TENON_ERROR_RETRYABLE);
}

}  // namespace

std::string SegmentFiles::path(std::uint32_t number) const {
  return dir_ + "/" + segment_name(number);
}

tenon_status SegmentFiles::sync(const sdk::DiskFile& file) {
  sync_count_.fetch_add(1, std::memory_order_relaxed);
  return file.fdatasync();
}

void SegmentFiles::latch(const std::string& what, tenon_status status) {
  latch_reason_ =
      what + ": " + shared::disk_reason(status) + "; the journal takes no write until it is opened anew";
  is_latched_.store(true, std::memory_order_relaxed);
  head_.close();
  health_.failed(latch_reason_);
  refuse_if_latched();
  std::terminate();
}

void SegmentFiles::refuse_if_latched() const {
  if (is_latched()) throw Failure(TENON_E_IO_FATAL, latch_reason_, 0, TENON_ERROR_FATAL);
}

void SegmentFiles::resume(std::uint32_t number, std::uint64_t from, std::uint64_t end, Bytes file) {
  const std::string name = path(number);
  shared::check_disk(disk_.open(name, TENON_FILE_READ | TENON_FILE_WRITE, &head_), "opening", name);
  if (end < file.size()) shared::check_disk(head_.truncate(end), "cutting off", name);
  shared::check_disk(head_.pwrite(from, file.subspan(from, end - from)), "writing", name);
  shared::check_disk(sync(head_), "syncing", name);
  newest_ = number;
  head_end_ = end;
}

bool SegmentFiles::fits_head(std::uint64_t bytes, std::uint64_t segment_bytes) const {
  return has_head() && head_end_ + bytes <= segment_bytes;
}

// Makes the names in the directory durable. False: there is no descriptor for it now. Latches when it fails.
bool SegmentFiles::sync_names() {
  const tenon_status status = disk_.sync_dir(dir_);
  has_unsynced_names_ = status != TENON_OK;
  is_new_unsynced_ &= status != TENON_OK;
  if (status != TENON_OK && status != TENON_E_BUSY) latch("syncing " + dir_, status);
  return status == TENON_OK;
}

// The name is durable before anything is written: for want of a descriptor nothing has to be taken back then.
void SegmentFiles::begin_segment(std::uint32_t number) {
  const std::string name = path(number);
  const tenon_status opened =
      disk_.open(name, TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE, &head_);
  if (opened != TENON_OK && !may_pass(opened)) latch("making " + name, opened);
  if (opened == TENON_OK && sync_names()) return;
  discard_new(name);
  refuse_for_now(opened == TENON_OK ? TENON_E_BUSY : opened, name);
}

// An empty file that comes back by a loss of power does no harm as long as nothing was written to the one
// before it meanwhile: only in the newest file can the end be told from damage.
void SegmentFiles::discard_new(const std::string& name) {
  head_.close();
  const tenon_status status = disk_.remove(name);
  if (status == TENON_E_NOT_FOUND) return;
  if (status != TENON_OK) latch("removing " + name, status);
  is_new_unsynced_ = true;
  sync_names();
}

// Takes back a batch that did not fit. It must not come back by a loss of power either.
void SegmentFiles::undo(const Batch& batch) {
  const std::string name = path(batch.segment());
  tenon_status status = head_.truncate(batch.offset());
  if (status == TENON_OK) status = sync(head_);
  if (status != TENON_OK) latch("taking back a write to " + name, status);
  if (batch.begins_segment()) discard_new(name);
}

void SegmentFiles::write(const Batch& batch) {
  refuse_if_latched();
  if (is_new_unsynced_ && !sync_names()) refuse_for_now(TENON_E_BUSY, dir_);
  sdk::DiskFile previous;
  if (batch.begins_segment()) {
    std::swap(previous, head_);
    try {
      begin_segment(batch.segment());
    } catch (...) {
      if (!is_latched()) std::swap(previous, head_);
      throw;
    }
  }
  const std::string name = path(batch.segment());
  if (const tenon_status status = head_.pwrite(batch.offset(), batch.bytes()); status == TENON_E_NOSPACE) {
    undo(batch);
    if (batch.begins_segment()) std::swap(previous, head_);
    refuse_for_now(status, name);
  } else if (status != TENON_OK) {
    latch("writing " + name, status);
  }
  if (const tenon_status status = sync(head_); status != TENON_OK) latch("syncing " + name, status);
  newest_ = batch.segment();
  head_end_ = batch.offset() + batch.bytes().size();
}

bool SegmentFiles::drop(std::uint32_t number, bool is_damaged) {
  const std::string name = path(number);
  // The older one must be gone for good before the next one goes: what it says is refuted by newer ones only.
  if (has_unsynced_names_ && !sync_names()) return false;
  const tenon_status status = is_damaged ? disk_.rename(name, name + ".damaged") : disk_.remove(name);
  // Without a file there is nothing to keep.
  if (status != TENON_OK && status != TENON_E_NOT_FOUND) return false;
  sync_names();
  return true;
}

}  // namespace tenon::segment_log
