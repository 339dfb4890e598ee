#include "rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <tenon/failure.hpp>

namespace tenon::audit_log {

void RotatingFile::fail(const char* what) {
  const int error = errno;
  close();
  throw sdk::Failure(TENON_E_IO, std::string("can't ") + what + " " + path_ + ": " + std::strerror(error));
}

void RotatingFile::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RotatingFile::open() {
  close();
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) fail("open");
  struct stat found {};
  if (::fstat(fd_, &found) != 0) fail("look at");
  if (!S_ISREG(found.st_mode)) {
    errno = EINVAL;
    fail("append to what is no file,");
  }
  bytes_ = static_cast<std::uint64_t>(found.st_size);
}

std::string RotatingFile::path_of(std::uint32_t number) const {
  return number == 0 ? path_ : path_ + "." + std::to_string(number);
}

void RotatingFile::rotate() {
  close();
  if (kept_ == 0) {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail("remove");
  }
  for (std::uint32_t number = kept_; number > 0; --number)
    if (::rename(path_of(number - 1).c_str(), path_of(number).c_str()) != 0 && errno != ENOENT)
      fail("set aside");
  open();
}

std::size_t RotatingFile::fitting(std::string_view lines) const {
  const std::uint64_t room = bytes_ < bytes_max_ ? bytes_max_ - bytes_ : 0;
  if (lines.size() <= room) return lines.size();
  if (room == 0) return 0;
  const std::size_t end = lines.rfind('\n', static_cast<std::size_t>(room) - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

void RotatingFile::append(std::string_view lines) {
  while (!lines.empty()) {
    if (fd_ < 0) open();
    std::size_t size = fitting(lines);
    if (size == 0 && bytes_ > 0) {
      rotate();
      continue;
    }
    if (size == 0) size = std::min(lines.find('\n'), lines.size() - 1) + 1;
    write(lines.substr(0, size));
    lines.remove_prefix(size);
  }
}

void RotatingFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write to");
    bytes_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace tenon::audit_log
