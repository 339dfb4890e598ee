#pragma once

#include <tenon/draft/disk.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tenon::test {

// An open file of a DiskBackend; the functions of tenon_host_disk that take one. Closed by the destructor.
class DiskBackendFile {
 public:
  virtual ~DiskBackendFile() = default;
  virtual tenon_status pread(std::uint64_t offset, std::span<std::uint8_t> out, std::uint64_t* ret_len) = 0;
  virtual tenon_status pwrite_v(std::uint64_t offset, std::span<const tenon_bytes> spans) = 0;
  virtual tenon_status fdatasync() = 0;
  virtual tenon_status truncate(std::uint64_t len) = 0;
  virtual tenon_status size(std::uint64_t* ret_len) = 0;
};

// What stands behind a tenon_host_disk table in tests (disk_table.h makes the table). Contract: draft/disk.h.
class DiskBackend {
 public:
  virtual ~DiskBackend() = default;
  virtual tenon_status open(const std::string& path, std::uint32_t flags,
                            std::unique_ptr<DiskBackendFile>* ret_file) = 0;
  virtual tenon_status rename(const std::string& from, const std::string& to) = 0;
  virtual tenon_status remove(const std::string& path) = 0;
  virtual tenon_status make_dir(const std::string& path) = 0;
  virtual tenon_status sync_dir(const std::string& path) = 0;
  virtual tenon_status list(const std::string& path,
                            const std::function<tenon_status(std::string_view name, bool is_dir)>& visit) = 0;
  virtual tenon_status space(const std::string& path, std::uint64_t* ret_bytes) = 0;
};

}  // namespace tenon::test
