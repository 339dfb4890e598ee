#include "runtime/files/system_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runtime/files/system_file.h"
#include "runtime/os_error.h"

namespace tenon::runtime {
namespace {

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::read_write:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

OwnedFd open_retrying(const std::string& path, int flags) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  return OwnedFd(fd);
}

bool is_dir(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Whether a directory entry is a directory; asks the file system only when the entry does not say.
bool is_dir_entry(const std::string& parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  return is_dir(parent + "/" + entry.d_name);
}

}  // namespace

Result<std::unique_ptr<File>> SystemDisk::open(const std::string& path, OpenMode mode) {
  OwnedFd fd = open_retrying(path, open_flags(mode));
  if (!fd) return os_error(errno, "open " + path);
  return std::unique_ptr<File>(std::make_unique<SystemFile>(std::move(fd), path));
}

Status SystemDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error(errno, "rename " + from + " to " + to);
  return {};
}

Status SystemDisk::remove(const std::string& path) {
  if (::remove(path.c_str()) != 0) return os_error(errno, "remove " + path);
  return {};
}

Status SystemDisk::make_dirs(const std::string& path) {
  std::size_t end = 0;
  while (end != std::string::npos) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) == 0 || is_dir(part)) continue;
    return os_error(errno == EEXIST ? ENOTDIR : errno, "make directory " + part);
  }
  return {};
}

Status SystemDisk::sync_dir(const std::string& path) {
  const OwnedFd fd = open_retrying(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return os_error(errno, "open directory " + path);
  if (::fsync(fd.get()) == 0) return {};
  Error error = os_error(errno, "sync directory " + path);
  if (error.code == Errc::busy) error.code = Errc::io;
  return error;
}

Status SystemDisk::list(const std::string& path,
                        const std::function<void(std::string_view name, bool is_dir)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  if (!dir) return os_error(errno, "list " + path);
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(name, is_dir_entry(path, *entry));
    errno = 0;
  }
  if (errno != 0) return os_error(errno, "list " + path);
  return {};
}

Result<std::uint64_t> SystemDisk::free_bytes(const std::string& path) {
  struct statvfs info;
  if (::statvfs(path.c_str(), &info) != 0) return os_error(errno, "examine the file system of " + path);
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace tenon::runtime
