#pragma once

#include <sys/types.h>
#include <sys/uio.h>

namespace tenon::lossy_disk {

// The calls of the C library that calls.cc stands in front of.
struct RealCalls {
  int (*open)(const char*, int, ...);
  int (*close)(int);
  ssize_t (*write)(int, const void*, size_t);
  ssize_t (*writev)(int, const iovec*, int);
  ssize_t (*pwrite)(int, const void*, size_t, off_t);
  ssize_t (*pwritev)(int, const iovec*, int, off_t);
  int (*ftruncate)(int, off_t);
  int (*fsync)(int);
  int (*fdatasync)(int);
  int (*fallocate)(int, int, off_t, off_t);
  int (*rename)(const char*, const char*);
  int (*unlink)(const char*);
  int (*mkdir)(const char*, mode_t);
  int (*rmdir)(const char*);
  void* (*mmap)(void*, size_t, int, int, int, off_t);
};

const RealCalls& real();

}  // namespace tenon::lossy_disk
