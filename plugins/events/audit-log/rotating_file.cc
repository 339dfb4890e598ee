#include "rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <tenon/failure.hpp>

namespace tenon::audit_log {

namespace {

// Between attempts to set the file aside that fail.
constexpr std::chrono::seconds pause{60};

// True as well when there is nothing to move.
bool move(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

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
  // Without waiting: it may be a FIFO, which is refused below.
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  if (fd_ < 0) fail("open");
  struct stat found {};
  if (::fstat(fd_, &found) != 0) fail("look at");
  if (!S_ISREG(found.st_mode)) {
    errno = EINVAL;
    fail("append to what is no file,");
  }
  bytes_ = static_cast<std::uint64_t>(found.st_size);
  begins_line_ = bytes_ == 0;
}

void RotatingFile::check() {
  open();
  close();
  const std::string folder = std::filesystem::path(path_).parent_path();
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) fail("set aside files beside");
}

// Whoever wrote before may have died in the middle of a line.
void RotatingFile::end_half_line() {
  char last = '\n';
  if (::pread(fd_, &last, 1, static_cast<off_t>(bytes_) - 1) < 0) fail("read");
  begins_line_ = true;
  if (last != '\n') write("\n");
}

std::string RotatingFile::path_of(std::uint32_t number) const {
  return number == 0 ? path_ : path_ + "." + std::to_string(number);
}

bool RotatingFile::postpone(const char* what, const std::string& path) {
  const int error = errno;
  trouble_ = std::string("can't ") + what + " " + path + ": " + std::strerror(error) + "; it is written on";
  return false;
}

// Makes FILE.1 free. Only as many are moved as that takes: however often what follows fails, no more than the
// oldest is lost.
bool RotatingFile::shift_kept() {
  std::uint32_t free = 1;
  while (free < kept_ && ::access(path_of(free).c_str(), F_OK) == 0) ++free;
  for (; free > 1; --free)
    if (!move(path_of(free - 1), path_of(free))) return false;
  return true;
}

// The new file is there before the first of the old ones is moved.
bool RotatingFile::rotate() {
  const std::string fresh = path_ + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) return postpone("open", fresh);
  const bool moved = kept_ == 0 || (shift_kept() && move(path_, path_of(1)));
  if (!moved || ::rename(fresh.c_str(), path_.c_str()) != 0) {
    postpone("set aside", path_);
    if (moved && kept_ > 0) move(path_of(1), path_);
    ::unlink(fresh.c_str());
    ::close(fd);
    return false;
  }
  close();
  fd_ = fd;
  bytes_ = 0;
  begins_line_ = true;
  trouble_.clear();
  return true;
}

std::size_t RotatingFile::fitting(std::string_view lines) const {
  const std::uint64_t room = bytes_ < bytes_max_ ? bytes_max_ - bytes_ : 0;
  if (lines.size() <= room) return lines.size();
  if (room == 0) return 0;
  const std::size_t end = lines.rfind('\n', static_cast<std::size_t>(room) - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

void RotatingFile::append(std::string_view lines, Time now) {
  while (!lines.empty()) {
    if (fd_ < 0) open();
    if (!begins_line_) end_half_line();
    std::size_t size = fitting(lines);
    if (size == 0 && bytes_ > 0 && now >= next_attempt_) {
      if (!rotate()) next_attempt_ = now + pause;
      continue;
    }
    if (size == 0) size = std::min(lines.find('\n'), lines.size() - 1) + 1;
    write(lines.substr(0, size));
    lines.remove_prefix(size);
  }
}

void RotatingFile::write(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      take_back(done - (bytes.substr(0, done).rfind('\n') + 1));
      errno = error;
      fail("write to");
    }
    bytes_ += static_cast<std::uint64_t>(written);
    done += static_cast<std::size_t>(written);
  }
}

// Not if somebody else has made the file shorter or longer. What stays is ended by the next that opens it.
void RotatingFile::take_back(std::size_t half_line_bytes) {
  struct stat found {};
  if (half_line_bytes == 0 || ::fstat(fd_, &found) != 0) return;
  if (static_cast<std::uint64_t>(found.st_size) != bytes_) return;
  if (::ftruncate(fd_, static_cast<off_t>(bytes_ - half_line_bytes)) == 0) bytes_ -= half_line_bytes;
}

}  // namespace tenon::audit_log
