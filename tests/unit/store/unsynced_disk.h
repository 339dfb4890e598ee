#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/files/system_disk.h"

namespace tenon::store::test {

// The machine's file systems without waiting for a disk: what a process has written outlives it all the same.
// Files whose path contains `full_part` get no room, while there is one, behind the next `room_for_writes`
// writes. While `refuses_reads`, none can be read.
class UnsyncedDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = disk_.open(path, mode);
    if (!file.ok()) return file;
    return std::unique_ptr<File>(new UnsyncedFile(*this, path, std::move(file).value()));
  }
  Status rename(const std::string& from, const std::string& to) override { return disk_.rename(from, to); }
  Status remove(const std::string& path) override { return disk_.remove(path); }
  Status make_dirs(const std::string& path) override { return disk_.make_dirs(path); }
  Status sync_dir(const std::string&) override { return {}; }
  Status list(const std::string& path,
              const std::function<void(std::string_view name, bool is_dir)>& visit) override {
    return disk_.list(path, visit);
  }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return disk_.free_bytes(path); }

  std::string full_part;
  int room_for_writes = 0;
  int refused_count = 0;
  bool refuses_reads = false;

 private:
  class UnsyncedFile final : public File {
   public:
    UnsyncedFile(UnsyncedDisk& disk, std::string path, std::unique_ptr<File> file)
        : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
    Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override {
      if (disk_.refuses_reads) return Error{Errc::io, path_ + ": can't be read"};
      return file_->pread(offset, out);
    }
    Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) override {
      const bool may_be_full = !disk_.full_part.empty() && path_.find(disk_.full_part) != std::string::npos;
      if (may_be_full && --disk_.room_for_writes < 0) {
        ++disk_.refused_count;
        return Error{Errc::no_space, path_ + ": no room"};
      }
      return file_->pwrite_v(offset, spans);
    }
    Status fdatasync() override { return {}; }
    Status truncate(std::uint64_t size_bytes) override { return file_->truncate(size_bytes); }
    Result<std::uint64_t> size() override { return file_->size(); }

   private:
    UnsyncedDisk& disk_;
    const std::string path_;
    const std::unique_ptr<File> file_;
  };

  runtime::SystemDisk disk_;
};

}  // namespace tenon::store::test
