#include "disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "real_calls.h"

namespace tenon::lossy_disk {
namespace {

// False when there is none left.
bool take_one(std::atomic<std::uint32_t>& left) {
  if (left.load() == 0) return false;
  left.fetch_sub(1);
  return true;
}

std::uint64_t size_of(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0) give_up("can't examine a file");
  return static_cast<std::uint64_t>(info.st_size);
}

std::string content(int fd, std::uint64_t from, std::uint64_t end) {
  std::string bytes(end > from ? end - from : 0, '\0');
  if (bytes.empty()) return bytes;
  int readable = fd;
  if ((::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
    readable = real().open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
  }
  const ssize_t got = ::pread(readable, bytes.data(), bytes.size(), static_cast<off_t>(from));
  if (readable != fd) real().close(readable);
  if (got != static_cast<ssize_t>(bytes.size())) give_up("can't read what is about to be replaced");
  return bytes;
}

std::string joined(std::span<const iovec> parts) {
  std::string bytes;
  for (const iovec& part : parts) bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
  return bytes;
}

}  // namespace

Disk::Disk(const Setup& setup)
    : root_(setup.root + "/"), aside_(setup.aside), control_(*setup.control), trace_(setup.trace) {}

bool Disk::has(const char* path) const {
  return std::strncmp(path, root_.c_str(), root_.size()) == 0 ||
         root_.compare(0, root_.size() - 1, path) == 0;
}

bool Disk::has(int fd) {
  const std::lock_guard lock(mutex_);
  return open_.contains(fd);
}

int Disk::open(const char* path, int flags, mode_t mode) {
  const std::lock_guard lock(mutex_);
  const bool was_there = ::access(path, F_OK) == 0;
  const int fd = real().open(path, flags & ~O_TRUNC, mode);
  if (fd < 0) return fd;
  struct stat info;
  if (::fstat(fd, &info) != 0) give_up(std::string("can't examine ") + path);
  if ((flags & (O_SYNC | O_DSYNC)) != 0) give_up(std::string("O_SYNC is not simulated: ") + path);
  const OpenFile& file = open_[fd] = {path, info.st_ino, S_ISDIR(info.st_mode), (flags & O_APPEND) != 0};
  if (!was_there) trace_.add(Op::create, file.inode, 0, 0, path);
  if ((flags & O_TRUNC) != 0) truncate_locked(fd, file, 0);
  return fd;
}

int Disk::close(int fd) {
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  return real().close(fd);
}

// How many of the bytes that a file is to grow by there is room for.
std::uint64_t Disk::room_for(std::uint64_t wanted) {
  const std::int64_t room = std::max<std::int64_t>(0, control_.room_bytes.load());
  const std::uint64_t got = std::min(wanted, static_cast<std::uint64_t>(room));
  control_.room_bytes.fetch_sub(static_cast<std::int64_t>(got));
  return got;
}

void Disk::give_back(std::uint64_t bytes) {
  control_.room_bytes.fetch_add(static_cast<std::int64_t>(bytes));
}

ssize_t Disk::write(int fd, std::span<const iovec> parts, off_t offset) {
  const std::lock_guard lock(mutex_);
  const OpenFile& file = open_.at(fd);
  if (is_meant(file) && take_one(control_.fail_writes)) {
    errno = EIO;
    return -1;
  }
  const std::uint64_t size = size_of(fd);
  const bool at_own_place = offset < 0;
  if (at_own_place) offset = file.appends ? static_cast<off_t>(size) : ::lseek(fd, 0, SEEK_CUR);
  const auto from = static_cast<std::uint64_t>(offset);
  std::string bytes = joined(parts);
  const std::uint64_t end = from + bytes.size();
  const std::uint64_t growth = end > size ? end - size : 0;
  const std::uint64_t missing = growth - room_for(growth);
  if (missing > 0 && missing >= bytes.size()) {
    errno = ENOSPC;
    return -1;
  }
  bytes.resize(bytes.size() - missing);
  trace_.add(Op::write, file.inode, from, size, content(fd, from, std::min(size, from + bytes.size())),
             bytes);
  const auto written = at_own_place ? real().write(fd, bytes.data(), bytes.size())
                                    : real().pwrite(fd, bytes.data(), bytes.size(), offset);
  if (written != static_cast<ssize_t>(bytes.size())) give_up("can't write " + file.path);
  return written;
}

void Disk::truncate_locked(int fd, const OpenFile& file, std::uint64_t size) {
  const std::uint64_t before = size_of(fd);
  if (before == size) return;
  trace_.add(Op::truncate, file.inode, size, before, content(fd, size, before));
  if (real().ftruncate(fd, static_cast<off_t>(size)) != 0) give_up("can't truncate " + file.path);
  if (size < before) give_back(before - size);
}

int Disk::truncate(int fd, off_t size) {
  const std::lock_guard lock(mutex_);
  truncate_locked(fd, open_.at(fd), static_cast<std::uint64_t>(size));
  return 0;
}

bool Disk::is_meant(const OpenFile& file) const {
  const std::string_view part(control_.part, strnlen(control_.part, sizeof control_.part));
  return file.path.find(part) != std::string::npos;
}

SyncResult Disk::sync_result(const OpenFile& file) {
  if (!is_meant(file)) return SyncResult::kept;
  if (take_one(control_.fail_syncs)) return SyncResult::failed;
  return control_.lie.load() != 0 ? SyncResult::lied : SyncResult::kept;
}

int Disk::sync(int fd) {
  std::unique_lock lock(mutex_);
  const OpenFile file = open_.at(fd);
  const std::uint64_t number = next_sync_++;
  trace_.add(Op::begin_sync, file.is_dir ? 0 : file.inode, number, 0, file.path);
  lock.unlock();
  ::usleep(control_.sync_us.load());
  lock.lock();
  const SyncResult result = sync_result(file);
  trace_.add(Op::end_sync, number, static_cast<std::uint64_t>(result), 0);
  if (result != SyncResult::failed) return 0;
  errno = EIO;
  return -1;
}

// Its number; 0 when there is nothing.
std::uint64_t Disk::put_aside(const char* path) {
  struct stat info;
  if (::lstat(path, &info) != 0) return 0;
  std::uint64_t number;
  int failed;
  do {
    number = next_aside_++;
    failed = ::link(path, (aside_ + "/" + std::to_string(number)).c_str());
  } while (failed != 0 && errno == EEXIST);  // an earlier process was here
  if (failed != 0) give_up(std::string("can't put aside ") + path);
  if (info.st_nlink == 1) give_back(static_cast<std::uint64_t>(info.st_size));
  return number;
}

int Disk::rename(const char* from, const char* to) {
  const std::lock_guard lock(mutex_);
  struct stat info;
  if (!has(from) || !has(to))
    give_up(std::string("a rename out of the disk or into it: ") + from + " to " + to);
  if (::lstat(from, &info) != 0) return real().rename(from, to);
  const std::uint64_t in_the_way = S_ISDIR(info.st_mode) ? 0 : put_aside(to);
  if (const int failed = real().rename(from, to); failed != 0) return failed;
  trace_.add(Op::rename, info.st_ino, in_the_way, 0, from, to);
  return 0;
}

int Disk::remove(const char* path) {
  const std::lock_guard lock(mutex_);
  struct stat info;
  if (::lstat(path, &info) != 0 || S_ISDIR(info.st_mode)) return real().unlink(path);
  const std::uint64_t number = put_aside(path);
  if (const int failed = real().unlink(path); failed != 0) return failed;
  trace_.add(Op::remove, info.st_ino, number, 0, path);
  return 0;
}

int Disk::make_dir(const char* path, mode_t mode) {
  const std::lock_guard lock(mutex_);
  if (const int failed = real().mkdir(path, mode); failed != 0) return failed;
  if (root_.compare(0, root_.size() - 1, path) != 0) trace_.add(Op::make_dir, 0, 0, 0, path);
  return 0;
}

int Disk::remove_dir(const char* path) {
  const std::lock_guard lock(mutex_);
  if (const int failed = real().rmdir(path); failed != 0) return failed;
  trace_.add(Op::remove_dir, 0, 0, 0, path);
  return 0;
}

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Control* map_control(const std::string& path) {
  const int fd = real().open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) give_up("can't open " + path);
  void* mapped = real().mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) give_up("can't map " + path);
  real().close(fd);
  return static_cast<Control*>(mapped);
}

Disk* make_disk() {
  const std::string root = variable("LOSSY_DISK_ROOT");
  if (root.empty()) return nullptr;
  return new Disk({root, variable("LOSSY_DISK_ASIDE"), variable("LOSSY_DISK_TRACE"),
                   map_control(variable("LOSSY_DISK_CONTROL"))});
}

}  // namespace

Disk* disk() {
  static Disk* const made = make_disk();
  return made;
}

}  // namespace tenon::lossy_disk
