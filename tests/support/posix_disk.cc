#include "support/posix_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace tenon::test {
namespace {

tenon_status status_of(int error) {
  switch (error) {
    case 0:
      return TENON_OK;
    case ENOENT:
    case ENOTDIR:
      return TENON_E_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
      return TENON_E_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
      return TENON_E_DENIED;
    case ENOSPC:
    case EDQUOT:
      return TENON_E_NOSPACE;
    default:
      return TENON_E_IO;
  }
}

tenon_status checked(int result) {
  return result == 0 ? TENON_OK : status_of(errno);
}

class PosixFile final : public DiskBackendFile {
 public:
  explicit PosixFile(int fd) : fd_(fd) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override { ::close(fd_); }

  tenon_status pread(std::uint64_t offset, std::span<std::uint8_t> out, std::uint64_t* ret_len) override {
    std::uint64_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return status_of(errno);
      if (n == 0) break;
      done += static_cast<std::uint64_t>(n);
    }
    *ret_len = done;
    return TENON_OK;
  }
  tenon_status pwrite_v(std::uint64_t offset, std::span<const tenon_bytes> spans) override {
    for (const tenon_bytes& span : spans) {
      if (const tenon_status status = pwrite(offset, span); status != TENON_OK) return status;
      offset += span.len;
    }
    return TENON_OK;
  }
  tenon_status fdatasync() override { return checked(::fdatasync(fd_)); }
  tenon_status truncate(std::uint64_t len) override {
    return checked(::ftruncate(fd_, static_cast<off_t>(len)));
  }
  tenon_status size(std::uint64_t* ret_len) override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return status_of(errno);
    *ret_len = static_cast<std::uint64_t>(info.st_size);
    return TENON_OK;
  }

 private:
  tenon_status pwrite(std::uint64_t offset, tenon_bytes bytes) {
    std::uint64_t done = 0;
    while (done < bytes.len) {
      const ssize_t n = ::pwrite(fd_, bytes.data + done, bytes.len - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return status_of(errno);
      done += static_cast<std::uint64_t>(n);
    }
    return TENON_OK;
  }
  int fd_;
};

}  // namespace

tenon_status PosixDisk::open(const std::string& path, std::uint32_t flags,
                             std::unique_ptr<DiskBackendFile>* ret_file) {
  int mode = (flags & TENON_FILE_WRITE) != 0 ? O_RDWR : O_RDONLY;
  if ((flags & TENON_FILE_CREATE) != 0) mode |= O_CREAT;
  if ((flags & TENON_FILE_EXCLUSIVE) != 0) mode |= O_EXCL;
  const int fd = ::open(path.c_str(), mode | O_CLOEXEC, 0600);
  if (fd < 0) return status_of(errno);
  *ret_file = std::make_unique<PosixFile>(fd);
  return TENON_OK;
}

tenon_status PosixDisk::rename(const std::string& from, const std::string& to) {
  return checked(::rename(from.c_str(), to.c_str()));
}

tenon_status PosixDisk::remove(const std::string& path) {
  return checked(::remove(path.c_str()));
}

tenon_status PosixDisk::make_dir(const std::string& path) {
  return checked(::mkdir(path.c_str(), 0700));
}

tenon_status PosixDisk::sync_dir(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return status_of(errno);
  const tenon_status status = checked(::fsync(fd));
  ::close(fd);
  return status;
}

tenon_status PosixDisk::list(const std::string& path,
                             const std::function<tenon_status(std::string_view, bool)>& visit) {
  std::error_code error;
  std::filesystem::directory_iterator at(path, error);
  if (error) return status_of(error.value());
  for (const auto& entry : at) {
    const tenon_status status = visit(entry.path().filename().string(), entry.is_directory());
    if (status != TENON_OK) return status;
  }
  return TENON_OK;
}

tenon_status PosixDisk::space(const std::string& path, std::uint64_t* ret_bytes) {
  struct statvfs info;
  if (::statvfs(path.c_str(), &info) != 0) return status_of(errno);
  *ret_bytes = std::uint64_t{info.f_bavail} * info.f_frsize;
  return TENON_OK;
}

}  // namespace tenon::test
