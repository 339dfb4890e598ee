/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/disk.h>

#include <string>
#include <utility>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

class Disk;

// An open file; closed by the destructor. One thread at a time. [store] [setup]
class DiskFile {
 public:
  DiskFile() = default;
  DiskFile(const Disk* disk, tenon_file* file) : disk_(disk), file_(file) {}
  DiskFile(DiskFile&& other) noexcept : disk_(other.disk_), file_(std::exchange(other.file_, nullptr)) {}
  DiskFile& operator=(DiskFile&& other) noexcept {
    std::swap(disk_, other.disk_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~DiskFile() { close(); }

  explicit operator bool() const { return file_ != nullptr; }
  tenon_status pread(std::uint64_t offset, std::span<std::uint8_t> out, std::uint64_t* ret_len) const;
  tenon_status pwrite_v(std::uint64_t offset, std::span<const tenon_bytes> spans) const;
  tenon_status pwrite(std::uint64_t offset, Bytes bytes) const {
    const tenon_bytes one = abi(bytes);
    return pwrite_v(offset, {&one, 1});
  }
  tenon_status fdatasync() const;
  tenon_status truncate(std::uint64_t len) const;
  tenon_status size(std::uint64_t* ret_len) const;
  void close();

 private:
  const Disk* disk_ = nullptr;
  tenon_file* file_ = nullptr;
};

// tenon.host.disk/1 (draft; list it in requires_host). Thin on purpose: statuses are what a storage engine
// needs. Must outlive the files it opened. [store] [setup]
class Disk {
 public:
  Disk() = default;
  explicit Disk(const tenon_host* host) : table_(host, TENON_HOST_DISK_ID) {}

  tenon_status open(const std::string& path, std::uint32_t flags, DiskFile* ret_file,
                    tenon_error* error = nullptr) const {
    tenon_file* file = nullptr;
    const tenon_status status = table_->open(table_.host(), path.c_str(), flags, &file, error);
    if (status == TENON_OK) *ret_file = DiskFile(this, file);
    return status;
  }
  tenon_status rename(const std::string& from, const std::string& to) const {
    return table_->rename(table_.host(), from.c_str(), to.c_str());
  }
  tenon_status remove(const std::string& path) const { return table_->remove(table_.host(), path.c_str()); }
  tenon_status make_dir(const std::string& path) const {
    return table_->make_dir(table_.host(), path.c_str());
  }
  tenon_status sync_dir(const std::string& path) const {
    return table_->sync_dir(table_.host(), path.c_str());
  }
  tenon_status space(const std::string& path, std::uint64_t* ret_bytes) const {
    return table_->space(table_.host(), path.c_str(), ret_bytes);
  }
  // Calls visit(std::string_view name, bool is_dir) for each name; visit must not throw.
  template <class Visit>
  tenon_status list(const std::string& path, Visit&& visit) const {
    return table_->list(
        table_.host(), path.c_str(),
        [](void* user, tenon_bytes name, std::uint32_t is_dir) noexcept -> tenon_status {
          (*static_cast<std::remove_reference_t<Visit>*>(user))(text_of(name), is_dir != 0);
          return TENON_OK;
        },
        &visit);
  }

  const tenon_host_disk* table() const { return table_.operator->(); }
  const tenon_host* host() const { return table_.host(); }

 private:
  HostTable<tenon_host_disk> table_;
};

inline tenon_status DiskFile::pread(std::uint64_t offset, std::span<std::uint8_t> out,
                                    std::uint64_t* ret_len) const {
  return disk_->table()->pread(disk_->host(), file_, offset, abi(out), ret_len);
}
inline tenon_status DiskFile::pwrite_v(std::uint64_t offset, std::span<const tenon_bytes> spans) const {
  return disk_->table()->pwrite_v(disk_->host(), file_, offset, spans.data(),
                                  static_cast<std::uint32_t>(spans.size()));
}
inline tenon_status DiskFile::fdatasync() const {
  return disk_->table()->fdatasync(disk_->host(), file_);
}
inline tenon_status DiskFile::truncate(std::uint64_t len) const {
  return disk_->table()->truncate(disk_->host(), file_, len);
}
inline tenon_status DiskFile::size(std::uint64_t* ret_len) const {
  return disk_->table()->size(disk_->host(), file_, ret_len);
}
inline void DiskFile::close() {
  if (tenon_file* file = std::exchange(file_, nullptr)) disk_->table()->close(disk_->host(), file);
}

TENON_SDK_END
