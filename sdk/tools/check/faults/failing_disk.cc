#include "faults/failing_disk.h"

#include <utility>

#include "faults/failing_calls.h"

namespace tenon::tools {
namespace {

Error no_sync() {
  return {Errc::io, "fsync: the disk reports an error"};
}

class FailingFile final : public File {
 public:
  explicit FailingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return file_->pread(offset, out);
  }
  Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) override {
    if (write_is_due_to_fail()) return Error{Errc::no_space, "write: no space is left"};
    return file_->pwrite_v(offset, spans);
  }
  Status fdatasync() override { return sync_is_due_to_fail() ? no_sync() : file_->fdatasync(); }
  Status truncate(std::uint64_t size_bytes) override { return file_->truncate(size_bytes); }
  Result<std::uint64_t> size() override { return file_->size(); }

 private:
  std::unique_ptr<File> file_;
};

}  // namespace

Result<std::unique_ptr<File>> FailingDisk::open(const std::string& path, OpenMode mode) {
  auto file = system_.open(path, mode);
  if (!file) return file.error();
  return std::unique_ptr<File>(std::make_unique<FailingFile>(std::move(file).value()));
}

Status FailingDisk::sync_dir(const std::string& path) {
  return sync_is_due_to_fail() ? no_sync() : system_.sync_dir(path);
}

}  // namespace tenon::tools
