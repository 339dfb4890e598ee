#include "faults/failing_calls.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

namespace tenon::tools {
namespace {

// An engine may call from threads of its own.
std::mutex disk_mutex;
DiskFaults disk_faults;  // under the mutex
thread_local std::uint64_t failed_here = 0;

// Stand-ins for allocations.

bool is_refused() {
  if (!memory_countdown().is_due()) return false;
  errno = ENOMEM;
  return true;
}

void* try_malloc(std::size_t size) {
  return is_refused() ? nullptr : std::malloc(size);
}
void* try_calloc(std::size_t count, std::size_t size) {
  return is_refused() ? nullptr : std::calloc(count, size);
}
void* try_realloc(void* old, std::size_t size) {
  return is_refused() ? nullptr : std::realloc(old, size);
}
void* try_aligned_alloc(std::size_t alignment, std::size_t size) {
  return is_refused() ? nullptr : std::aligned_alloc(alignment, size);
}
int try_posix_memalign(void** ret, std::size_t alignment, std::size_t size) {
  return is_refused() ? ENOMEM : ::posix_memalign(ret, alignment, size);
}
char* try_strdup(const char* text) {
  return is_refused() ? nullptr : ::strdup(text);
}
char* try_strndup(const char* text, std::size_t size) {
  return is_refused() ? nullptr : ::strndup(text, size);
}
void* try_new(std::size_t size) {
  if (is_refused()) throw std::bad_alloc();
  return ::operator new(size);
}
void* try_new_array(std::size_t size) {
  if (is_refused()) throw std::bad_alloc();
  return ::operator new[](size);
}
void* try_new_nothrow(std::size_t size, const std::nothrow_t&) {
  return is_refused() ? nullptr : ::operator new(size, std::nothrow);
}
void* try_new_aligned(std::size_t size, std::align_val_t alignment) {
  if (is_refused()) throw std::bad_alloc();
  return ::operator new(size, alignment);
}

// Stand-ins for calls to the file system.

bool is_full() {
  if (!write_is_due_to_fail()) return false;
  errno = ENOSPC;
  return true;
}

bool sync_fails() {
  if (!sync_is_due_to_fail()) return false;
  errno = EIO;
  return true;
}

// Pipes, sockets and event descriptors have no disk that could be full.
bool is_file(int fd) {
  return ::lseek(fd, 0, SEEK_CUR) >= 0;
}

ssize_t try_write(int fd, const void* data, std::size_t size) {
  return is_file(fd) && is_full() ? -1 : ::write(fd, data, size);
}
ssize_t try_pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return is_full() ? -1 : ::pwrite(fd, data, size, offset);
}
ssize_t try_writev(int fd, const iovec* spans, int count) {
  return is_file(fd) && is_full() ? -1 : ::writev(fd, spans, count);
}
ssize_t try_pwritev(int fd, const iovec* spans, int count, off_t offset) {
  return is_full() ? -1 : ::pwritev(fd, spans, count, offset);
}
int try_fallocate(int fd, int mode, off_t offset, off_t size) {
  return is_full() ? -1 : ::fallocate(fd, mode, offset, size);
}
int try_posix_fallocate(int fd, off_t offset, off_t size) {
  return is_full() ? ENOSPC : ::posix_fallocate(fd, offset, size);
}
int try_fsync(int fd) {
  return sync_fails() ? -1 : ::fsync(fd);
}
int try_fdatasync(int fd) {
  return sync_fails() ? -1 : ::fdatasync(fd);
}
int try_msync(void* begin, std::size_t size, int flags) {
  return sync_fails() ? -1 : ::msync(begin, size, flags);
}

template <class Function>
CallPatch patch(std::string_view name, Function* replacement) {
  return {name, reinterpret_cast<void*>(replacement)};
}

}  // namespace

Countdown& memory_countdown() {
  static thread_local Countdown countdown;
  return countdown;
}

void set_disk_faults(const DiskFaults& faults) {
  const std::lock_guard lock(disk_mutex);
  disk_faults = faults;
}

std::uint64_t disk_failed_count() {
  const std::lock_guard lock(disk_mutex);
  return disk_faults.writes.failed_count + disk_faults.syncs.failed_count;
}

std::uint64_t disk_failed_here() {
  return failed_here;
}

bool write_is_due_to_fail() {
  const std::lock_guard lock(disk_mutex);
  DiskFaults& faults = disk_faults;
  const bool is_full_already = faults.stays_full && faults.writes.failed_count > 0;
  if (is_full_already)
    ++faults.writes.failed_count;
  else if (!faults.writes.is_due())
    return false;
  ++failed_here;
  return true;
}

bool sync_is_due_to_fail() {
  const std::lock_guard lock(disk_mutex);
  if (!disk_faults.syncs.is_due()) return false;
  ++failed_here;
  return true;
}

std::vector<CallPatch> new_patches() {
  return {patch("_Znwm", try_new), patch("_Znam", try_new_array),
          patch("_ZnwmRKSt9nothrow_t", try_new_nothrow), patch("_ZnwmSt11align_val_t", try_new_aligned)};
}

std::vector<CallPatch> allocation_patches() {
  std::vector<CallPatch> all = new_patches();
  all.insert(all.end(),
             {patch("malloc", try_malloc), patch("calloc", try_calloc), patch("realloc", try_realloc),
              patch("aligned_alloc", try_aligned_alloc), patch("posix_memalign", try_posix_memalign),
              patch("strdup", try_strdup), patch("__strdup", try_strdup), patch("strndup", try_strndup)});
  return all;
}

std::vector<CallPatch> disk_patches() {
  return {patch("write", try_write),
          patch("pwrite", try_pwrite),
          patch("pwrite64", try_pwrite),
          patch("writev", try_writev),
          patch("pwritev", try_pwritev),
          patch("pwritev64", try_pwritev),
          patch("fallocate", try_fallocate),
          patch("fallocate64", try_fallocate),
          patch("posix_fallocate", try_posix_fallocate),
          patch("posix_fallocate64", try_posix_fallocate),
          patch("fsync", try_fsync),
          patch("fdatasync", try_fdatasync),
          patch("msync", try_msync)};
}

}  // namespace tenon::tools
