/* Does something when it is loaded that belongs into init; AT_LOAD says what. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline void* wait_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

static inline void leave_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_ever, NULL);
}

static inline void leave_descriptor(void) {
  if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) abort();
}

static inline void leave_file(void) {
  close(creat("cache.db", 0600));
}

static inline void leave_variable(void) {
  setenv("ACME_LOADED", "1", 1);
}

static inline void work_long(void) {
  struct timespec used;
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  } while (used.tv_sec == 0 && used.tv_nsec < 500000000);
}

static inline void wait_long(void) {
  sleep(3);
}

__attribute__((constructor)) static void at_load(void) {
  AT_LOAD();
}

#define ID "org.tenon.test.busy-constructor"
#define NAME "busy_constructor"
#include "plugin_under_test.h"
