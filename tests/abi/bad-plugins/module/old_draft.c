/* Built against another layout of a draft interface, and its constructor must not run to tell. */
#include <tenon/draft/clock.h>
#define HASH 0x1234
#define REQUIRES needs
#define BEFORE                                                    \
  static const char* const needs[] = {TENON_HOST_CLOCK_ID, NULL}; \
  __attribute__((constructor)) static void too_early(void) {      \
    abort();                                                      \
  }
#define ID "org.tenon.test.old-draft"
#define NAME "old_draft"
#include "plugin_under_test.h"
