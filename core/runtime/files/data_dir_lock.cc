#include "runtime/files/data_dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tenon::runtime {

Result<std::unique_ptr<DataDirLock>> DataDirLock::take(const std::string& dir) {
  const std::string path = dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Errc::io, path + ": " + std::strerror(errno)};
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<DataDirLock>(new DataDirLock(fd));
  const int reason = errno;
  ::close(fd);
  if (reason == EWOULDBLOCK)
    return Error{Errc::exists, dir + " is in use by another tenond: stop it, or set another node.data_dir"};
  return Error{Errc::io, path + ": " + std::strerror(reason)};
}

DataDirLock::~DataDirLock() {
  ::close(fd_);
}

}  // namespace tenon::runtime
