// The calls of the C library through which a process changes files, in front of the library's own. Each has
// two names where offsets have two widths.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "disk.h"
#include "real_calls.h"

using tenon::lossy_disk::Disk;
using tenon::lossy_disk::disk;
using tenon::lossy_disk::give_up;
using tenon::lossy_disk::real;

namespace {

Disk* disk_of(const char* path) {
  Disk* const found = disk();
  return found && found->has(path) ? found : nullptr;
}

Disk* disk_of(int fd) {
  Disk* const found = disk();
  return found && found->has(fd) ? found : nullptr;
}

int open_any(const char* path, int flags, mode_t mode) {
  Disk* const found = disk_of(path);
  return found ? found->open(path, flags, mode) : real().open(path, flags, mode);
}

mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

ssize_t write_at(int fd, const iovec* parts, int count, off_t offset) {
  if (Disk* const found = disk_of(fd))
    return found->write(fd, {parts, static_cast<std::size_t>(count)}, offset);
  return offset < 0 ? real().writev(fd, parts, count) : real().pwritev(fd, parts, count, offset);
}

int allocate(int fd, int mode, off_t from, off_t bytes) {
  if (disk_of(fd) && (mode & FALLOC_FL_KEEP_SIZE) == 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return real().fallocate(fd, mode, from, bytes);
}

void* map(void* at, std::size_t bytes, int access, int flags, int fd, off_t offset) {
  if ((access & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 && fd >= 0 && disk_of(fd))
    give_up("writing through memory is not simulated");
  return real().mmap(at, bytes, access, flags, fd, offset);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_any(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_any(path, flags, mode);
}

int close(int fd) {
  Disk* const found = disk_of(fd);
  return found ? found->close(fd) : real().close(fd);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  if (!disk_of(fd)) return real().write(fd, bytes, count);
  const iovec part{const_cast<void*>(bytes), count};
  return write_at(fd, &part, 1, -1);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  return write_at(fd, parts, count, -1);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  const iovec part{const_cast<void*>(bytes), count};
  return write_at(fd, &part, 1, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  const iovec part{const_cast<void*>(bytes), count};
  return write_at(fd, &part, 1, offset);
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  return write_at(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t offset) {
  return write_at(fd, parts, count, offset);
}

int ftruncate(int fd, off_t size) noexcept {
  Disk* const found = disk_of(fd);
  return found ? found->truncate(fd, size) : real().ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
  Disk* const found = disk_of(fd);
  return found ? found->truncate(fd, size) : real().ftruncate(fd, size);
}

int fsync(int fd) {
  Disk* const found = disk_of(fd);
  return found ? found->sync(fd) : real().fsync(fd);
}

int fdatasync(int fd) {
  Disk* const found = disk_of(fd);
  return found ? found->sync(fd) : real().fdatasync(fd);
}

int fallocate(int fd, int mode, off_t from, off_t bytes) {
  return allocate(fd, mode, from, bytes);
}

int fallocate64(int fd, int mode, off64_t from, off64_t bytes) {
  return allocate(fd, mode, from, bytes);
}

int rename(const char* from, const char* to) noexcept {
  Disk* const found = disk_of(from) ? disk() : disk_of(to);
  return found ? found->rename(from, to) : real().rename(from, to);
}

int unlink(const char* path) noexcept {
  Disk* const found = disk_of(path);
  return found ? found->remove(path) : real().unlink(path);
}

int remove(const char* path) noexcept {
  const int failed = unlink(path);
  return failed != 0 && errno == EISDIR ? rmdir(path) : failed;
}

int mkdir(const char* path, mode_t mode) noexcept {
  Disk* const found = disk_of(path);
  return found ? found->make_dir(path, mode) : real().mkdir(path, mode);
}

int rmdir(const char* path) noexcept {
  Disk* const found = disk_of(path);
  return found ? found->remove_dir(path) : real().rmdir(path);
}

void* mmap(void* at, size_t bytes, int access, int flags, int fd, off_t offset) noexcept {
  return map(at, bytes, access, flags, fd, offset);
}

void* mmap64(void* at, size_t bytes, int access, int flags, int fd, off64_t offset) noexcept {
  return map(at, bytes, access, flags, fd, offset);
}

}  // extern "C"
#pragma GCC visibility pop
