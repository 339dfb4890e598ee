#include "segment/segment_files.h"

#include <tenon/failure.hpp>

#include "shared/disk_check.h"

namespace tenon::segment_log {

using sdk::Failure;

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
  const std::uint64_t begin = from <= head_block_bytes ? 0 : from;
  shared::check_disk(head_.pwrite(begin, file.subspan(begin, end - begin)), "writing", name);
  shared::check_disk(sync(head_), "syncing", name);
  newest_ = number;
  head_end_ = end;
}

bool SegmentFiles::fits_head(std::uint64_t bytes, std::uint64_t segment_bytes) const {
  return has_head() && head_end_ + bytes <= segment_bytes;
}

void SegmentFiles::begin_segment(std::uint32_t number) {
  const std::string name = path(number);
  const tenon_status opened =
      disk_.open(name, TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE, &head_);
  if (opened == TENON_E_NOSPACE)
    throw Failure(TENON_E_NOSPACE, "no space left for " + name + "; free some", 0, TENON_ERROR_RETRYABLE);
  if (opened != TENON_OK) latch("making " + name, opened);
}

// Takes back a batch that did not fit. It must not come back by a loss of power either.
void SegmentFiles::undo(const Batch& batch) {
  const std::string name = path(batch.segment());
  tenon_status status = head_.truncate(batch.offset());
  if (status == TENON_OK) status = sync(head_);
  if (status == TENON_OK && batch.begins_segment()) {
    head_.close();
    status = disk_.remove(name);
    if (status == TENON_OK) status = disk_.sync_dir(dir_);
  }
  if (status != TENON_OK) latch("taking back a write to " + name, status);
}

void SegmentFiles::write(const Batch& batch) {
  refuse_if_latched();
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
    throw Failure(TENON_E_NOSPACE, "no space left for " + name + "; free some", 0, TENON_ERROR_RETRYABLE);
  } else if (status != TENON_OK) {
    latch("writing " + name, status);
  }
  if (const tenon_status status = sync(head_); status != TENON_OK) latch("syncing " + name, status);
  if (batch.begins_segment())
    if (const tenon_status status = disk_.sync_dir(dir_); status != TENON_OK)
      latch("syncing " + dir_, status);
  newest_ = batch.segment();
  head_end_ = batch.offset() + batch.bytes().size();
}

bool SegmentFiles::drop(std::uint32_t number, bool is_damaged) {
  const std::string name = path(number);
  const tenon_status status = is_damaged ? disk_.rename(name, name + ".damaged") : disk_.remove(name);
  // Without a file there is nothing to keep.
  if (status != TENON_OK && status != TENON_E_NOT_FOUND) return false;
  // The older one must be gone for good before the next one goes: what it says is refuted by newer ones only.
  if (const tenon_status synced = disk_.sync_dir(dir_); synced != TENON_OK) latch("syncing " + dir_, synced);
  return true;
}

}  // namespace tenon::segment_log
