/* Loses something between activate and deactivate; LEAK says what. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <tenon/sdk.h>
#include <unistd.h>

static inline void* wait_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

static inline int leak_thread(void) {
  static int count;
  pthread_t thread;
  /* One in so many rounds: a machine has room for a thousand of everything but threads. */
  return ++count % 100 == 0 && pthread_create(&thread, NULL, wait_for_ever, NULL) != 0 ? -1 : 0;
}

static inline int leak_descriptor(void) {
  static int count;
  return ++count % 100 == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : 0;
}

static inline int leak_memory(void) {
  static void* volatile last;
  last = malloc(20);
  return last ? 0 : -1;
}

static tenon_status lose(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  return LEAK() < 0 ? TENON_E_NOMEM : TENON_OK;
}

#define ACTIVATE lose
#define ID "org.tenon.test.round-leaks"
#define NAME "round_leaks"
#include "plugin_under_test.h"
