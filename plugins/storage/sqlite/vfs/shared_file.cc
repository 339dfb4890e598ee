#include "sqlite/vfs/shared_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "shared/disk_check.h"
#include "sqlite/vfs/page_seal.h"

namespace tenon::storage_sqlite {
namespace {

std::uint32_t page_number(std::uint64_t offset, std::size_t page_bytes) {
  return static_cast<std::uint32_t>(offset / page_bytes) + 1;
}

}  // namespace

SharedFile::SharedFile(Setup setup, sdk::DiskFile file)
    : disk_(setup.disk),
      path_(std::move(setup.path)),
      role_(setup.role),
      gate_(setup.gate),
      stats_(setup.stats),
      file_(std::move(file)),
      is_name_durable_(!setup.is_new) {
  refresh_size();
}

SharedFile::~SharedFile() {
  flush();
  set_size(0);
}

void SharedFile::set_size(std::uint64_t bytes) {
  stats_.disk_bytes.fetch_add(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(size_),
                              std::memory_order_relaxed);
  size_ = bytes;
}

void SharedFile::refresh_size() {
  std::uint64_t len = 0;
  if (file_.size(&len) == TENON_OK) set_size(len);
}

// A full device is the caller's to handle; anything else closes the gate for good.
int SharedFile::fail(tenon_status status, const char* what, int code) {
  if (status == TENON_E_NOSPACE) {
    gate_.note_full();
    return SQLITE_FULL;
  }
  gate_.latch(std::string(what) + " " + path_ + " failed with status " + std::to_string(status) +
              "; check the disk, then restart the broker");
  return code;
}

int SharedFile::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  std::uint64_t len = 0;
  if (file_.pread(offset, out, &len) != TENON_OK) return SQLITE_IOERR_READ;
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(len), out.end(), std::uint8_t{0});
  buffer_.overlay(offset, out);
  const bool is_whole = offset + out.size() <= size_;
  const bool is_beyond_end = offset >= size_;
  // A page that is there in part is damaged, whatever the rest would be.
  if (is_beyond_end || (!is_whole && !is_page(out.size()))) return SQLITE_IOERR_SHORT_READ;
  if (is_whole && is_intact(offset, out)) return SQLITE_OK;
  gate_.note_damage("page " + std::to_string(page_number(offset, out.size())) + " of " + path_);
  return SQLITE_IOERR_DATA;
}

bool SharedFile::is_intact(std::uint64_t offset, std::span<const std::uint8_t> page) const {
  return !is_page(page.size()) || is_sealed(page, page_number(offset, page.size()));
}

void SharedFile::seal(std::uint64_t offset, std::span<std::uint8_t> page) const {
  if (is_page(page.size())) seal_page(page, page_number(offset, page.size()));
}

int SharedFile::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  if (!gate_.may_write()) return gate_.is_latched() ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  if (!buffer_.takes(offset, bytes.size()))
    if (const int code = flush(); code != SQLITE_OK) return code;
  seal(offset, buffer_.put(offset, bytes));
  is_dirty_ = true;
  last_write_end_ = offset + bytes.size();
  set_size(std::max(size_, last_write_end_));
  return SQLITE_OK;
}

int SharedFile::flush() {
  if (buffer_.empty()) return SQLITE_OK;
  // Pages of the database stay: SQLite may count them as copied already, and looks for them nowhere else.
  const bool keeps = role_ == FileRole::database;
  if (!gate_.may_write()) {
    if (!keeps) buffer_.clear();
    return gate_.is_latched() ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  }
  const tenon_status status = file_.pwrite(buffer_.begin(), buffer_.bytes());
  if (status == TENON_OK || !keeps) buffer_.clear();
  if (status == TENON_OK) return SQLITE_OK;
  if (!keeps) refresh_size();
  return fail(status, "writing", SQLITE_IOERR_WRITE);
}

int SharedFile::sync() {
  if (const int code = flush(); code != SQLITE_OK) return code;
  if (!is_dirty_ && is_name_durable_) return SQLITE_OK;
  if (!gate_.may_write()) return gate_.is_latched() ? SQLITE_IOERR_FSYNC : SQLITE_FULL;
  stats_.sync_count.fetch_add(1, std::memory_order_relaxed);
  // Space that is missing only now was promised to earlier writes: no transaction can be rolled back for it.
  const auto failed = [this](tenon_status status) {
    return fail(status == TENON_E_NOSPACE ? TENON_E_IO : status, "syncing", SQLITE_IOERR_FSYNC);
  };
  if (const tenon_status status = file_.fdatasync(); status != TENON_OK) return failed(status);
  is_dirty_ = false;
  if (is_name_durable_) return SQLITE_OK;
  if (const tenon_status status = disk_.sync_dir(shared::parent_of(path_)); status != TENON_OK)
    return failed(status);
  is_name_durable_ = true;
  return SQLITE_OK;
}

int SharedFile::truncate(std::uint64_t len) {
  if (gate_.is_latched()) return SQLITE_IOERR_TRUNCATE;
  if (const int code = flush(); code != SQLITE_OK) return code;
  if (const tenon_status status = file_.truncate(len); status != TENON_OK)
    return fail(status, "truncating", SQLITE_IOERR_TRUNCATE);
  is_dirty_ = true;
  set_size(len);
  return SQLITE_OK;
}

int SharedFile::size(std::int64_t* ret_len) const {
  *ret_len = static_cast<std::int64_t>(size_);
  return SQLITE_OK;
}

}  // namespace tenon::storage_sqlite
