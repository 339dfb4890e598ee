#pragma once

#include <string>

#include "base/disk.h"
#include "runtime/files/owned_fd.h"

namespace tenon::runtime {

// An open file of the machine. Interrupted and short reads and writes are continued.
class SystemFile final : public File {
 public:
  // `path` is kept for the texts of errors.
  SystemFile(OwnedFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> pread(std::uint64_t offset, std::span<std::uint8_t> out) override;
  Status pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) override;
  Status fdatasync() override;
  Status truncate(std::uint64_t size_bytes) override;
  Result<std::uint64_t> size() override;

 private:
  Error failure(const char* action) const;

  OwnedFd fd_;
  std::string path_;
};

}  // namespace tenon::runtime
