/* Its init does not come back; WAY says how. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <tenon/sdk.h>
#include <unistd.h>

static inline void hang(void) {
  for (;;) pause();
}

static inline void leave(void) {
  exit(0);
}

static tenon_status end_badly(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  WAY();
  return TENON_OK;
}

#define INIT end_badly
#define ID "org.tenon.test.ends-badly"
#define NAME "ends_badly"
#include "plugin_under_test.h"
