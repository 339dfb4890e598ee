/* For LD_PRELOAD: files below a directory get no room (ENOSPC) while a switch file exists.
 *
 * TENON_TEST_FULL_SWITCH names the switch, TENON_TEST_FULL_DIR the directory. Only pwritev, which is how the
 * broker writes its files. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int fd) {
  const char* path = getenv("TENON_TEST_FULL_SWITCH");
  const char* dir = getenv("TENON_TEST_FULL_DIR");
  if (!path || !dir || access(path, F_OK) != 0) return 0;
  char link[64];
  char target[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, target, sizeof target);
  return length >= (ssize_t)strlen(dir) && strncmp(target, dir, strlen(dir)) == 0;
}

/* With 64-bit offsets the system's name for it is pwritev64. */
__attribute__((visibility("default"))) ssize_t pwritev(int fd, const struct iovec* spans, int count,
                                                       off_t offset) {
  if (is_full(fd)) {
    errno = ENOSPC;
    return -1;
  }
  union {
    void* object;
    ssize_t (*function)(int, const struct iovec*, int, off_t);
  } next = {dlsym(RTLD_NEXT, "pwritev64")};
  return next.function(fd, spans, count, offset);
}
