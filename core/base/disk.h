#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tenon {

// An open file. One thread at a time. Closed by the destructor.
class File {
 public:
  virtual ~File() = default;
  // Less than out.size() only at the end of the file.
  virtual Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  // All spans, one behind the other, or an error.
  virtual Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) = 0;
  // After a failure the content on disk is unknown; the file must be given up, not synced again.
  virtual Status fdatasync() = 0;
  virtual Status truncate(std::uint64_t size_bytes) = 0;
  virtual Result<std::uint64_t> size() = 0;
};

enum class OpenMode { read, read_write, create, create_new };

// Files, behind an interface that a simulation replaces. Any thread; paths are absolute.
class Disk {
 public:
  virtual ~Disk() = default;
  // not_found, exists (create_new), denied, no_space, io, or busy: no descriptor is left. The text names the
  // path and the system's reason.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // Makes the directory and the missing ones above it, mode 0700; one that is there already is no error.
  virtual Status make_dirs(const std::string& path) = 0;
  // Makes names created, renamed or removed in the directory durable. busy: no descriptor is left, nothing
  // was tried.
  virtual Status sync_dir(const std::string& path) = 0;
  virtual Status list(const std::string& path,
                      const std::function<void(std::string_view name, bool is_dir)>& visit) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

}  // namespace tenon
