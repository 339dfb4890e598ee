/* Loses something of each instance; LEAK says what. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <tenon/sdk.h>

static inline int leak_descriptor(void) {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static inline int leak_memory(void) {
  static void* volatile last;
  last = malloc(100);
  return last ? 0 : -1;
}

#define PREPARE(plugin, host) \
  if (LEAK() < 0) abort()
#define ID "org.tenon.test.create-leaks"
#define NAME "create_leaks"
#include "plugin_under_test.h"
